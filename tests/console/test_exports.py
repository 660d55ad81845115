"""Exports of a day's table, opened again: the same rows in the same order, and nothing in them does anything."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from pipeline import db
from pipeline.console.exports import Export, write
from pipeline.decisions import Role
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.test_today import raised, shown
from tests.world import DAY

HOSTILE = ("=1", "+8", "-x", "@c", "\t=", "\r=", "\n=", "＝1", "'=", "<b", "\x07控", '",', "好的")
Opened = list[dict[str, Any]]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def open_csv(content: bytes) -> Opened:
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r\n＝")]
    return [{name: cell.removeprefix("'") if cell != "'=" else cell for name, cell in row.items()} for row in rows]


def open_xlsx(content: bytes) -> Opened:
    book = load_workbook(io.BytesIO(content))
    head, *rows = book.active.iter_rows()
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "b", "d"}  # no formula
    return [dict(zip([cell.value for cell in head], [cell.value for cell in row], strict=True)) for row in rows]


def open_parquet(content: bytes) -> Opened:
    return list(parquet.read_table(io.BytesIO(content)).to_pylist())


def open_jsonl(content: bytes) -> Opened:
    return [json.loads(line) for line in content.decode().splitlines()]


OPENERS: Mapping[Export, Callable[[bytes], Opened]] = {
    Export.CSV: open_csv, Export.XLSX: open_xlsx, Export.PARQUET: open_parquet, Export.JSONL: open_jsonl,
}  # fmt: skip


@pytest.mark.parametrize("kind", Export)
def test_an_export_has_the_rows_of_the_page_and_does_nothing(
    console_site: Site, signed_in: SignedIn, kind: Export
) -> None:
    for number, text in enumerate(HOSTILE):
        raised(console_site, float(number), text=text, platform="weibo")
    raised(console_site, 99.0)
    browser = signed_in(Role.REVIEWER)
    filters = "?platform=weibo&sort=oldest"
    answer = browser.get(f"/days/{DAY}/export/{kind}{filters}")
    assert answer.headers["content-disposition"] == f'attachment; filename="kolwatch-{DAY}.{kind}"'
    rows = OPENERS[kind](answer.content)
    assert [int(row["flag_id"]) for row in rows] == shown(browser.get(f"/days/{DAY}{filters}").text)
    in_cells = {ord("\x07"): "", ord("\r"): "\n"} if kind is Export.XLSX else {}
    expected = [text.translate(in_cells) for text in HOSTILE]
    assert {row["claim"] for row in rows} == set(expected)
    assert {(row["account"], str(row["day"])[:10], row["severity"]) for row in rows} == {("阿姨", str(DAY), "S3")}
    assert {float(row["priority"]) for row in rows} == set(map(float, range(len(HOSTILE))))


def test_viewers_take_out_pseudonyms_and_every_export_is_noted(console_site: Site, signed_in: SignedIn) -> None:
    raised(console_site, 1.0, 2.0)
    for role in (Role.VIEWER, Role.LEAD):
        [first, _] = open_jsonl(signed_in(role).get(f"/days/{DAY}/export/jsonl?severity=S3").content)
        assert (first["account"] == "阿姨", first["account"][:2] == "h_") == (role is Role.LEAD, role is Role.VIEWER)
    with db.transaction(console_site.engine) as connection:
        query = "SELECT name, subject, detail FROM audit_entry WHERE action = 'export' ORDER BY entry_id"
        noted = connection.execute(query).fetchall()
    told = {"rows": 2, "asked": {"format": "jsonl", "sort": "priority", "severity": "S3"}}
    assert noted == [("viewer", f"day {DAY}", told), ("lead", f"day {DAY}", told)]


def test_an_export_of_another_kind_is_refused(signed_in: SignedIn) -> None:
    answer = signed_in(Role.VIEWER).get(f"/days/{DAY}/export/doc")
    assert (answer.status_code, "export cannot be doc; it can be csv, xlsx" in answer.text) == (400, True)


@pytest.mark.parametrize("kind", Export)
def test_all_kinds_of_values_come_back(kind: Export) -> None:
    moment = datetime(2026, 11, 20, 23, 30, 15, tzinfo=SHANGHAI)
    row = {"n": 2**40, "x": 0.25, "is": True, "day": DAY, "at": moment, "text": "长" * 33_000, "none": None}
    columns = {"n": int, "x": float, "is": bool, "day": type(DAY), "at": datetime, "text": str, "none": str}
    file = io.BytesIO()
    assert write(kind, file, columns, iter([{**row, "text": ""}] * 1001 + [row]), SHANGHAI) == 1002
    rows = OPENERS[kind](file.getvalue())
    found = rows[-1]
    assert len(rows) == 1002
    assert (int(found["n"]), float(found["x"]), str(found["is"]).lower()) == (2**40, 0.25, "true")
    assert (str(found["day"])[:10], found["none"] or None) == (str(DAY), None)
    at = found["at"] if isinstance(found["at"], datetime) else datetime.fromisoformat(found["at"])
    assert (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)) == moment
    assert len(found["text"]) == (32_767 if kind is Export.XLSX else 33_000)
