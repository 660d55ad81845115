"""What a transport and a format must offer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import RecordError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import tombstone
from pipeline.sources.containers.jsontext import decode_object
from pipeline.sources.document import Document, Window

Record = Mapping[str, Any]
"""One decoded record; its values may be of any type, whatever the format promises."""


class Transport(Protocol):
    """Finds what a source delivers for a window, in a fixed order."""

    def __call__(self, source: SourceSettings, root: Path, window: Window) -> Iterator[Document]: ...


def json_object(fragment: Fragment) -> Record:
    """The record of a fragment that is a JSON object. Raises RecordError."""
    return decode_object(fragment.body)


def has(*names: str) -> Callable[[Record], bool]:
    """A `recognises` by members that must all be there."""
    return lambda record: all(name in record for name in names)


def _mapped_platform(source: SourceSettings) -> Platform | None:
    """The platform that all records of a map are of; None where there is no map or each record says its own."""
    named = source.map.platform if source.map else ""
    return Platform(named) if named in list(Platform) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How one kind of export is cut into records and what a record says.

    To add one: a function that reads a decoded record, one that names its id, what marks it, and how it is cut.
    """

    name: str
    platform: Platform | None
    """None where each record says its own."""
    split: Callable[[Document, SourceSettings], Iterator[Fragment]]
    """Every record of a document, broken ones included. Raises SourceError where the document is no export at all."""
    recognises: Callable[[Record], bool]
    """Whether a decoded record looks like this format and no other; may not raise, whatever the record holds."""
    identify: Callable[[Record, Fragment, SourceSettings], str]
    """The platform's id of the (first) post of a record. Raises only RecordError."""
    read: Callable[[Record, Fragment, SourceSettings], Sequence[ParsedPost]]
    """The posts of a record, at least one. Raises only RecordError."""
    decode: Callable[[Fragment], Record] = json_object
    """The record of a fragment. Raises only RecordError."""

    def parse(self, fragment: Fragment, source: SourceSettings) -> Sequence[ParsedPost]:
        """Return the posts of a fragment, at least one.

        Raises RecordError, and nothing else, whatever the bytes are.
        """
        if tombstone.is_tombstone(fragment):
            return [tombstone.deleted_post(fragment, self.platform or _mapped_platform(source))]
        return self.read(self.decode(fragment), fragment, source)

    def external_id(self, fragment: Fragment, source: SourceSettings) -> str:
        """The platform's id of the fragment's first post; empty where it cannot be read."""
        try:
            if tombstone.is_tombstone(fragment):
                return self.parse(fragment, source)[0].platform_post_id
            return self.identify(self.decode(fragment), fragment, source)
        except RecordError:
            return ""
