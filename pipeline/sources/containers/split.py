"""Cut a document into fragments: JSON lines and tables in constant memory, arrays and response pages as a whole.

What a document is, is read off its first lines, not its name: JSON lines (of records or of pages), one array, one page
(also as a callback's argument, also printed over many lines), several of these one after the other, or a table: text
with a delimiter, a workbook, an SQLite database, Parquet.
"""

import codecs
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from typing import Any, BinaryIO, cast

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources.containers import database, delimited, parquet, scan, workbook
from pipeline.sources.containers.delimited import Line
from pipeline.sources.containers.jsontext import UTF16_MARKS, decode, utf8
from pipeline.sources.containers.spool import on_disk
from pipeline.sources.containers.tables import bounded
from pipeline.sources.document import Document

MAX_LINE = 64 * 2**20
"""Bytes of a JSON line; of a longer one the head goes to quarantine."""
MAX_PAGE = 512 * 2**20
"""Bytes of a document that must be held in memory as a whole."""
_KEPT_OF_LONG_LINE = 2**20
_LONGEST_HEAD = 1000
"""Lines."""
_PEEKED = 16
_SQLITE, _PARQUET, _ZIP, _OLD_OFFICE = b"SQLite format 3\0", b"PAR1", b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ON_DISK = (_SQLITE, _PARQUET, _ZIP, _OLD_OFFICE)

Members = Mapping[str, bytes]


def _refuse_nothing(members: Members, origin: str) -> None:
    """No errors inside a page that arrived well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a response page keeps its records. An object without any of the paths is a record itself."""

    records: tuple[tuple[str, ...], ...] = ()
    context: tuple[str, ...] = ()
    """Members of the page that its records need, handed on in Fragment.context."""
    refuse: Callable[[Members, str], None] = _refuse_nothing
    """Raises SourceError if the page (its members, its origin) is an error in the clothes of a success."""
    nested: int = 0
    """How many pages deep a page may lie in another."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The bytes of a record, and the page's members that belong to it."""

    body: bytes
    context: bytes | None = None


@cache
def splitter(page: Page) -> Callable[[Document, SourceSettings], Iterator[Fragment]]:
    """The `split` of a format whose pages look like this; the same for all whose pages look the same."""
    return partial(split, page=page)


def split(document: Document, source: SourceSettings, page: Page) -> Iterator[Fragment]:
    """Yield every record of the document, in order; what is broken is a fragment too.

    `line` is the 1-based line of JSON lines, otherwise the 1-based position in the document.
    Raises SourceError if the document cannot be read to its end or is an error page.
    """
    with reading(document) as received:
        stream = _buffered(received)
        start = stream.peek(_PEEKED)[:_PEEKED]
        if is_on_disk(start):
            yield from _of_file(start, document, stream, source.table)
            return
        if start.startswith(UTF16_MARKS):
            stream = _buffered(io.BytesIO(_whole(b"", stream, document.origin)))
        chunks = iter(partial(stream.readline, MAX_LINE), b"")
        head = _head(chunks)
        shown = [line.strip() for line in head if line.strip()]
        if _are_lines(shown):
            yield from _of_lines(_lines(chain(head, chunks)), page, document.origin)
        elif delimiter := _delimiter(shown):
            yield from delimited.rows(_lines(chain(head, chunks)), delimiter, document.origin)
        else:
            yield from _of_whole(_whole(b"".join(head), stream, document.origin), page, document.origin)


def is_on_disk(start: bytes) -> bool:
    """Whether a document that begins so is a file to jump about in, whose rows are its records."""
    return start.startswith(_ON_DISK)


def _head(chunks: Iterator[bytes]) -> list[bytes]:
    """The beginning, up to the second line that is not empty."""
    head: list[bytes] = []
    for chunk in chunks:
        head.append(chunk if head else chunk.removeprefix(codecs.BOM_UTF8))
        if len(head) == _LONGEST_HEAD or sum(bool(line.strip()) for line in head) == 2:
            break
    return head


def _buffered(stream: BinaryIO) -> io.BufferedReader:
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))


def _of_file(start: bytes, document: Document, stream: BinaryIO, table: str) -> Iterator[Fragment]:
    """The rows of what must lie on disk to be read. Raises SourceError for what only looks like it."""
    origin = document.origin
    if start.startswith(_OLD_OFFICE):
        raise SourceError(f"{origin}: an encrypted workbook or an old .xls; save it as .xlsx without a password")
    with on_disk(document, stream) as path:
        if start.startswith(_SQLITE):
            rows = database.rows(path, table, origin, is_ours=document.path is None)
        elif start.startswith(_PARQUET):
            rows = parquet.rows(path, origin)
        else:
            rows = workbook.rows(path, table, origin)
        yield from bounded(rows, path.stat().st_size, origin)


def _delimiter(shown: list[bytes]) -> str | None:
    """What separates the cells of a table; None where the first line is no header, or the second a JSON line."""
    return None if not shown or shown[-1].startswith(b"{") else delimited.delimiter_of(shown[0])


@contextmanager
def reading(document: Document) -> Iterator[BinaryIO]:
    """The document's stream; what fails while it is read is raised as SourceError."""
    try:
        with document.open() as stream:
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{document.origin}: cannot be read to its end ({error}); deliver the file again") from error


def _lines(chunks: Iterable[bytes]) -> Iterator[Line]:
    """The lines with their numbers; of a line of more than one chunk the head."""
    number, is_continued = 0, False
    for chunk in chunks:
        was_continued, is_continued = is_continued, not chunk.endswith(b"\n")
        if was_continued:
            continue
        number += 1
        is_cut = is_continued and len(chunk) >= MAX_LINE - len(codecs.BOM_UTF8)
        yield Line(number, chunk[:_KEPT_OF_LONG_LINE] if is_cut else chunk, is_cut)


def _are_lines(head: list[bytes]) -> bool:
    """Tell JSON lines from anything else by the first two lines that are not empty."""
    if not head or not head[0].startswith(b"{"):
        return False
    if scan.end_of_value(head[0], 0) == len(head[0]):
        return True
    is_open = head[0].endswith((b"{", b"[", b",", b":"))
    return not is_open and head[-1].startswith(b"{") and len(head) == 2


def _of_lines(lines: Iterable[Line], page: Page, origin: str) -> Iterator[Fragment]:
    for line in lines:
        body = line.data.strip(b" \t\r\n")
        if body and (line.is_cut or not page.records):
            yield Fragment(body=body, origin=origin, line=line.number)
        elif body:
            for cut in _explode(utf8(body), page, origin):
                yield Fragment(body=cut.body, origin=origin, line=line.number, context=cut.context)


def _whole(head: bytes, stream: BinaryIO, origin: str) -> bytes:
    data = utf8(head + stream.read(max(0, MAX_PAGE + 1 - len(head))))
    if len(data) > MAX_PAGE:
        limit = MAX_PAGE // 2**20
        raise SourceError(f"{origin}: a single JSON page of more than {limit} MiB; export it as JSON lines")
    return data


def _of_whole(data: bytes, page: Page, origin: str) -> Iterator[Fragment]:
    for position, cut in enumerate(_cuts(data, page, origin), 1):
        yield Fragment(body=cut.body, origin=origin, line=position, context=cut.context)


def _cuts(data: bytes, page: Page, origin: str) -> Iterator[Cut]:
    for value in scan.values(data):
        if value.startswith(b"["):
            for element in scan.elements(value):
                yield from _explode(element, page, origin)
        else:
            yield from _explode(value, page, origin)


def _explode(value: bytes, page: Page, origin: str) -> Iterator[Cut]:
    """The records of a page; a value that is no page, is a record."""
    if not page.records or not value.startswith(b"{"):
        yield Cut(value)
        return
    members = scan.members(value)
    page.refuse(members, origin)
    found = next((f for f in (_follow(members, path) for path in page.records) if f is not None), value)
    if found.startswith(b"["):
        context = _context(members, page.context)
        inner = replace(page, nested=page.nested - 1) if page.nested else None
        for element in scan.elements(found):
            yield from _explode(element, inner, origin) if inner else (Cut(element, context),)
    elif found != b"null":
        yield Cut(found)


def _follow(members: Members, path: tuple[str, ...]) -> bytes | None:
    *outer, last = path
    for name in outer:
        inner = scan.unquoted(members.get(name, b""))
        if not inner.startswith(b"{"):
            return None
        members = scan.members(inner)
    return members.get(last)


def _context(members: Members, names: tuple[str, ...]) -> bytes | None:
    """The named members as one object; those that cannot be read are left out."""
    kept = [b'"%s":%s' % (name.encode(), members[name]) for name in names if _plain(members, name) is not None]
    return b"{" + b",".join(kept) + b"}" if kept else None


def _plain(members: Members, name: str) -> Any:
    try:
        return decode(members[name]) if name in members else None
    except RecordError:
        return None


def member(members: Members, *path: str) -> Any:
    """The decoded value at a path of a page's members; None where there is none that can be read."""
    value = _plain(members, path[0])
    for name in path[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value
