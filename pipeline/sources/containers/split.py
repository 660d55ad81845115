"""Cut a document into fragments: JSON lines in constant memory, arrays and response pages as a whole.

What a document is, is read off its first lines, not its name: JSON lines (of records or of pages), one array, one page
(also as a callback's argument, also printed over many lines), or several of these one after the other.
"""

import codecs
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources.containers import scan
from pipeline.sources.containers.jsontext import decode, utf8
from pipeline.sources.document import Document

MAX_LINE = 64 * 2**20
"""Bytes of a JSON line; of a longer one the head goes to quarantine."""
MAX_PAGE = 512 * 2**20
"""Bytes of a document that must be held in memory as a whole."""
_KEPT_OF_LONG_LINE = 2**20

Members = Mapping[str, bytes]
Line = tuple[int, bytes]


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


def splitter(page: Page) -> Callable[[Document, SourceSettings], Iterator[Fragment]]:
    """The `split` of a format whose pages look like this."""
    return partial(split, page=page)


def split(document: Document, source: SourceSettings, page: Page) -> Iterator[Fragment]:
    """Yield every record of the document, in order; what is broken is a fragment too.

    `line` is the 1-based line of JSON lines, otherwise the 1-based position in the document.
    Raises SourceError if the document cannot be read to its end or is an error page.
    """
    with reading(document) as stream:
        lines = enumerate(_lines(stream), 1)
        head = list(islice(lines, 1))
        while head and len(head) < 1000 and sum(bool(line.strip()) for _, line in head) < 2:
            following = next(lines, None)
            if following is None:
                break
            head.append(following)
        if _are_lines([line.strip() for _, line in head if line.strip()]):
            yield from _of_lines(chain(head, lines), page, document.origin)
        else:
            yield from _of_whole(b"".join(line for _, line in head), stream, page, document.origin)


@contextmanager
def reading(document: Document) -> Iterator[BinaryIO]:
    """The document's stream; what fails while it is read is raised as SourceError."""
    try:
        with document.open() as stream:
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{document.origin}: cannot be read to its end ({error}); deliver the file again") from error


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    first = stream.readline(MAX_LINE).removeprefix(codecs.BOM_UTF8)
    while first:
        yield first
        first = stream.readline(MAX_LINE)


def _are_lines(head: list[bytes]) -> bool:
    """Tell JSON lines from anything else by the first two lines that are not empty."""
    if not head or not head[0].startswith(b"{"):
        return False
    if scan.end_of_value(head[0], 0) == len(head[0]):
        return True
    is_open = head[0].endswith((b"{", b"[", b",", b":"))
    return not is_open and head[-1].startswith(b"{") and len(head) == 2


def _of_lines(lines: Iterator[Line], page: Page, origin: str) -> Iterator[Fragment]:
    number, is_continued = 0, False
    for _, raw in lines:
        was_continued, is_continued = is_continued, not raw.endswith(b"\n")
        if was_continued:
            continue
        number += 1
        body = raw.strip(b" \t\r\n")
        if is_continued and len(raw) >= MAX_LINE - len(codecs.BOM_UTF8):
            yield Fragment(body=body[:_KEPT_OF_LONG_LINE], origin=origin, line=number)
        elif body and not page.records:
            yield Fragment(body=body, origin=origin, line=number)
        elif body:
            for cut in _explode(utf8(body), page, origin):
                yield Fragment(body=cut.body, origin=origin, line=number, context=cut.context)


def _of_whole(head: bytes, stream: BinaryIO, page: Page, origin: str) -> Iterator[Fragment]:
    data = utf8(head + stream.read(MAX_PAGE + 1 - len(head)))
    if len(data) > MAX_PAGE:
        limit = MAX_PAGE // 2**20
        raise SourceError(f"{origin}: a single JSON page of more than {limit} MiB; export it as JSON lines")
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
        inner = members.get(name, b"")
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
