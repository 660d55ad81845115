"""What all tables have in common: a header, and rows that become JSON objects.

A cell of text stays as it is; numbers stay numbers, times become ISO 8601, what is empty or an error is null. A row
with more or fewer cells than the header has names becomes an array of its cells, which no format takes for a record:
it goes to quarantine, because its cells may have slipped under other names.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from pipeline.errors import SourceError
from pipeline.records import Fragment

MAX_ROW = 64 * 2**20
"""Bytes of a row, as of a JSON line; of a larger one the head goes to quarantine."""
KEPT_OF_LARGE_ROW = 2**20
MAX_COLUMNS = 16_384
"""As many as a sheet has."""
MAX_GROWTH = 200
"""Bytes of rows for a byte of the file. Names repeated in every row, and packing, make up some 30."""
_ALWAYS_ALLOWED = 64 * 2**20
_MAX_NAME = 200


class Header:
    """The names of a table's columns. Raises SourceError where they cannot be names."""

    def __init__(self, cells: Sequence[object], origin: str) -> None:
        self.cells = cells
        names = ["" if cell is None else str(cell).strip() for cell in cells]
        while names and not names[-1]:
            names.pop()
        if not is_header(names):
            shown = ", ".join(names)[:_MAX_NAME]
            raise SourceError(
                f"{origin}: its first row is no header ({shown}); give the table the names of its columns"
            )
        twice = [name for name, number in Counter(filter(None, names)).items() if number > 1]
        if twice:
            raise SourceError(f"{origin}: the header names {', '.join(twice)[:_MAX_NAME]} twice; rename a column")
        self.names = [name or f"column {number}" for number, name in enumerate(names, 1)]

    def is_again(self, cells: Sequence[object]) -> bool:
        """Whether a row is the header once more, as tools write it that go on with a table they left."""
        return cells == self.cells

    def row(self, cells: Sequence[object]) -> bytes:
        """One row as a JSON object, or as an array where it does not fit the header."""
        if len(cells) != len(self.names):
            return encode(list(cells))
        return encode(dict(zip(self.names, cells, strict=True)))


def is_header(names: Sequence[str]) -> bool:
    """Tell names of columns from data and from what is no table; columns of an index and trailing ones have no name."""
    named = [name for name in names if name]
    return 1 <= len(named) <= MAX_COLUMNS and not any(
        len(name) > _MAX_NAME or name[0] == " " or name.isdecimal() or any(sign in name for sign in '{}"\n\x00')
        for name in named
    )


def chosen(names: Sequence[str], wanted: str, kind: str, origin: str) -> str:
    """The table (sheet) that is wanted, or the only one. Raises SourceError naming those there are."""
    known = ", ".join(map(repr, sorted(names)))[:2000] or "none"
    if wanted and wanted not in names:
        raise SourceError(f"{origin}: has no {kind} {wanted!r}; `table` in the source's table may be one of: {known}")
    if not wanted and len(names) != 1:
        raise SourceError(f"{origin}: has not one {kind} but these: {known}; name one as `table` in the source's table")
    return wanted or names[0]


def fragment(body: bytes, origin: str, line: int) -> Fragment:
    """A row's fragment; of one that is too large the head, which is no JSON any more."""
    return Fragment(body=body if len(body) <= MAX_ROW else body[:KEPT_OF_LARGE_ROW], origin=origin, line=line)


def bounded(rows: Iterator[Fragment], size: int, origin: str) -> Iterator[Fragment]:
    """Hand on rows until they are beyond what a file of `size` bytes can mean. Raises SourceError then."""
    left = max(_ALWAYS_ALLOWED, size * MAX_GROWTH)
    for row in rows:
        left -= len(row.body)
        if left < 0:
            raise SourceError(
                f"{origin}: holds more than {MAX_GROWTH} times its size, as a bomb does; export the table as CSV"
            )
        yield row


def encode(row: dict[str, Any] | list[Any]) -> bytes:
    """JSON of cells of any type."""
    try:
        return msgspec.json.encode(row, enc_hook=_written)
    except (UnicodeEncodeError, OverflowError):  # a lone surrogate, or a number beyond 64 bits
        return json.dumps(row, default=_written).encode()


def plain(cell: Any) -> Any:
    """A cell as JSON can say it."""
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).decode("utf-8", "replace")
    if isinstance(cell, timedelta):
        return str(cell)
    return cell


def _written(cell: Any) -> str:
    return str(plain(cell))
