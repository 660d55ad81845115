"""Chinese and English by gettext: the messages in the code are English, locale/zh/*.po has their translations.

The catalogues are compiled by Babel when the console starts; one file a page keeps colleagues out of each other's way.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locale"
WORD = "word"
"""The context of the words of the glossary in the catalogues."""


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


def message(text: str) -> str:
    """Mark a message that is said later, so that its translation is asked for."""
    return text


def catalogue(language: Language) -> Catalog:
    """All messages of a language."""
    whole = Catalog(locale=language.value)
    for path in sorted((FOLDER / language.value).glob("*.po")):
        with path.open("rb") as file:
            for found in read_po(file, locale=language.value, abort_invalid=True):
                if found.id:
                    whole.add(found.id, found.string, context=found.context)
    return whole


class Speaker:
    """Says things in one language and zone."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self.language = language
        self.zone = zone
        self.translations = NullTranslations() if language is Language.EN else _compiled(language)
        self.locale = "zh_Hans_CN" if language is Language.ZH else "en_GB"

    def say(self, text: str) -> str:
        return self.translations.gettext(text)

    def tell(self, template: str, values: Mapping[str, object]) -> str:
        """A message with its values; moments are said in the zone."""
        shown = {name: self.moment(value) if isinstance(value, datetime) else value for name, value in values.items()}
        return self.say(template).format(**shown)

    def word(self, word: object) -> str:
        """A word of the glossary, such as an enum's value: its Chinese term, or itself with spaces."""
        text = str(word or "")
        found = self.translations.pgettext(WORD, text) if text else ""
        return found if found != text else text.replace("_", " ")

    def day(self, day: date) -> str:
        return format_date(day, "full", locale=self.locale)

    def moment(self, moment: datetime | None) -> str:
        """A moment in the configured zone, to the minute; empty for none."""
        return format_datetime(moment, "yyyy-MM-dd HH:mm", tzinfo=self.zone, locale=self.locale) if moment else ""


def _compiled(language: Language) -> GNUTranslations:
    buffer = BytesIO()
    write_mo(buffer, catalogue(language))
    buffer.seek(0)
    return GNUTranslations(buffer)


def chosen(cookie: str | None, accepted: str | None) -> Language:
    """The language of the cookie, else the first of ours that the browser accepts, else Chinese."""
    if cookie in list(Language):
        return Language(cookie)
    for part in (accepted or "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in list(Language):
            return Language(code)
    return Language.ZH
