"""What a transport is asked for, and what it hands over."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.records import Fragment

Cursor = Mapping[str, Any]
"""Where a source goes on, in the transport's own terms; must survive JSON. Empty before the first run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one run is to collect: from `start` to before `end`, stamped with `day`, on from `cursor`."""

    day: date
    """The local day that `start` falls on."""
    start: datetime
    end: datetime
    cursor: Cursor = field(default_factory=dict)


def never() -> bool:
    """What was delivered once and for all does not change."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file, page or batch as a transport found it: bytes that a format cuts, or records that came already cut."""

    origin: str
    """Relative to the source's root, or an address without secrets; unique within the source."""
    fingerprint: str = ""
    """What was seen of it without reading, such as size and time of change. Read to its end, it is left out until that
    differs; empty: read whenever it is handed over."""
    open: Callable[[], BinaryIO] = BytesIO
    """A fresh binary stream from the start, already decompressed. Nothing is read before it is called."""
    path: Path | None = None
    """Where it lies on this machine as it is, unpacked; None where there is only the stream."""
    is_changed: Callable[[], bool] = never
    """Whether it is not any more what `fingerprint` says. What was read of it so far stays, it is not left out the next
    time, and what of it cannot be read may only be half written."""
    is_awaited: bool = False
    """Announced, but not delivered yet: there is nothing to read."""
    day: date | None = None
    """The day it was delivered for, where that is not the window's."""
    fragments: Iterable[Fragment] | None = None
    """The records, where they came already cut and there is no stream. Raises SourceError where they break off."""
    cursor: Cursor | None = None
    """Where the source goes on after this document, complete; moved in the transaction that stores its last records."""
    watermark: datetime | None = None
    """All that the source had up to this moment has been handed over; None: say nothing of it."""
    lost: int = 0
    """Records that were due before this document and are gone where they came from; counted, so that it shows."""
    acknowledge: Callable[[], None] | None = None
    """Called once the document is stored, to tell whoever delivered it. Failing to tell loses nothing."""
