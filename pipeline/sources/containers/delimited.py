"""Cut text with a delimiter (CSV and its relatives) into rows, in constant memory.

A row may reach over several lines where line breaks stand in quotes. Where the quotes of a row never close, or its
cells do not fit, only its first line is lost to quarantine: reading goes on at the next line.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.errors import RecordError
from pipeline.records import Fragment
from pipeline.sources.containers.jsontext import to_text
from pipeline.sources.containers.tables import KEPT_OF_LARGE_ROW, MAX_ROW, Header, fragment, is_header

csv.field_size_limit(MAX_ROW)

DELIMITERS = (",", "\t", ";")
MAX_ROW_LINES = 100_000
"""Lines of a row; where the quotes stay open for longer, they were never meant to open."""
_MAX_HEADER = 2**20
_CALL = re.compile(r"\s*[\w$.]+\s*\(\s*[{\[]")


class Line(NamedTuple):
    """A line of a file."""

    number: int
    data: bytes
    is_cut: bool
    """Whether the data is only its head, because it is too long."""


def delimiter_of(line: bytes) -> str | None:
    """What separates the names of a header; None where the line is none."""
    if len(line) > _MAX_HEADER or line.lstrip()[:1] in (b"{", b"[", b"<", b""):
        return None
    text = _text(line, None)[0]
    if text is None or _CALL.match(text):
        return None
    found = {delimiter: _cells(text, delimiter) or [] for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: len(found[delimiter]))
    return best if len(found[best]) > 1 and is_header(found[best]) else None


def rows(lines: Iterable[Line], delimiter: str, origin: str) -> Iterator[Fragment]:
    """Yield the rows below the header; `line` is where a row begins. `lines` are of at most MAX_ROW bytes each.

    Raises SourceError if the header cannot be one.
    """
    source = _Lines(lines)
    header: Header | None = None
    encoding: str | None = None
    while taken := source.take_row():
        number, first, _ = taken[0]
        text, encoding = _text(b"".join(line.data for line in taken), encoding)
        cells = None if text is None or taken[-1].is_cut else _cells(text, delimiter)
        if header is None:
            header = Header(cells or [], origin)
            continue
        if len(taken) > 1 and not (cells and len(cells) == len(header.names)):
            source.give_back(taken)
            alone = _text(first, encoding)[0]
            cells = None if alone is None else _cells(alone, delimiter)
        if cells is not None and header.is_again(cells):
            continue
        body = first[:KEPT_OF_LARGE_ROW].rstrip(b"\r\n") if cells is None else header.row(cells)
        yield fragment(body, origin, number)


class _Lines:
    """Lines taken row by row, some of which may be given back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._waiting: deque[Line] = deque()

    def take_row(self) -> list[Line]:
        """Lines until the quotes are closed, empty ones before left out; one alone where they do not close."""
        taken: list[Line] = []
        quotes = size = 0
        for line in iter(self._next, None):
            if not taken and not line.data.strip():
                continue
            taken.append(line)
            quotes += line.data.count(b'"')
            size += len(line.data)
            if line.is_cut or quotes % 2 == 0:
                break
            if size > MAX_ROW or len(taken) > MAX_ROW_LINES:
                break
        if quotes % 2 == 0:
            return taken
        self.give_back(taken)
        return taken[:1]

    def give_back(self, taken: list[Line]) -> None:
        """Put all but the first line back."""
        self._waiting.extendleft(reversed(taken[1:]))

    def _next(self) -> Line | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)


def _text(line: bytes, encoding: str | None) -> tuple[str | None, str | None]:
    """The text of a row, and the encoding that it shows; a file is in one, which short rows may leave open."""
    data = line.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")
    try:
        if encoding:
            return data.decode(encoding), encoding
    except UnicodeDecodeError:
        pass
    try:
        text = to_text(data)
    except RecordError:
        return None, encoding
    if encoding is None and not data.isascii():
        encoding = "gb18030" if text.encode("utf-8", "surrogatepass") != data else "utf-8"
    return text, encoding


def _cells(text: str, delimiter: str) -> list[str] | None:
    """The cells of one row; None where the text is not exactly one."""
    try:
        found = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None
