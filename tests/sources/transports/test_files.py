import contextlib
import gzip
import os
import sqlite3
from datetime import date
from pathlib import Path

import pytest
import zstandard

from pipeline.errors import SourceError
from pipeline.source_settings import SourceSettings
from pipeline.sources import Source, open_source
from pipeline.sources.transports import files, unpack
from tests.sources.samples import window_of

WINDOW = window_of(date(2025, 11, 12))
LINE = b'{"note_id":"1"}\n'


def xhs(root: Path, path: str, late_days: int = 0) -> Source:
    return open_source("xhs", SourceSettings(format="xiaohongshu-mediacrawler", path=path, late_days=late_days), root)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_the_files_of_the_day_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.txt", ".hidden.jsonl"):
        put(tmp_path / "drop" / "2025-11-12" / name, LINE)
    put(tmp_path / "drop" / "2025-11-13" / "d.jsonl", LINE)
    (tmp_path / "drop" / "2025-11-12" / "folder.jsonl").mkdir()
    found = list(xhs(tmp_path, "drop/{date}/*.jsonl").documents(WINDOW))
    assert [d.origin for d in found] == ["drop/2025-11-12/a.jsonl", "drop/2025-11-12/b.jsonl"]


def test_a_document_knows_its_size_and_time_without_being_read(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", LINE)
    os.utime(path, ns=(1, 1_762_905_600_000_000_007))
    (found,) = xhs(tmp_path, "*.jsonl").documents(WINDOW)
    assert found.fingerprint == f"{len(LINE)} bytes, {path.stat().st_mtime_ns} ns"


def test_no_delivery_is_no_error(tmp_path: Path) -> None:
    assert list(xhs(tmp_path, "{date}/*.jsonl").documents(WINDOW)) == []


def test_a_root_with_the_signs_of_a_glob_is_only_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "drop[1]*" / "a.jsonl", LINE)
    assert [d.origin for d in xhs(tmp_path / "drop[1]*", "*.jsonl").documents(WINDOW)] == ["a.jsonl"]


def test_an_absolute_glob_keeps_its_absolute_origin(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", LINE)
    assert [d.origin for d in xhs(Path("elsewhere"), str(tmp_path / "*.jsonl")).documents(WINDOW)] == [path.as_posix()]


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("a.jsonl", LINE * 3),
        ("a.jsonl.gz", gzip.compress(LINE * 3)),
        ("a.jsonl.gz", gzip.compress(LINE) + gzip.compress(LINE * 2)),
        ("a.jsonl.zst", zstandard.compress(LINE * 3)),
        ("a.jsonl.ZST", zstandard.compress(LINE) + zstandard.compress(LINE * 2)),
    ],
)
def test_packed_files_read_like_plain_ones(tmp_path: Path, name: str, packed: bytes) -> None:
    put(tmp_path / name, packed)
    source = xhs(tmp_path, "*")
    (found,) = source.documents(WINDOW)
    assert [f.body for f in source.split(found)] == [LINE.strip()] * 3


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
@pytest.mark.parametrize("keep", [0.5, None])
def test_a_packed_file_that_is_cut_short_or_is_none_is_an_error_by_name(
    tmp_path: Path, name: str, keep: float | None
) -> None:
    lines = b"".join(b'{"note_id":"%d"}\n' % (n * n * 7919) for n in range(5000))
    packed = gzip.compress(lines) if name.endswith("gz") else zstandard.compress(lines)
    path = put(tmp_path / name, packed[: int(len(packed) * keep)] if keep else b"plain text, not packed")
    with pytest.raises(SourceError, match=rf"{name}: cannot be read to its end"):
        list(xhs(tmp_path, "*").split(files.document(path, name)))


def test_a_file_that_has_gone_is_an_error_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.jsonl: cannot be read"):
        files.document(tmp_path / "gone.jsonl", "gone.jsonl")


def test_a_file_that_goes_before_it_is_opened_is_an_error_by_name(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", LINE)
    found = files.document(path, "a.jsonl")
    path.unlink()
    with pytest.raises(SourceError, match=r"a\.jsonl: cannot be read to its end"):
        list(xhs(tmp_path, "*").split(found))


def test_a_folder_stands_for_all_files_in_it(tmp_path: Path) -> None:
    for name in ("b/c.jsonl", "a.jsonl", ".hidden/x.jsonl", "b/.y", "~$open.xlsx", "d.db", "d.db-wal", "lone-wal"):
        put(tmp_path / "drop" / name, LINE)
    (tmp_path / "drop" / "b" / "loop").symlink_to(tmp_path / "drop")
    found = [d.origin for d in xhs(tmp_path, "drop").documents(WINDOW)]
    assert found == ["drop/a.jsonl", "drop/b/c.jsonl", "drop/d.db", "drop/lone-wal"]
    assert [d.origin for d in xhs(tmp_path, str(tmp_path / "drop/b/")).documents(WINDOW)] == [
        f"{tmp_path}/drop/b/c.jsonl"
    ]


def test_what_is_written_beside_a_database_changes_its_fingerprint(tmp_path: Path) -> None:
    put(tmp_path / "a.db", b"")
    (before,) = xhs(tmp_path, "*.db").documents(WINDOW)
    put(tmp_path / "a.db-wal", b"")
    assert not before.is_changed()
    put(tmp_path / "a.db-wal", b"more")
    (after,) = xhs(tmp_path, "*.db").documents(WINDOW)
    assert before.fingerprint != after.fingerprint
    assert (before.is_changed(), after.is_changed()) == (True, False)


def test_late_days_are_looked_at_first_and_say_which_day_they_are(tmp_path: Path) -> None:
    for day in ("20251109", "20251110", "20251111", "20251112"):
        put(tmp_path / day / "a.jsonl", LINE)
    source = xhs(tmp_path, "{date:%Y%m%d}/*", late_days=2)
    assert [(d.origin[:8], d.day) for d in source.documents(WINDOW)] == [
        ("20251110", date(2025, 11, 10)),
        ("20251111", date(2025, 11, 11)),
        ("20251112", None),
    ]


def test_a_file_that_grows_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", LINE * 2)
    source = xhs(tmp_path, "*")
    (found,) = source.documents(WINDOW)
    records = source.split(found)
    next(records)
    assert not found.is_changed()
    with path.open("ab") as more:
        more.write(LINE)
    assert len(list(records)) == 2
    assert found.is_changed()


@pytest.mark.parametrize("again", [b'{"note_id":"another"}\n' * 20_000, b""])
def test_a_file_that_is_written_anew_while_it_is_read_is_left(tmp_path: Path, again: bytes) -> None:
    path = put(tmp_path / "a.jsonl", LINE * 40_000)
    source = xhs(tmp_path, "*")
    (found,) = source.documents(WINDOW)
    records = source.split(found)
    next(records)
    path.write_bytes(again)
    with pytest.raises(SourceError, match="written anew while it was read"):
        list(records)


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
@pytest.mark.parametrize("limit", ["MAX_RATIO", "MAX_UNPACKED"])
def test_a_bomb_is_an_error_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: str) -> None:
    bomb = LINE * 2**14
    put(tmp_path / name, gzip.compress(bomb) if name.endswith("gz") else zstandard.compress(bomb))
    source = xhs(tmp_path, "*")
    assert sum(1 for _ in source.split(next(source.documents(WINDOW)))) == 2**14
    monkeypatch.setattr(unpack, "_ALWAYS_ALLOWED", 0)
    monkeypatch.setattr(unpack, limit, 2**16 if limit == "MAX_UNPACKED" else 100)
    with pytest.raises(SourceError, match=rf"{name}: cannot be read to its end \(a bomb: more than"):
        list(source.split(next(source.documents(WINDOW))))


def test_a_table_is_read_in_place_or_unpacked(tmp_path: Path) -> None:
    put(tmp_path / "a.csv.gz", gzip.compress("note_id,正文\n1,醋\n".encode("gb18030")))
    database = sqlite3.connect(tmp_path / "b.db")
    database.executescript("CREATE TABLE note (note_id, 正文); INSERT INTO note VALUES (1, '醋')")
    database.close()
    put(tmp_path / "c.db.zst", zstandard.compress((tmp_path / "b.db").read_bytes()))
    source = xhs(tmp_path, "*")
    bodies = [f.body.decode() for found in source.documents(WINDOW) for f in source.split(found)]
    assert bodies == ['{"note_id":"1","正文":"醋"}', *['{"note_id":1,"正文":"醋"}'] * 2]


def test_a_database_in_use_is_not_changed_by_reading_it(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as writer:
        writer.executescript("PRAGMA journal_mode = wal; CREATE TABLE note (note_id)")
        writer.execute("INSERT INTO note VALUES (1)")
        source = xhs(tmp_path, ".")
        (found,) = source.documents(WINDOW)
        assert [f.body for f in source.split(found)] == [b'{"note_id":1}']
        assert not found.is_changed()
        writer.execute("INSERT INTO note VALUES (2)")
        assert found.is_changed()
