"""How far a source has been read moves with the records it covers, or not at all."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pipeline import land
from pipeline.errors import SourceError
from pipeline.records import Fragment, Platform
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources import FORMATS, Cursor, Document, Source, Window
from tests import world
from tests.stepping import rows, video

SEEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
Served = Callable[[Window], Iterator[Document]]


def fragments(*numbers: int) -> Iterator[Fragment]:
    for number in numbers:
        yield Fragment(body=video(number, f"大蒜水包治百病，家家都要备{number}"), origin="queue", line=number)


def broken_off(*numbers: int) -> Iterator[Fragment]:
    yield from fragments(*numbers)
    raise SourceError("queue: the connection broke off")


def batch(number: int, records: Iterator[Fragment] | None = None) -> Document:
    """The document after which the queue goes on at `number` + 1."""
    found = fragments(number) if records is None else records
    return Document(origin="queue", fragments=found, cursor={"next": number + 1}, watermark=SEEN)


def queue(site: Site, monkeypatch: pytest.MonkeyPatch, serve: Served) -> None:
    """Let the site's source be a queue that serves these documents."""
    settings = SourceSettings(format="douyin-mediacrawler", transport="queue")

    def transport(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
        return serve(window)

    found = Source(name="douyin", settings=settings, root=Path(), format=FORMATS[settings.format], transport=transport)
    monkeypatch.setattr(site, "source", lambda name: found)


def collect(site: Site, limit: int | None = None) -> land.Counts:
    return land.collect(site, "douyin", *site.interval(world.DAY), limit=limit)


def cursor(site: Site) -> Cursor:
    [(found,)] = rows(site, "SELECT cursor FROM source_state")
    return msgspec.convert(found, dict[str, int])


def stored(site: Site) -> list[str]:
    return [i for (i,) in rows(site, "SELECT platform_post_id FROM post ORDER BY platform_post_id")]


def test_the_next_run_goes_on_where_the_last_one_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    starts: list[int] = []

    def serve(window: Window) -> Iterator[Document]:
        starts.append(window.cursor.get("next", 1))
        yield batch(starts[-1])
        yield batch(starts[-1] + 1)

    queue(site, monkeypatch, serve)
    collect(site)
    collect(site)
    assert (starts, cursor(site), stored(site)) == ([1, 3], {"next": 5}, ["1", "2", "3", "4"])
    assert rows(site, "SELECT watermark FROM source_state") == [(SEEN,)]


def test_what_broke_off_is_stored_and_not_passed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(site, monkeypatch, lambda window: iter([batch(1), batch(3, broken_off(2, 3)), batch(4)]))
    with pytest.raises(SourceError, match="broke off"):
        collect(site)
    assert (cursor(site), stored(site)) == ({"next": 2}, ["1", "2", "3"])
    assert rows(site, "SELECT last_error, watermark FROM source_state") == [("queue: the connection broke off", None)]


def test_a_limit_inside_a_batch_passes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(site, monkeypatch, lambda window: iter([batch(1), batch(3, fragments(2, 3)), batch(4)]))
    assert collect(site, limit=2)["records"] == 2
    assert (cursor(site), stored(site)) == ({"next": 2}, ["1", "2"])
    assert rows(site, "SELECT watermark FROM source_state") == [(None,)]


def test_a_limit_at_the_end_of_a_batch_has_passed_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(site, monkeypatch, lambda window: iter([batch(1), batch(2)]))
    collect(site, limit=1)
    assert (cursor(site), stored(site)) == ({"next": 2}, ["1"])


def test_of_two_runs_at_once_one_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(window: Window) -> Iterator[Document]:
        yield batch(1)
        queue(site, monkeypatch, lambda inner: iter([batch(2)]))
        collect(site)
        yield batch(2, fragments(2, 9))

    queue(site, monkeypatch, serve)
    with pytest.raises(SourceError, match="another run of source douyin"):
        collect(site)
    assert (cursor(site), stored(site)) == ({"next": 3}, ["1", "2"])


def test_whoever_delivered_is_told_after_the_records_are_stored(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    documents = [
        Document(origin="queue", fragments=fragments(1, 2), acknowledge=lambda: told.append(stored(site))),
        Document(origin="queue", fragments=broken_off(3), acknowledge=lambda: told.append(stored(site))),
    ]
    queue(site, monkeypatch, lambda window: iter(documents))
    with pytest.raises(SourceError):
        collect(site)
    assert told == [["1", "2"]]


def test_a_preview_reads_on_from_the_cursor_and_writes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(window: Window) -> Iterator[Document]:
        first = window.cursor.get("next", 1)
        yield batch(first + 1, fragments(first, first + 1))

    queue(site, monkeypatch, serve)
    collect(site)
    found = land.preview(site, "douyin", *site.interval(world.DAY), limit=1)
    assert (found.counts["records"], [r.external_id for r in found.records]) == (1, ["3"])
    assert (cursor(site), stored(site)) == ({"next": 3}, ["1", "2"])


def test_private_authors_are_stored_under_their_pseudonyms(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    privacy = msgspec.structs.replace(site.settings.privacy, hash_authors=(Platform.DOUYIN,))
    site.settings = msgspec.structs.replace(site.settings, privacy=privacy, hash_key="k" * 32)
    queue(site, monkeypatch, lambda window: iter([batch(1)]))
    collect(site)
    [(account_id, name)] = rows(site, "SELECT account_id, name FROM account")
    assert (account_id[:2], name) == ("h_", "灶***")
