"""What is written, and that writing it twice, or in another order, changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from psycopg.rows import dict_row
from sqlalchemy import Engine

from pipeline import db, load
from pipeline.errors import RecordError
from pipeline.records import Count, Dropped, DropReason, Metric, Platform
from tests import world

POST_TABLES = ("account", "account_observation", "post_text", "post", "post_version", "post_observation")
TABLES = ("raw_record", "quarantine", "dropped_post", *POST_TABLES)
NOON = datetime(2026, 11, 20, 16, tzinfo=UTC)


@pytest.fixture
def connection(engine: Engine) -> Iterator[db.Connection]:
    """One to a database of its own, as these tests commit."""
    with db.transaction(engine) as found:
        yield found


def collection(day: date = world.DAY, source: str = "douyin") -> load.Collection:
    listed = {(Platform.XIAOHONGSHU.value, "listed"): date(2026, 11, 1)}
    return load.Collection(source=source, day=day, observed_at=NOON, listed_on=listed)


def record(body: bytes, *posts: Any, **more: Any) -> load.ReadRecord:
    return load.ReadRecord(fragment=world.fragment(body), external_id=body.decode(), kept=posts, **more)


def contents(connection: db.Connection) -> dict[str, list[dict[str, Any]]]:
    """All tables, without the numbers that depend on the order of arrival."""
    found = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for table in TABLES:
            rows = cursor.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            keys = ("raw_id", "post_key", "account_key")
            found[table] = sorted(({k: v for k, v in row.items() if k not in keys} for row in rows), key=repr)
    return found


def store(connection: db.Connection, records: Sequence[load.ReadRecord], **of: Any) -> dict[str, int]:
    counts = load.store_records(connection, collection(**of), records)
    connection.commit()  # the staging tables go with their transaction
    return dict(counts)


BATCH = (
    record(b"one", world.post("1", "大蒜水能杀病毒")),
    record(b"two", world.post("2", "今天去爬山", account_id="account-2", follower_count=Count(None))),
    record(b"three", dropped=[Dropped(world.parsed("3"), DropReason.NOT_A_KOL)]),
    record(b"broken", error=RecordError("not_json", "a broken line\x00")),
)


def test_every_record_ends_as_a_post_a_drop_or_in_quarantine(connection: db.Connection) -> None:
    counts = store(connection, BATCH)
    assert counts == {"records": 4, "stored": 4, "unchanged": 0, "posts": 2, "quarantined": 1, "not_a_kol": 1}
    found = contents(connection)
    assert [len(found[t]) for t in ("raw_record", "post", "dropped_post", "quarantine")] == [4, 2, 1, 1]
    assert found["quarantine"][0]["detail"] == "a broken line\ufffd"


def test_storing_twice_changes_nothing(connection: db.Connection) -> None:
    store(connection, BATCH)
    before = contents(connection)
    counts = store(connection, BATCH)
    assert (counts["stored"], counts["unchanged"]) == (0, 4)
    assert contents(connection) == before


def test_a_record_given_twice_in_one_batch_is_one(connection: db.Connection) -> None:
    assert store(connection, [BATCH[0], BATCH[0]])["unchanged"] == 1
    assert len(contents(connection)["post"]) == 1


def test_days_may_arrive_in_any_order(connection: db.Connection) -> None:
    days = [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]
    batches = {
        day: [
            record(b"one", world.post("1", "大蒜水能杀病毒", account_id="account-9")),
            record(
                f"more {day}".encode(),
                world.post("2", "同一篇", account_name=f"名字{day.day}", follower_count=Count(day.day)),
            ),
        ]
        for day in days
    }
    for day in days:
        store(connection, batches[day], day=day)
    forwards = contents(connection)
    for table in ("post", "post_text", "account", "raw_record"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
    for day in reversed(days):
        store(connection, batches[day], day=day)
    assert contents(connection) == forwards
    assert "名字20" in {row["name"] for row in forwards["account"]}
    assert {row["collected_for"] for row in forwards["post_version"]} == {days[0]}


def test_an_edit_is_a_version_beside_the_old_text(connection: db.Connection) -> None:
    store(connection, [record(b"one", world.post("1", "第一版"))], day=date(2026, 11, 18))
    store(connection, [record(b"one edited", world.post("1", "第二版"))])
    found = contents(connection)
    assert len(found["post"]) == 1
    assert {row["document"] for row in found["post_text"]} == {"第一版", "第二版"}
    assert {row["collected_for"] for row in found["post_version"]} == {date(2026, 11, 18), world.DAY}


def test_the_same_words_of_two_accounts_are_one_text(connection: db.Connection) -> None:
    store(connection, [record(b"one", world.post("1", "同一句话")), record(b"two", world.post("2", "同一句话"))])
    found = contents(connection)
    assert (len(found["post"]), len(found["post_text"]), len(found["post_version"])) == (2, 1, 2)


@pytest.mark.parametrize("reasons", [("not_a_kol", "deleted"), ("deleted", "not_a_kol")])
def test_a_deletion_outlasts_another_drop_of_the_day(connection: db.Connection, reasons: tuple[str, str]) -> None:
    for reason in reasons:
        store(connection, [record(reason.encode(), dropped=[Dropped(world.parsed("3"), DropReason(reason))])])
    assert [row["reason"] for row in contents(connection)["dropped_post"]] == ["deleted"]


def test_unknown_counts_are_not_stored_as_zero(connection: db.Connection) -> None:
    unknown = {Metric.LIKES: Count(), Metric.VIEWS: Count(100_000, lower_bound=True)}
    store(connection, [record(b"one", world.post("1", "一句话", counts=unknown, follower_count=Count()))])
    found = contents(connection)
    [row] = found["post_observation"]
    assert (row["views"], row["likes"], row["lower_bounds"]) == (100_000, None, ["views"])
    assert found["account_observation"] == []


def test_the_watchlists_count_has_the_watchlists_day(connection: db.Connection) -> None:
    listed = world.post("1", "一句话", platform=Platform.XIAOHONGSHU, account_id="listed", follower_count=Count())
    store(connection, [record(b"one", replace(listed, followers=Count(7_000)))])
    [observation] = contents(connection)["account_observation"]
    assert observation["follower_count"] == 7_000
    assert observation["collected_for"] == date(2026, 11, 1)


@pytest.mark.parametrize("again", [world.GUIDANCE, world.guidance()])
def test_guidance_that_has_not_changed_adds_no_version(connection: db.Connection, again: Any) -> None:
    assert load.store_guidance(connection, again).total() == len(again.positions)
    assert connection.execute("SELECT count(*) FROM guidance").fetchone() == (3,)


def test_a_changed_position_is_a_new_version_beside_the_old(connection: db.Connection) -> None:
    changed = world.guidance(world.position("WHO-001", wording="新的说法。"))
    assert load.store_guidance(connection, changed)["changed"] == 1
    rows = connection.execute(
        "SELECT version, position_zh FROM guidance WHERE guidance_id = 'WHO-001' ORDER BY version"
    )
    assert rows.fetchall() == [(1, "大蒜不能预防感染。"), (2, "新的说法。")]


@pytest.mark.parametrize("order", [1, -1])
def test_counts_of_one_moment_are_put_together(connection: db.Connection, order: int) -> None:
    seen = [
        {Metric.LIKES: Count(5), Metric.VIEWS: Count(100_000, lower_bound=True)},
        {Metric.LIKES: Count(7), Metric.SHARES: Count(1)},
    ]
    for number, counts in enumerate(seen[::order]):
        store(connection, [record(f"{number}".encode(), world.post("1", "一句话", counts=counts))])
    [row] = contents(connection)["post_observation"]
    assert [row[m.value] for m in Metric] == [100_000, 7, None, 1, None]
    assert row["lower_bounds"] == ["views"]
