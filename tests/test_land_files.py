"""Files that are still being written, or come late: nothing of them is lost, and nothing is taken by halves."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from pipeline import land
from pipeline.errors import SourceError
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources import Document, Window
from pipeline.sources.transports import files
from tests import world
from tests.stepping import collect, deliver, rows, video

ONE, TWO = video(1, "大蒜水能杀死病毒"), video(2, "邻居说早上喝白酒就不会得病")
ANYWHERE = "drop/*/*"


def configure(site: Site, **settings: object) -> None:
    source = SourceSettings(format="douyin-mediacrawler", **{"path": "drop/{date}/*", **settings})  # type: ignore[arg-type]
    site.settings = msgspec.structs.replace(site.settings, source={"douyin": source})


def meddle(site: Site, monkeypatch: pytest.MonkeyPatch, write: Callable[[], object]) -> None:
    """Let somebody write in the moment after the files have been read, once."""
    found = site.source("douyin")

    def opened(document: Document) -> BinaryIO:
        with document.open() as stream:
            data = stream.read()
        write()
        return io.BytesIO(data)

    def transport(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
        monkeypatch.undo()
        for document in files.documents(source, root, window):
            yield replace(document, open=partial(opened, document))

    monkeypatch.setattr(site, "source", lambda name: replace(found, transport=transport))


def stored(site: Site) -> list[tuple[str, ...]]:
    return rows(site, "SELECT platform_post_id FROM post ORDER BY 1")


def quarantined(site: Site) -> int:
    [(count,)] = rows(site, "SELECT count(*) FROM quarantine")
    return int(count)


def test_half_a_line_of_a_file_that_grows_is_left_to_the_next_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(site, path=ANYWHERE)
    path = deliver(site, ONE)
    whole = path.read_bytes() + TWO + b"\n"
    path.write_bytes(whole[:-40])
    meddle(site, monkeypatch, lambda: path.write_bytes(whole))
    counts = collect(site)
    assert (counts["records"], counts["documents_unfinished"], stored(site)) == (1, 1, [("1",)])
    assert rows(site, "SELECT watermark, last_error FROM source_state") == [(None, None)]
    assert collect(site)["records"] == 2
    assert (stored(site), quarantined(site)) == ([("1",), ("2",)], 0)
    assert collect(site)["documents_unchanged"] == 1


def test_half_an_array_that_is_written_anew_is_left_to_the_next_run(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(site, path=ANYWHERE)
    path = deliver(site, name="posts.json")
    whole = json.dumps([json.loads(ONE), json.loads(TWO)], ensure_ascii=False, indent=4).encode()
    path.write_bytes(whole[:-90])
    meddle(site, monkeypatch, lambda: path.write_bytes(whole))
    assert collect(site)["records"] == 1
    assert collect(site)["records"] == 2
    assert (stored(site), quarantined(site)) == ([("1",), ("2",)], 0)


def test_a_workbook_that_is_half_written_is_no_failure(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(site, path=ANYWHERE)
    path = deliver(site, b"PK\3\4 the rest is to come", name="posts.xlsx")
    meddle(site, monkeypatch, lambda: path.write_bytes(ONE))
    assert collect(site)["documents_unfinished"] == 1
    assert collect(site)["records"] == 1


def test_a_file_that_has_gone_is_no_failure(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(site, path=ANYWHERE)
    path = deliver(site, ONE, b"{broken")
    meddle(site, monkeypatch, path.unlink)
    assert collect(site)["documents_unfinished"] == 1
    assert (stored(site), quarantined(site)) == ([("1",)], 0)


def test_where_no_later_run_looks_the_task_fails_to_be_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(site)
    path = deliver(site, ONE, TWO[:-40])
    meddle(site, monkeypatch, lambda: path.write_bytes(ONE + b"\n" + TWO))
    with pytest.raises(
        SourceError, match=r"one\.jsonl was being written while it was read; run this again, or set late"
    ):
        collect(site)
    assert collect(site)["records"] == 2
    assert (stored(site), quarantined(site)) == ([("1",), ("2",)], 0)


@pytest.mark.parametrize(("late_days", "until"), [(1, timedelta()), (0, timedelta(hours=-1))])
def test_where_a_later_run_looks_it_does_not_fail(
    site: Site, monkeypatch: pytest.MonkeyPatch, late_days: int, until: timedelta
) -> None:
    configure(site, late_days=late_days)
    path = deliver(site, ONE)
    meddle(site, monkeypatch, lambda: path.write_bytes(ONE + b"\n" + TWO))
    start, end = site.interval(world.DAY)
    assert land.collect(site, "douyin", start, end + until)["documents_unfinished"] == 1


def test_the_last_day_that_is_looked_at_is_not_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(site, late_days=1)
    path = deliver(site, ONE, day=world.DAY - timedelta(days=1))
    meddle(site, monkeypatch, lambda: path.write_bytes(ONE + b"\n" + TWO))
    with pytest.raises(SourceError, match="was being written while it was read"):
        collect(site)


def test_a_file_that_comes_late_belongs_to_its_own_day(site: Site) -> None:
    configure(site, late_days=2)
    before = world.DAY - timedelta(days=1)
    deliver(site, video(2, "大蒜水能杀死病毒", last_modify_ts=None))
    deliver(site, video(1, "大蒜水能杀死病毒", last_modify_ts=None), day=before)
    collect(site)
    days = "SELECT platform_post_id, v.collected_for FROM post JOIN post_version v USING (post_key) ORDER BY 1"
    assert rows(site, days) == [("1", before), ("2", world.DAY)]
    assert rows(site, "SELECT collected_for FROM source_document ORDER BY 1") == [(before,), (world.DAY,)]
    seen = rows(site, "SELECT DISTINCT collected_for, observed_at FROM post_observation ORDER BY 1")
    assert seen == [(day, site.interval(day)[1]) for day in (before, world.DAY)]
