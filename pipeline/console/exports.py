"""Writes rows as CSV, XLSX, Parquet or JSON lines, one row after the other, so that memory stays small.

What is written opens harmlessly in a spreadsheet: no cell is a formula, whatever a post holds.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import xlsxwriter

from pipeline.jsonlines import written

Row = Mapping[str, Any]
Columns = Mapping[str, type]
"""The columns and what is in them: str, int, float, bool, date or datetime."""

FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet may take for the beginning of a formula, also full width."""
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML cannot hold."""
LINE_END = re.compile("\r\n?")
LONGEST_CELL = 32_767
ROWS_AT_ONCE = 1000


class Export(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSONL = "jsonl"


MEDIA_TYPES = {
    Export.CSV: "text/csv; charset=utf-8",
    Export.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Export.PARQUET: "application/vnd.apache.parquet",
    Export.JSONL: "application/jsonl; charset=utf-8",
}


def write(kind: Export, file: BinaryIO, columns: Columns, rows: Iterable[Row], zone: ZoneInfo) -> int:
    """Write rows to a file that can be sought in; returns how many. Moments are said in the zone."""
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is the count
            yield row

    _WRITERS[kind](file, columns, counted(), zone)
    return count


def _csv(file: BinaryIO, columns: Columns, rows: Iterable[Row], zone: ZoneInfo) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    to = csv.writer(text)
    to.writerow(columns)
    for row in rows:
        to.writerow([_csv_cell(row[name], zone) for name in columns])
    text.detach()


def _csv_cell(value: object, zone: ZoneInfo) -> object:
    if isinstance(value, str):
        return "'" + value if FORMULA.match(value) else value
    return str(value).lower() if isinstance(value, bool) else _plain(value, zone)


def _jsonl(file: BinaryIO, columns: Columns, rows: Iterable[Row], zone: ZoneInfo) -> None:
    for row in rows:
        file.write(written({name: _plain(row[name], zone) for name in columns}).encode() + b"\n")


def _plain(value: object, zone: ZoneInfo) -> object:
    if isinstance(value, datetime):
        value = value.astimezone(zone)
    return value.isoformat() if isinstance(value, date) else value


def _xlsx(file: BinaryIO, columns: Columns, rows: Iterable[Row], zone: ZoneInfo) -> None:
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        formats: dict[type, Any] = {date: book.add_format({"num_format": "yyyy-mm-dd"})}
        formats[datetime] = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for at, name in enumerate(columns):
            sheet.write_string(0, at, name)
        for number, row in enumerate(rows, 1):
            for at, (name, kind) in enumerate(columns.items()):
                if row[name] is not None:
                    _xlsx_cell(sheet, (number, at), row[name], formats.get(kind), zone)


def _xlsx_cell(sheet: Any, at: tuple[int, int], value: object, form: Any, zone: ZoneInfo) -> None:
    """Each kind by its own method: what guesses kinds would make formulas and links of texts."""
    match value:
        case str():
            sheet.write_string(*at, UNWRITABLE.sub("", LINE_END.sub("\n", value))[:LONGEST_CELL])
        case bool():
            sheet.write_boolean(*at, value)
        case datetime():
            sheet.write_datetime(*at, value.astimezone(zone).replace(tzinfo=None), form)
        case date():
            sheet.write_datetime(*at, value, form)
        case _:
            sheet.write_number(*at, value)


def _parquet(file: BinaryIO, columns: Columns, rows: Iterable[Row], _zone: ZoneInfo) -> None:
    import pyarrow  # only for who wants it: it takes memory that the console rarely needs
    from pyarrow import parquet

    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_(),
             date: pyarrow.date32(), datetime: pyarrow.timestamp("us", tz="UTC")}  # fmt: skip
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    with parquet.ParquetWriter(file, schema) as to:
        left = iter(rows)
        while some := [{name: row[name] for name in columns} for row in islice(left, ROWS_AT_ONCE)]:
            to.write_batch(pyarrow.RecordBatch.from_pylist(some, schema))


_WRITERS: Mapping[Export, Callable[[BinaryIO, Columns, Iterable[Row], ZoneInfo], None]] = {
    Export.CSV: _csv,
    Export.XLSX: _xlsx,
    Export.PARQUET: _parquet,
    Export.JSONL: _jsonl,
}
