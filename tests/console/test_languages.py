"""Every message has its Chinese, and no Chinese is left of a message that is gone."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir

from pipeline.console.languages import FOLDER, WORD, Language, Speaker, catalogue, chosen
from pipeline.settings import PROJECT

CALLS = dict.fromkeys(("_", "gettext", "message", "PageError", "ReviewError")) | {"ngettext": (1, 2)}
SHANGHAI = ZoneInfo("Asia/Shanghai")


def written() -> set[str]:
    """The messages in code and templates."""
    found: set[str] = set()
    for folder, method in ((PROJECT / "pipeline", [("**.py", "python")]), (FOLDER.parent, [("**.html", "jinja2")])):
        for _, _, message, _, _ in extract_from_dir(folder, method, keywords=CALLS):
            found.update([message] if isinstance(message, str) else message)
    return found


def translated() -> set[str]:
    found = [message.id for message in catalogue(Language.ZH) if message.id and message.context is None]
    return {str(text) for texts in found for text in ([texts] if isinstance(texts, str) else texts)}


def test_every_message_has_its_chinese() -> None:
    assert len(written()) > 60
    assert written() - translated() == set()


def test_no_translation_is_of_a_message_that_is_gone() -> None:
    assert translated() - written() == set()


def test_translations_keep_the_names_of_their_values() -> None:
    for message in catalogue(Language.ZH):
        assert message.string or not message.id
        assert set(re.findall(r"\{\w+\}", str(message.id))) == set(re.findall(r"\{\w+\}", str(message.string)))


def test_words_are_those_of_the_glossary() -> None:
    page = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = dict(reversed(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE)))
    words = {str(m.id): m.string for m in catalogue(Language.ZH) if m.context == WORD}
    assert words == {word: term.strip() for word, term in terms.items()}


def test_words_and_moments_are_said_in_the_language_and_zone() -> None:
    zh, en = (Speaker(language, SHANGHAI) for language in (Language.ZH, Language.EN))
    assert (zh.word("cannot_tell"), en.word("cannot_tell"), zh.word(None)) == ("无法判断", "cannot tell", "")
    assert zh.moment(datetime(2026, 11, 20, 17, 30, tzinfo=UTC)) == "2026-11-21 01:30"
    assert (zh.day(date(2026, 11, 20)), en.moment(None)) == ("2026年11月20日星期五", "")


@pytest.mark.parametrize(("cookie", "accepted", "language"), [
    (None, None, "zh"), ("en", "zh", "en"), ("xx", "fr, en;q=0.5", "en"), (None, "zh-TW,en", "zh"), (None, "*", "zh"),
])  # fmt: skip
def test_the_language_is_the_cookie_s_or_the_browser_s(cookie: str | None, accepted: str, language: str) -> None:
    assert chosen(cookie, accepted) == language


def test_catalogues_are_utf_8_files_of_their_own() -> None:
    assert {path.suffix for path in Path(FOLDER / "zh").iterdir()} == {".po"}
