"""Cut a sheet of a workbook (XLSX) into rows. Formulas are their stored values; nothing is worked out.

openpyxl reads rows one by one, and digits as they were written; what it must hold whole, such as the texts that cells
share, is bounded before it is opened.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import SourceError
from pipeline.records import Fragment
from pipeline.sources.containers import tables
from pipeline.sources.containers.tables import Header, fragment

MAX_ROWS = 2**20
"""As many as a sheet has; a number beyond them is an attack or a mistake."""
MAX_ROW = 8 * 2**20
"""Bytes of XML of a row, or of a text that cells share; a cell holds at most 32,767 characters."""
MAX_UNPACKED = 2 * 2**30
"""Bytes of XML. A full sheet of thirty columns has one to two GiB."""
MAX_RATIO = 200
"""Sheets shrink ten- to fortyfold when packed; a bomb a thousandfold."""
MAX_SHARED = 256 * 2**20
"""Bytes of what is held whole: texts that cells share, styles, the list of sheets."""
_NOT_WORTH_A_RATIO = 2**20
_BLOCK = 2**20
_STREAMED = "xl/worksheets/"
_NEVER_READ = ("xl/media/", "xl/embeddings/", "xl/pivotCache/", "xl/drawings/", "xl/charts/")
_END = re.compile(rb"</(?:\w{1,20}:)?(?:row|si)\s*>")
_LONGEST_END = 32


def rows(path: Path, wanted: str, origin: str) -> Iterator[Fragment]:
    """Yield the rows below the header of the sheet `wanted`, or of the only one; `line` is the row's number.

    Raises SourceError if the file is no sound workbook, is a bomb, or has several sheets and none is named.
    """
    with path.open("rb") as file:
        _check(file, origin)
        workbook = _open(file, origin)
        try:
            name = tables.chosen([sheet.title for sheet in workbook.worksheets], wanted, "sheet", origin)
            sheet = workbook[name]
            sheet.reset_dimensions()  # some programs note wrong ones
            yield from _below_header(_quietly(sheet.iter_rows(max_row=MAX_ROWS)), origin)
        except SourceError:
            raise
        except Exception as error:  # openpyxl fails in many ways on a part that is broken
            raise _unsound(error, origin) from error
        finally:
            workbook.close()


def _open(file: BinaryIO, origin: str) -> Any:
    import openpyxl  # half a second, which only workbooks need

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about looks: styles, themes, validation
        try:
            return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # as above
            raise _unsound(error, origin) from error


def _quietly(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Without openpyxl's remarks on dates that are none; they are errors, and become null."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row = next(rows, None)
        if row is None:
            return
        yield row


def _below_header(rows: Iterator[Sequence[Any]], origin: str) -> Iterator[Fragment]:
    header: Header | None = None
    for number, row in enumerate(rows, 1):
        cells = [None if cell.data_type == "e" else tables.plain(cell.value) for cell in row]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        if not cells:
            continue
        if header is None:
            header = Header(cells, origin)
        else:
            cells += [None] * (len(header.names) - len(cells))
            yield fragment(header.row(cells), origin, number)


def _unsound(error: Exception, origin: str) -> SourceError:
    return SourceError(f"{origin}: is no sound workbook ({str(error)[:200]}); save it again or export it as CSV")


def _check(file: BinaryIO, origin: str) -> None:
    """Refuse a bomb by what the archive says of its parts, more than which is never unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if not any(part.filename.startswith("xl/") for part in parts):
                raise SourceError(f"{origin}: a zip without a workbook; unpack it, or save the workbook as .xlsx")
            _check_sizes(parts, origin)
            for part in parts:
                if part.file_size > MAX_ROW and not part.filename.startswith(_NEVER_READ):
                    _check_rows(archive, part, origin)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _unsound(error, origin) from error


def _check_sizes(parts: Sequence[zipfile.ZipInfo], origin: str) -> None:
    total = sum(part.file_size for part in parts)
    whole = sum(p.file_size for p in parts if not p.filename.startswith((_STREAMED, *_NEVER_READ)))
    ratio = max((p.file_size / max(1, p.compress_size) for p in parts if p.file_size > _NOT_WORTH_A_RATIO), default=0.0)
    for size, limit, what in (
        (total, MAX_UNPACKED, "bytes of XML"),
        (whole, MAX_SHARED, "bytes of texts and styles"),
        (ratio, MAX_RATIO, "times its size when unpacked"),
    ):
        if size > limit:
            raise SourceError(f"{origin}: {size:,.0f} {what}, more than {limit:,}; export it as CSV or in parts")


def _check_rows(archive: zipfile.ZipFile, part: zipfile.ZipInfo, origin: str) -> None:
    """Refuse a row or text that is too large to be held; the parser would hold it before it could be measured."""
    data, position, last = b"", 0, 0
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            position += len(data) - len(data[-_LONGEST_END:])
            data = data[-_LONGEST_END:] + block
            ends = [position + match.end() for match in _END.finditer(data)]
            borders = [last, *ends, position + len(data)]
            if max(after - before for before, after in pairwise(borders)) > MAX_ROW:
                raise SourceError(
                    f"{origin}: {part.filename} has a row or text of more than {MAX_ROW // 2**20} MiB; "
                    "take it out, or export the sheet as CSV"
                )
            last = borders[-2]
