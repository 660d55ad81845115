"""Object stores, over the wire with a server that speaks S3."""

import gzip
import io
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import s3fs
import zstandard

from pipeline import land
from pipeline.errors import ConfigError, SourceError
from pipeline.site import Site
from pipeline.source_settings import ObjectSettings, SourceSettings
from pipeline.sources import Source, open_source
from pipeline.sources.transports import objects
from tests import world
from tests.sources.samples import window_of
from tests.stepping import rows, video

WINDOW = window_of(date(2025, 11, 12))
LINE = b'{"note_id":"1"}\n'
POSTS = "s3://drops/posts/platform=xhs/dt={date}/part-*"
PART = "drops/posts/platform=xhs/dt=2025-11-12/part-0"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server of its own, for as long as these tests run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, "the server did not start"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def store(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The store with an empty bucket `drops`, and its keys where programs look for them."""
    for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    found = objects._store("s3://drops", ObjectSettings(endpoint=endpoint))
    if found.exists("drops"):
        found.rm("drops", recursive=True)
    found.mkdir("drops")
    return found


@pytest.fixture
def reached(endpoint: str, store: Any) -> ObjectSettings:
    return ObjectSettings(endpoint=endpoint)


def source(objects: ObjectSettings, path: str = POSTS, late_days: int = 0, **changed: object) -> Source:
    found = SourceSettings(
        format="xiaohongshu-mediacrawler",
        transport="objects",
        path=path,
        late_days=late_days,
        objects=msgspec.structs.replace(objects, **changed),
    )
    return open_source("xhs", found, Path())


def test_the_objects_of_the_day_are_found_in_order(store: Any, reached: ObjectSettings) -> None:
    for name in ("part-1", "part-0", "_SUCCESS", "_temporary/0/part-9", "other", "deeper/part-7"):
        store.pipe_file(f"drops/posts/platform=xhs/dt=2025-11-12/{name}", LINE)
    store.pipe_file("drops/posts/platform=xhs/dt=2025-11-13/part-0", LINE)
    opened = source(reached)
    found = list(opened.documents(WINDOW))
    assert [d.origin.rpartition("dt=")[2] for d in found] == ["2025-11-12/part-0", "2025-11-12/part-1"]
    assert [f.body for d in found for f in opened.split(d)] == [LINE.strip()] * 2
    everything = source(reached, "s3://drops/posts/").documents(WINDOW)
    names = [d.origin.rpartition("dt=")[2] for d in everything]
    assert names == [f"2025-11-12/{n}" for n in ("other", "part-0", "part-1", "deeper/part-7")] + ["2025-11-13/part-0"]


def parquet() -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.table({"note_id": ["1"] * 3}), packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("part-0.jsonl", LINE * 3),
        ("part-0.jsonl.gz", gzip.compress(LINE * 3)),
        ("part-0.jsonl.zst", zstandard.compress(LINE * 3)),
        ("part-0.csv", b"note_id,desc\n" + b"1,x\n" * 3),
        ("part-0.snappy.parquet", parquet()),
    ],
)
def test_objects_are_read_as_files_are(store: Any, reached: ObjectSettings, name: str, data: bytes) -> None:
    store.pipe_file(f"drops/posts/platform=xhs/dt=2025-11-12/{name}", data)
    opened = source(reached)
    (found,) = opened.documents(WINDOW)
    assert [b'"note_id":"1"' in f.body for f in opened.split(found)] == [True] * 3


def test_an_object_is_known_again_until_it_is_written_anew(store: Any, reached: ObjectSettings) -> None:
    store.pipe_file(PART, LINE)
    opened = source(reached)
    (before,), (same,) = opened.documents(WINDOW), opened.documents(WINDOW)
    assert (before.fingerprint, before.is_changed()) == (same.fingerprint, False)
    store.pipe_file(PART, LINE.replace(b"1", b"2"))
    (after,) = opened.documents(WINDOW)
    assert (after.fingerprint != before.fingerprint, before.is_changed(), after.is_changed()) == (True, True, False)
    store.rm(PART)
    assert after.is_changed()


def test_an_object_that_is_written_anew_while_it_is_read_is_left(
    store: Any, reached: ObjectSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_BLOCK", 2**16)
    store.pipe_file(PART, LINE * 20_000)
    opened = source(reached)
    (found,) = opened.documents(WINDOW)
    records = opened.split(found)
    next(records)
    store.pipe_file(PART, LINE.replace(b"1", b"2") * 20_000)
    with pytest.raises(SourceError, match="part-0: cannot be read to its end"):
        list(records)
    assert found.is_changed()


def test_a_folder_is_awaited_until_it_is_complete(store: Any, reached: ObjectSettings) -> None:
    opened = source(reached, done="_SUCCESS", late_days=1)
    folders = [f"drops/posts/platform=xhs/dt=2025-11-{day}" for day in (11, 12)]
    store.pipe_file(f"{folders[1]}/part-0", LINE)
    assert [(d.origin, d.is_awaited, d.day) for d in opened.documents(WINDOW)] == [
        (f"s3://{folders[0]}/_SUCCESS", True, date(2025, 11, 11)),
        (f"{folders[1]}/_SUCCESS", True, None),
    ]
    for folder in folders:
        store.pipe_file(f"{folder}/_SUCCESS", b"")
    assert [(d.origin, d.is_awaited) for d in opened.documents(WINDOW)] == [(f"{folders[1]}/part-0", False)]


def test_where_nothing_was_delivered_there_is_nothing(reached: ObjectSettings) -> None:
    assert list(source(reached).documents(WINDOW)) == []


def test_a_bucket_that_is_not_there_is_an_error(reached: ObjectSettings) -> None:
    with pytest.raises(SourceError, match=r"s3://nowhere/x/\*: the store has no bucket nowhere"):
        list(source(reached, "s3://nowhere/x/*").documents(WINDOW))


def test_a_store_that_does_not_answer_is_an_error(reached: ObjectSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setattr(objects, "_TIMES", {"connect_timeout": 1, "retries": {"max_attempts": 1}})
    away = source(reached, endpoint="http://127.0.0.1:9")
    with pytest.raises(SourceError, match=r"s3://drops/.*: the store does not answer \(Could not connect"):
        list(away.documents(WINDOW))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("drop/*.jsonl", "needs an address such as s3://bucket/folder/"),
        ("carrier://pigeon/x", "Protocol not known: carrier"),
        ("gs://bucket/x", "cannot be opened .*gcsfs"),
    ],
)
def test_an_address_that_cannot_be_opened_is_an_error(path: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        list(source(ObjectSettings(), path).documents(WINDOW))


def test_another_store_of_fsspec_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINE)
    opened = source(ObjectSettings(), f"file://{tmp_path}/*", done="")
    (found,) = opened.documents(WINDOW)
    assert (found.origin, found.is_changed()) == (f"{tmp_path}/a.jsonl", False)
    assert [f.body for f in opened.split(found)] == [LINE.strip()]


@pytest.mark.usefixtures("store")
def test_alibaba_is_asked_by_the_host_of_the_bucket_and_without_trailing_checksums() -> None:
    oss = ObjectSettings(
        endpoint="https://oss-cn-hangzhou.aliyuncs.com",
        region="cn-hangzhou",
        addressing="virtual",
        key="mine",
        secret="a secret",
    )
    found = objects._store("s3://drops/x", oss)
    assert re.match(r"https://drops\.oss-cn-hangzhou\.aliyuncs\.com/x\?.*mine", found.url("drops/x"))
    config = found.s3.meta.config
    assert {config.request_checksum_calculation, config.response_checksum_validation} == {"when_required"}


def test_a_partition_is_collected_once_it_is_complete_and_late_objects_after_it(
    site: Site, store: Any, reached: ObjectSettings
) -> None:
    folder = f"drops/posts/platform=douyin/dt={world.DAY}"
    changed = SourceSettings(
        format="douyin-mediacrawler",
        transport="objects",
        path="s3://drops/posts/platform=*/dt={date}/part-*",
        objects=msgspec.structs.replace(reached, done="_SUCCESS"),
    )
    site.settings = msgspec.structs.replace(site.settings, source={"douyin": changed})

    def collect() -> dict[str, int]:
        return land.collect(site, "douyin", *site.interval(world.DAY))

    store.pipe_file(f"{folder}/part-0.jsonl.gz", gzip.compress(video(1, "大蒜水能杀死病毒")))
    assert collect() == {"documents": 0, "records": 0, "documents_unfinished": 1}
    assert rows(site, "SELECT watermark FROM source_state") == [(None,)]
    store.pipe_file(f"{folder}/_SUCCESS", b"")
    assert collect()["records"] == 1
    store.pipe_file(f"{folder}/part-1.jsonl", video(2, "邻居说早上喝白酒就不会得病") + b"\n{broken")
    counts = collect()
    assert (counts["documents_unchanged"], counts["records"], counts["quarantined"]) == (1, 2, 1)
    assert rows(site, "SELECT platform_post_id FROM post ORDER BY 1") == [("1",), ("2",)]
    assert collect()["documents_unchanged"] == 2
