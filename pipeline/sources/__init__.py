"""Where posts come from: transports find documents, formats cut and read them. Any format goes over any transport."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, RecordError
from pipeline.records import Fragment, ParsedPost
from pipeline.source_settings import SourceSettings
from pipeline.sources import detection
from pipeline.sources.contract import Format, Transport
from pipeline.sources.document import Cursor, Document, Window
from pipeline.sources.formats import FORMATS
from pipeline.sources.formats.mapped import MAPPED
from pipeline.sources.transports import TRANSPORTS, days

__all__ = ["FORMATS", "TRANSPORTS", "Cursor", "Document", "Source", "Window", "check", "open_source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configured source, ready to be read."""

    name: str
    settings: SourceSettings
    root: Path
    format: Format | None
    """None: told by each record."""
    transport: Transport

    @property
    def is_dated(self) -> bool:
        """Whether each day's documents lie in a place of their own."""
        return days.is_dated(self.settings)

    def documents(self, window: Window) -> Iterator[Document]:
        """What is delivered for a window, in a fixed order. Raises SourceError."""
        return self.transport(self.settings, self.root, window)

    def split(self, document: Document) -> Iterator[Fragment]:
        """Every record of a document, broken ones included, in constant memory for JSON lines.

        Raises SourceError, after the records that could be had, if the document cannot be read to its end.
        """
        if document.fragments is not None:
            return iter(document.fragments)
        return (self.format.split if self.format else detection.split)(document, self.settings)

    def reader(self, fragment: Fragment) -> Format:
        """The format of a record: the configured one, else the one that knows it. Raises RecordError."""
        return self.format or detection.tell(fragment)

    def parse(self, fragment: Fragment) -> Sequence[ParsedPost]:
        """The posts of a record, at least one. Raises RecordError."""
        return self.reader(fragment).parse(fragment, self.settings)

    def external_id(self, fragment: Fragment) -> str:
        """The platform's id of the record's first post; empty if it cannot be read."""
        try:
            return self.reader(fragment).external_id(fragment, self.settings)
        except RecordError:
            return ""


def open_source(name: str, settings: SourceSettings, root: Path) -> Source:
    """Return the source of [source.`name`]; `root` is the folder its paths start from.

    Raises ConfigError naming table, key and the known names.
    """
    format = _known(settings.format, {*FORMATS, detection.AUTO}, f"[source.{name}]: format")
    source = Source(
        name=name,
        settings=settings,
        root=root,
        format=FORMATS.get(format),
        transport=TRANSPORTS[_known(settings.transport, TRANSPORTS, f"[source.{name}]: transport")],
    )
    _check_tables(name, settings)
    return source


def check(sources: Mapping[str, SourceSettings]) -> None:
    """Raise ConfigError at the first source whose format or transport is unknown."""
    for name, settings in sources.items():
        open_source(name, settings, Path())


def _check_tables(name: str, settings: SourceSettings) -> None:
    """Raise ConfigError where the transport lacks the table named after it, or another transport has one."""
    tables = {key for key in TRANSPORTS if hasattr(settings, key)}
    given = {key for key in tables if getattr(settings, key) is not None}
    for key in given - {settings.transport}:
        raise ConfigError(f'[source.{name}.{key}] is of no use to transport = "{settings.transport}"; leave one out')
    for key in tables & {settings.transport} - given:
        raise ConfigError(f'[source.{name}]: transport = "{key}" needs the table [source.{name}.{key}]')
    if settings.format == MAPPED.name and settings.map is None:
        raise ConfigError(f'[source.{name}]: format = "{MAPPED.name}" needs the table [source.{name}.map]')
    if settings.format != MAPPED.name and settings.map is not None:
        raise ConfigError(f'[source.{name}.map] is of no use to format = "{settings.format}"; leave one out')


def _known(wanted: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    if wanted in names:
        return wanted
    close = difflib.get_close_matches(wanted, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise ConfigError(f"{what} = {wanted!r} is unknown; {hint}known are: {', '.join(names)}")
