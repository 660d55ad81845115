"""A table of another database on a real PostgreSQL, read in the order of its rows' changes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from pipeline import steps
from pipeline.errors import ConfigError, SourceError
from pipeline.local.postgres import Server
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources import Cursor, Document
from pipeline.sources.transports import replica
from pipeline.stream_settings import ReplicaSettings
from tests import world
from tests.sources.samples import window_of
from tests.stepping import rows, work

DAY = window_of(world.DAY)
TABLE = """
CREATE TABLE posts (
    id text PRIMARY KEY, platform text, author_id text, title text, body text, created_at timestamptz,
    updated_at timestamptz, deleted_at timestamptz, metrics jsonb
)"""


@dataclass
class Database:
    """Somebody else's database, and how a source reads its table."""

    connection: psycopg.Connection
    dsn: str

    def put(self, post_id: str, minute: float, body: str = "", **changed: Any) -> None:
        row = {
            **{"id": post_id, "platform": "weibo", "author_id": "u1", "body": body, "created_at": DAY.start},
            **{"updated_at": DAY.start + timedelta(minutes=minute), **changed},
        }
        columns, marks = ", ".join(row), ", ".join(f"%({name})s" for name in row)
        update = ", ".join(f"{name} = excluded.{name}" for name in row)
        statement = f"INSERT INTO posts ({columns}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {update}"  # noqa: S608
        self.connection.execute(statement.encode(), row)

    def source(self, zone: str = "", **changed: Any) -> SourceSettings:
        table = {
            "dsn": self.dsn,
            "overlap_minutes": 10,
            **({} if "query" in changed else {"table": "posts"}),
            **changed,
        }
        settings = ReplicaSettings(**table)
        return SourceSettings(format="internal-postgres", transport="replica", zone=zone, replica=settings)

    def documents(self, cursor: Cursor | None = None, days: int = 0, **changed: Any) -> Iterator[Document]:
        """What the run of the day `days` later hands over."""
        window = window_of(world.DAY + timedelta(days=days), cursor)
        return replica.documents(self.source(**changed), Path(), window)

    def read(self, cursor: Cursor | None = None, days: int = 0, **changed: Any) -> tuple[list[dict[str, Any]], Cursor]:
        found, after = [], cursor or {}
        for document in self.documents(cursor, days, **changed):
            found += [json.loads(f.body) for f in document.fragments or ()]
            after = document.cursor or after
        return found, after

    def ids(self, cursor: Cursor | None = None, days: int = 0, **changed: Any) -> str:
        return " ".join(str(row["id"]) for row in self.read(cursor, days, **changed)[0])


@pytest.fixture(scope="module")
def opened(server: Server) -> Iterator[Database]:
    admin, dsn = (server.url(name).replace("+psycopg", "") for name in ("postgres", "replica"))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE replica")
        with psycopg.connect(dsn, autocommit=True) as inner:
            yield Database(inner, dsn)
        connection.execute("DROP DATABASE replica WITH (FORCE)")


@pytest.fixture
def database(opened: Database) -> Database:
    opened.connection.execute("DROP SCHEMA IF EXISTS public, other CASCADE")
    opened.connection.execute("CREATE SCHEMA public")
    opened.connection.execute(TABLE)
    return opened


def at(minute: float) -> Cursor:
    return {"updated_at": (DAY.start + timedelta(minutes=minute)).isoformat()}


def moment(cursor: Cursor) -> datetime:
    return datetime.fromisoformat(cursor["updated_at"])


def test_rows_come_in_the_order_of_their_changes(database: Database) -> None:
    for post_id, minute in (("b", 30), ("a", 20), ("c", 25)):
        database.put(post_id, minute)
    found, cursor = database.read()
    assert [row["id"] for row in found] == ["a", "c", "b"]
    assert moment(cursor) == moment(at(30))


def test_a_row_is_a_record_with_all_its_columns(database: Database) -> None:
    database.put("a", 5, "豆腐", metrics='{"like": 53}')
    [document] = database.documents()
    [fragment] = document.fragments or ()
    assert json.loads(fragment.body)["metrics"] == {"like": 53}
    assert set(json.loads(fragment.body)) == {
        *("id", "platform", "author_id", "title", "body", "created_at", "updated_at", "deleted_at", "metrics")
    }
    assert fragment.origin.startswith("posts/a@2026-11-")


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7])
def test_equal_times_over_the_border_of_a_batch_lose_and_repeat_nothing(database: Database, batch_size: int) -> None:
    for number in range(7):
        database.put(str(number), 10)
    assert database.ids(batch_size=batch_size) == "0 1 2 3 4 5 6"


def test_each_batch_is_a_document_that_moves_the_cursor(database: Database) -> None:
    for number in range(3):
        database.put(str(number), number)
    cursors = [moment(d.cursor or {}) for d in database.documents(batch_size=1)]
    assert cursors == [moment(at(n)) for n in range(3)]


def test_the_next_run_begins_before_the_cursor_for_late_commits(database: Database) -> None:
    database.put("a", 60 * 24 - 1)
    _, cursor = database.read()
    database.put("late", 60 * 24 - 8)
    database.put("too-late", 60 * 24 - 30)
    database.put("new", 60 * 24 + 5)
    assert database.ids(cursor, days=1) == "late a new"


def test_a_run_that_was_missed_is_made_up_for(database: Database) -> None:
    database.put("a", 5)
    _, cursor = database.read()
    database.put("missed", 60 * 24 + 5)
    database.put("new", 60 * 24 * 2 + 5)
    assert database.ids(cursor, days=2) == "a missed new"


def test_what_changed_after_the_window_is_left_to_the_next(database: Database) -> None:
    database.put("a", 5)
    database.put("b", 60 * 24)
    assert database.ids() == "a"
    assert database.ids(at(5), days=1) == "a b"


def test_a_backfill_reads_its_window_and_leaves_the_cursor(database: Database) -> None:
    for post_id, minute in (("old", 5), ("between", 60 * 24 + 5), ("new", 60 * 24 * 3)):
        database.put(post_id, minute)
    documents = list(database.documents(at(60 * 24 * 3)))
    assert [f.origin[:9] for d in documents for f in d.fragments or ()] == ["posts/old"]
    assert [d.cursor for d in documents] == [None]


def test_rows_that_the_replica_did_not_have_yet_are_found_later(database: Database) -> None:
    _, cursor = database.read()
    database.put("a", 5)
    assert moment(cursor) == DAY.start
    assert database.ids(cursor, days=1) == "a"


def test_a_change_moves_a_row_to_its_new_place(database: Database) -> None:
    database.put("a", 5, "first")
    found = database.documents(batch_size=1)
    database.put("b", 6)
    next(found)
    database.put("a", 7, "second")
    assert [json.loads(f.body)["body"] for d in found for f in d.fragments or ()] == ["", "second"]


@pytest.mark.parametrize(("zone", "hour", "before"), [("", 0, "a"), ("UTC", 8, "b a")])
def test_times_without_a_zone_are_given_the_sources(database: Database, zone: str, hour: int, before: str) -> None:
    database.connection.execute("ALTER TABLE posts ALTER created_at TYPE timestamp, ALTER updated_at TYPE timestamp")
    naive = {"created_at": "2026-11-20 00:00:00", "updated_at": "2026-11-20 00:05:00"}
    database.put("a", 0, **naive)
    [row], cursor = database.read(zone=zone)
    assert datetime.fromisoformat(row["created_at"]) == DAY.start + timedelta(hours=hour)
    assert moment(cursor) == DAY.start + timedelta(hours=hour, minutes=5)
    assert database.ids(cursor, days=1, zone=zone) == "a"
    database.put("b", 0, **{**naive, "updated_at": "2026-11-19 23:00:00"})
    assert database.ids(zone=zone) == before


def test_columns_have_the_names_that_the_format_knows(database: Database) -> None:
    database.connection.execute("CREATE SCHEMA other")
    database.connection.execute(
        'CREATE TABLE other."Notes" ("No." integer, changed timestamptz, content text, body text, platform text)'
    )
    database.connection.execute(
        """INSERT INTO other."Notes" VALUES (7, '2026-11-20 03:00:00+00', 'words', 'not these', 'weibo')"""
    )
    columns = {"id": "No.", "updated_at": "changed", "body": "content"}
    [row], _ = database.read(table="other.Notes", columns=columns)
    assert (row["id"], row["body"], set(row)) == (7, "words", {"id", "updated_at", "body", "platform"})


def test_a_query_may_stand_for_a_table(database: Database) -> None:
    database.put("a", 5, "100% 豆腐")
    database.put("b", 6, "豆浆")
    query = "SELECT * FROM posts WHERE body LIKE '100%%' OR body LIKE '%豆腐' -- all that is sold\n;"
    assert database.ids(query=query) == "a"


def test_the_order_of_the_ids_is_that_of_their_type(database: Database) -> None:
    database.connection.execute(
        "CREATE TABLE n AS SELECT n AS id, now() AS updated_at FROM generate_series(1, 12) AS n"
    )
    database.connection.execute("UPDATE n SET updated_at = '2026-11-20 03:00:00+00'")
    assert database.ids(table="n", batch_size=5) == " ".join(str(n) for n in range(1, 13))


def test_nothing_can_be_written(database: Database) -> None:
    database.connection.execute(
        "CREATE FUNCTION spend() RETURNS SETOF posts LANGUAGE sql AS 'DELETE FROM posts RETURNING *'"
    )
    database.put("a", 5)
    with pytest.raises(SourceError, match="cannot execute DELETE in a read-only transaction"):
        database.read(query="SELECT * FROM spend()")
    assert database.ids() == "a"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"columns": {"id": "post_id"}},
            r"posts has no column 'post_id'; say in columns what it calls id. It has: id, ",
        ),
        ({"columns": {"updated_at": "created_at", "body": "text"}}, r"no column 'text'; .* calls body"),
        ({"columns": {"updated_at": "body"}}, r"body of posts is neither timestamp nor timestamptz"),
        ({"dsn": "postgresql+psycopg://u:geheim@h/d"}, r"dsn is no address such as postgresql://user"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(database: Database, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=rf"\[source\.<name>\.replica\]: .*{said}") as error:
        database.read(**changed)
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"table": "nowhere"}, 'relation "nowhere" does not exist'),
        ({"query": "SELEKT 1"}, "syntax error"),
        ({"dsn": "postgresql://u:geheim@127.0.0.1:1/d"}, r"the replica d at 127\.0\.0\.1: connection failed"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_why(database: Database, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError, match=said) as error:
        database.read(**changed)
    assert "geheim" not in str(error.value)


def test_a_source_reads_either_a_table_or_a_query() -> None:
    for table, query in (("", ""), ("t", "SELECT 1")):
        with pytest.raises(ValueError, match="either a table or a query"):
            ReplicaSettings(dsn="x", table=table, query=query)


# ---- into the tables --------------------------------------------------------------------------------

FLAGGED = "SELECT claim, other_flags, is_deleted FROM flagged_posts_daily WHERE day = %s"


@pytest.fixture
def warehouse(site: Site, database: Database) -> Site:
    site.settings = msgspec.structs.replace(site.settings, source={"douyin": database.source()})
    return site


def test_what_happens_to_a_row_reaches_the_flagged_table(warehouse: Site, database: Database) -> None:
    database.put("7", 5, "大蒜水能杀死病毒")
    work(warehouse)
    assert rows(warehouse, FLAGGED, world.DAY) == [("大蒜水", 0, False)]
    database.put("7", 65, "早上喝白酒就不会得病")
    work(warehouse)
    assert rows(warehouse, FLAGGED, world.DAY) == [("喝白酒", 2, False)]
    database.put("7", 66, "早上喝白酒就不会得病", deleted_at=DAY.start + timedelta(minutes=66))
    work(warehouse)
    assert rows(warehouse, FLAGGED, world.DAY) == [("喝白酒", 2, True)]


def test_what_the_overlap_repeats_is_stored_once(warehouse: Site, database: Database) -> None:
    database.put("7", 60 * 24 - 1, "大蒜水能杀死病毒")
    first = steps.collect(warehouse, "douyin", *warehouse.interval(world.DAY))
    again = steps.collect(warehouse, "douyin", *warehouse.interval(world.DAY + timedelta(days=1)))
    assert [(c["stored"], c["unchanged"]) for c in (first, again)] == [(1, 0), (0, 1)]


def test_a_row_that_cannot_be_read_is_quarantined_until_it_is_mended(warehouse: Site, database: Database) -> None:
    database.put("7", 5, "大蒜水能杀死病毒", created_at="infinity")
    assert steps.collect(warehouse, "douyin", *warehouse.interval(world.DAY))["quarantined"] == 1
    database.put("7", 6, "大蒜水能杀死病毒")
    assert steps.collect(warehouse, "douyin", *warehouse.interval(world.DAY))["posts"] == 1
    assert rows(warehouse, "SELECT count(*) FROM quarantine WHERE replayed_at IS NULL") == [(0,)]
