"""What a transport hands over and what a format must offer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pipeline.errors import RecordError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.settings import SourceSettings
from pipeline.sources.jsontext import decode_object

Record = Mapping[str, Any]
"""One decoded JSON object; its values may be of any type, whatever the format promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file or page as a transport found it; nothing is read before `open` is called."""

    origin: str
    """Relative to the source's root, or an address; unique within the source."""
    size_bytes: int
    """As stored: of a compressed file, its compressed size."""
    mtime_ns: int
    open: Callable[[], BinaryIO]
    """A fresh binary stream from the start, already decompressed."""


class Transport(Protocol):
    """Finds the documents of a day."""

    def __call__(self, source: SourceSettings, root: Path, day: date) -> Iterator[Document]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How one kind of export is cut into records and what a record says.

    To add one: a function that reads a decoded record, one that names its id, and the way its documents are cut.
    """

    name: str
    platform: Platform
    split: Callable[[Document], Iterator[Fragment]]
    """Every record of a document, broken ones included. Raises SourceError where the document is no export at all."""
    identify: Callable[[Record, Fragment, SourceSettings], str]
    """The platform's id of the (first) post of a record. Raises only RecordError."""
    read: Callable[[Record, Fragment, SourceSettings], Sequence[ParsedPost]]
    """The posts of a record, at least one. Raises only RecordError."""

    def parse(self, fragment: Fragment, source: SourceSettings) -> Sequence[ParsedPost]:
        """Return the posts of a fragment, at least one.

        Raises RecordError, and nothing else, whatever the bytes are.
        """
        return self.read(decode_object(fragment.body), fragment, source)

    def external_id(self, fragment: Fragment, source: SourceSettings) -> str:
        """The platform's id of the fragment's first post; empty where it cannot be read."""
        try:
            return self.identify(decode_object(fragment.body), fragment, source)
        except RecordError:
            return ""
