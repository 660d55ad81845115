"""Workbooks, SQLite databases and Parquet: rows in, and a clear word where there are none to be had."""

import contextlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.source_settings import SourceSettings
from pipeline.sources.containers import database, spool, tables, workbook
from pipeline.sources.containers.split import Page, split
from pipeline.sources.document import Document

HEADER = ("作品ID", "作品描述", "点赞数量")


def rows(data: bytes | Path, table: str = "") -> list[tuple[int | None, Any]]:
    """Line and content of every row, of a stream or of a file on this machine."""
    source = SourceSettings(format="douyin-tiktokdownloader", table=table)
    path = data if isinstance(data, Path) else None
    content = data.read_bytes() if isinstance(data, Path) else data
    found = Document(origin="export", open=lambda: io.BytesIO(content), path=path)
    return [(row.line, json.loads(row.body)) for row in split(found, source, Page())]


# ---- workbooks ----------------------------------------------------------------------------------------


def book(*lines: Sequence[object], sheets: Sequence[str] = ("数据",)) -> bytes:
    """A workbook whose sheets all hold these rows."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name in sheets:
        sheet = made.create_sheet(name)
        for line in lines:
            sheet.append(line)
    packed = io.BytesIO()
    made.save(packed)
    return packed.getvalue()


def repacked(data: bytes, **changed: bytes | None) -> bytes:
    """A workbook with parts replaced or taken out, by the last word of their name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = changed.get(part.rpartition("/")[2].partition(".")[0], old.read(part))
            if content is not None:
                new.writestr(part, content)
    return packed.getvalue()


def test_cells_of_a_workbook_keep_their_kind() -> None:
    moment = datetime(2026, 6, 12, 9, 1, 1)  # noqa: DTZ001 - a sheet knows no zones
    lines = [
        ("text", "whole", "number", "day", "moment", "clock", "long", "nothing", "yes", "formula", "wrong"),
        ("007", 12034, 1.5, date(2026, 6, 12), moment, time(9, 1), timedelta(hours=30), None, True),
    ]
    lines[1] += ("=1+1", "#NAME?")
    [(line, row)] = rows(book((), *lines))
    assert line == 3
    assert row == {
        "text": "007",
        "whole": 12034,
        "number": 1.5,
        "day": "2026-06-12T00:00:00",
        "moment": "2026-06-12T09:01:01",
        "clock": "09:01:00",
        "long": "1 day, 6:00:00",
        "nothing": None,
        "yes": True,
        "formula": None,
        "wrong": None,
    }


def test_digits_of_a_number_are_those_that_were_written() -> None:
    written = sheet_of(b"<row><c t='str'><v>id</v></c></row><row><c><v>7512345678901234567</v></c></row>")
    assert rows(repacked(book(HEADER), sheet1=written)) == [(2, {"id": 7512345678901234567})]


def test_rows_of_a_sheet_may_end_early_but_not_late() -> None:
    assert rows(book(HEADER, ("1",), (), ("2", "醋", 3, "slipped"), ("3", "姜", 4, None))) == [
        (2, {"作品ID": "1", "作品描述": None, "点赞数量": None}),
        (4, ["2", "醋", 3, "slipped"]),
        (5, {"作品ID": "3", "作品描述": "姜", "点赞数量": 4}),
    ]


def test_the_sheet_is_named_where_there_are_several() -> None:
    several = book(HEADER, ("1", "a", 2), sheets=("作品", "评论"))
    with pytest.raises(SourceError, match=r"export: has not one sheet but these: '作品', '评论'; name one as `table`"):
        rows(several)
    with pytest.raises(SourceError, match=r"has no sheet '视频'; `table` in the source's table may be one of: '作品'"):
        rows(several, "视频")
    assert [line for line, _ in rows(several, "评论")] == [2]


@pytest.mark.parametrize(("lines", "said"), [([("id", "id")], "names id twice"), ([(1, 2), ("a", "b")], "no header")])
def test_a_sheet_needs_a_header(lines: list[tuple[object, ...]], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        rows(book(*lines))


def test_an_encrypted_workbook_says_so() -> None:
    with pytest.raises(SourceError, match=r"export: an encrypted workbook or an old \.xls; save it as \.xlsx"):
        rows(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)


@pytest.mark.parametrize(
    "broken",
    [
        book(HEADER)[:900],
        repacked(book(HEADER), workbook=b"<workbook"),
        repacked(book(HEADER, ("1",)), sheet1=b"<worksheet><sheetData><row><c t='s'><v>99</v></c></row>"),
        repacked(book(HEADER), styles=None, workbook=None),
        repacked(
            book(HEADER), sheet1=b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><worksheet>&nope;</worksheet>'
        ),
    ],
)
def test_a_broken_workbook_is_an_error_by_name(broken: bytes) -> None:
    with pytest.raises(SourceError, match=r"export: is no sound workbook"):
        rows(broken)


def test_another_zip_is_no_workbook() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("posts.json", "[]")
    with pytest.raises(SourceError, match="export: a zip without a workbook; unpack it"):
        rows(packed.getvalue())


def sheet_of(content: bytes) -> bytes:
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (space, content)


@pytest.mark.parametrize(
    ("constant", "limit", "sheet", "said"),
    [
        ("MAX_RATIO", 200, sheet_of(b"<row/>" * 2**20), "times its size when unpacked, more than 200"),
        ("MAX_UNPACKED", 2**18, sheet_of(bytes(range(65, 91)) * 2**14), "bytes of XML, more than 262,144"),
        ("MAX_ROW", 2**16, sheet_of(b"<row><c><v>%s</v></c></row>" % (b"9" * 2**17)), "a row or text of more than"),
        ("MAX_SHARED", 2**10, sheet_of(b""), "bytes of texts and styles, more than 1,024"),
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch, constant: str, limit: int, sheet: bytes, said: str
) -> None:
    monkeypatch.setattr(workbook, constant, limit)
    monkeypatch.setattr(workbook, "_open", lambda *given: pytest.fail("it was opened"))
    with pytest.raises(SourceError, match=said):
        rows(repacked(book(HEADER), sheet1=sheet))


def test_entities_of_a_sheet_are_not_expanded_without_end() -> None:
    names = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12)]
    prolog = f'<!DOCTYPE worksheet [<!ENTITY e0 "lol">{"".join(names)}]>'.encode()
    with pytest.raises(SourceError, match="is no sound workbook"):
        rows(repacked(book(HEADER), sheet1=prolog + sheet_of(b"<row><c><v>&e11;</v></c></row>")))


# ---- SQLite -------------------------------------------------------------------------------------------


def filled(path: Path, *statements: str, journal: str = "delete") -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    for statement in statements:
        connection.execute(statement)
    return connection


WEIBO = ("CREATE TABLE weibo (id TEXT, 正文, attitudes_count INT)", "INSERT INTO weibo VALUES ('51', '醋', 530)")
WEIBO_ROW = {"id": "51", "正文": "醋", "attitudes_count": 530}


@pytest.mark.parametrize("as_stream", [False, True])
def test_rows_of_a_database_keep_their_kind(tmp_path: Path, as_stream: bool) -> None:
    path = tmp_path / "a ?#%20.db"
    more = "INSERT INTO weibo VALUES (NULL, x'e9868b', 1.5), (X'ff41', CAST(x'ff42' AS TEXT), 9223372036854775807)"
    with contextlib.closing(filled(path, *WEIBO, more)):
        assert rows(path.read_bytes() if as_stream else path) == [
            (1, WEIBO_ROW),
            (2, {"id": None, "正文": "醋", "attitudes_count": 1.5}),
            (3, {"id": "\ufffdA", "正文": "\ufffdB", "attitudes_count": 9223372036854775807}),
        ]


def test_what_is_still_in_the_log_is_read_too(tmp_path: Path) -> None:
    with contextlib.closing(filled(tmp_path / "a.db", *WEIBO, journal="wal")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO weibo VALUES ('52', 'not committed', 1)")
        assert rows(tmp_path / "a.db") == [(1, WEIBO_ROW)]


def test_reading_leaves_nothing_beside_a_database(tmp_path: Path) -> None:
    filled(tmp_path / "a.db", *WEIBO, journal="wal").close()
    assert rows(tmp_path / "a.db") == [(1, WEIBO_ROW)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_a_change_that_was_never_finished_is_an_error_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(filled(path, *WEIBO)) as writer:
        for statement in ("PRAGMA cache_spill = 1", "PRAGMA cache_size = 1", "BEGIN", "DELETE FROM weibo"):
            writer.execute(statement)
        writer.executemany("INSERT INTO weibo VALUES (?, hex(zeroblob(2000)), 0)", ((n,) for n in range(50)))
        for name in ("a.db", "a.db-journal"):
            (tmp_path / f"dead-{name}").write_bytes((tmp_path / name).read_bytes())
    with pytest.raises(SourceError, match="its writer stopped in the middle of a change"):
        rows(tmp_path / "dead-a.db")


def test_the_writer_is_not_held_up_while_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(filled(path, *WEIBO)) as writer:
        found = database.rows(path, "", "a.db")
        next(found)
        writer.execute("PRAGMA busy_timeout = 0")
        writer.execute("DELETE FROM weibo")
        assert list(found) == []


def test_the_table_is_named_where_there_are_several(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    others = ('CREATE TABLE "us""er" (id)', "CREATE VIEW endless AS SELECT 1", 'INSERT INTO "us""er" VALUES (7)')
    filled(path, *WEIBO, *others).close()
    with pytest.raises(SourceError, match="has not one table but these: 'us\"er', 'weibo'; name one"):
        rows(path)
    with pytest.raises(SourceError, match="has no table 'endless'"):
        rows(path, "endless")
    assert rows(path, 'us"er') == [(1, {"id": 7})]


def test_a_database_that_is_locked_or_broken_is_an_error_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    with contextlib.closing(
        filled(path, *WEIBO, *["INSERT INTO weibo SELECT id, hex(zeroblob(500)), 0 FROM weibo"] * 7)
    ) as w:
        whole = path.read_bytes()
        w.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(database, "_PATIENCE", 0.1)
        with pytest.raises(SourceError, match="export: its writer keeps the database locked"):
            rows(path)
    for broken in (whole[: len(whole) // 2], whole[:5000] + b"\xff" * 90_000 + whole[95_000:], whole[:100]):
        with pytest.raises(SourceError, match="export: is no sound SQLite database"):
            rows(broken)


def test_a_huge_cell_of_a_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROW", 2**16)
    filled(tmp_path / "a.db", *WEIBO, "INSERT INTO weibo VALUES ('52', hex(zeroblob(65536)), 1)").close()
    with pytest.raises(SourceError, match="string or blob too big"):
        rows(tmp_path / "a.db")


def test_what_takes_too_much_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "a.db", *WEIBO).close()
    for module in (spool, database):
        monkeypatch.setattr(module, "MAX_SPOOLED", 100)
    for found in (tmp_path / "a.db", (tmp_path / "a.db").read_bytes()):
        with pytest.raises(SourceError, match="cannot be read as a stream; export it in parts"):
            rows(found)


# ---- Parquet ------------------------------------------------------------------------------------------


def parquet(**columns: Any) -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.table(columns), packed)
    return packed.getvalue()


def test_cells_of_parquet_keep_their_kind() -> None:
    moment = datetime(2026, 6, 12, 1, 1, 1, tzinfo=UTC)
    data = parquet(
        post_id=["7512345678901234567", None],
        published_at=pa.array([moment, None], pa.timestamp("us", "UTC")),
        fine=pa.array([1781226061000000001, None], pa.timestamp("ns")),
        like_count=pa.array([12034, None], pa.int64()),
        share=[0.5, float("nan")],
        raw=[b"{}", b"\xff"],
        tags=[["a", "b"], []],
    )
    assert rows(data) == [
        (
            1,
            {
                "post_id": "7512345678901234567",
                "published_at": "2026-06-12T01:01:01+00:00",
                "fine": "2026-06-12T01:01:01",
                "like_count": 12034,
                "share": 0.5,
                "raw": "{}",
                "tags": ["a", "b"],
            },
        ),
        (2, dict.fromkeys(("post_id", "published_at", "fine", "like_count", "share")) | {"raw": "\ufffd", "tags": []}),
    ]


@pytest.mark.parametrize("damage", [lambda d: d[:-9], lambda d: d[:200] + b"\xff" * 900 + d[1100:], lambda d: d[:5]])
def test_broken_parquet_is_an_error_by_name(damage: Any) -> None:
    data = parquet(id=[str(n * 7919) for n in range(900)], text=[f"text {n * n}" for n in range(900)])
    with pytest.raises(SourceError, match="export: is no sound Parquet file"):
        rows(damage(data))


def test_a_file_that_says_more_than_it_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_ALWAYS_ALLOWED", 0)
    with pytest.raises(SourceError, match="export: holds more than 200 times its size, as a bomb does"):
        rows(parquet(id=["7"] * 200_000))


# ---- damage -------------------------------------------------------------------------------------------


def database_of_many(folder: Path) -> bytes:
    filled(folder / "many.db", *WEIBO, *["INSERT INTO weibo SELECT id, hex(zeroblob(300)), 0 FROM weibo"] * 5).close()
    return (folder / "many.db").read_bytes()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    columns = {"id": [str(n) for n in range(99)], "text": [f"text {n * n}" for n in range(99)]}
    return {
        "workbook": book(HEADER, *[(str(n), f"醋{n}", n) for n in range(30)]),
        "database": database_of_many(tmp_path_factory.mktemp("sound")),
        "parquet": parquet(**columns),
    }


@pytest.mark.parametrize("kind", ["workbook", "database", "parquet"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_leaves_only_declared_errors(sound: dict[str, bytes], kind: str, data: st.DataObject) -> None:
    damaged = bytearray(sound[kind])
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(16, len(damaged)))  # behind what says what it is
        damaged[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    with contextlib.suppress(SourceError):
        rows(bytes(damaged))
