"""The schema, the queries by name, and what happens when the database is not there."""

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum

import msgspec
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Table, inspect

from pipeline import db
from pipeline.decisions import AuditAction, ClusterChange, DeliveryState, Reason, Review, ReviewAction, Role, SkipReason
from pipeline.errors import DatabaseError
from pipeline.local.postgres import Server
from pipeline.records import (
    Band,
    DecisionOutcome,
    DropReason,
    Expression,
    FlagStatus,
    FoundBy,
    Severity,
    Stance,
    Tier,
)
from pipeline.settings import Settings
from pipeline.tables import METADATA, VIEWS
from tests.conftest import DEBIAN_POSTGRES, needs, opened

QUERIES = [(path.stem, name) for path in sorted((db.SQL / "queries").glob("*.sql")) for name in db.queries(path.stem)]
ENUMS: list[tuple[type[StrEnum], str, str]] = [
    (Tier, "kol_tier", "tier"),
    (Tier, "flag", "tier"),
    (DropReason, "dropped_post", "reason"),
    (Severity, "guidance", "severity"),
    (Band, "assessment", "band"),
    (Expression, "assessment", "expression"),
    (FoundBy, "assessment", "found_by"),
    (Stance, "claim_stance", "stance"),
    (FlagStatus, "flag", "status"),
    (DecisionOutcome, "review_decision", "outcome"),
    (DecisionOutcome, "flag", "outcome"),
    (Reason, "review_decision", "reason"),
    (ReviewAction, "review_decision", "action"),
    (Review, "flag_lease", "purpose"),
    (SkipReason, "flag_skip", "reason"),
    (Role, "console_user", "role"),
    (AuditAction, "audit_entry", "action"),
    (DeliveryState, "webhook_delivery", "state"),
    (ClusterChange, "claim_cluster_change", "kind"),
]


@pytest.fixture(params=["embedded", "debian"])
def any_server(
    request: pytest.FixtureRequest, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """PostgreSQL 18 as embedded, and 15 as Debian has it."""
    if request.param == "embedded":
        yield request.getfixturevalue("server")
        return
    needs(DEBIAN_POSTGRES.is_dir(), "Debian's postgresql-15")
    home = tmp_path_factory.mktemp("debian")
    server = Server(msgspec.structs.replace(settings, home=home, pg_bin=str(DEBIAN_POSTGRES)))
    server.start()
    yield server
    server.stop()


def test_migrations_and_metadata_agree_on_every_server(any_server: Server) -> None:
    any_server.ensure_database("migrated")
    with opened(any_server.url("migrated")) as engine:
        assert db.migrate(engine) == db.migrate(engine) == "0011"
        with engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), METADATA)
            assert [d for d in found if "comment" not in str(d)[:40]] == []


def test_views_are_made_anew_only_when_they_have_changed(engine: Engine) -> None:
    seen = "SELECT 'flagged_posts_daily'::regclass::oid, obj_description('alembic_version'::regclass)"
    with db.transaction(engine) as connection:
        before = connection.execute(seen).fetchone()
    db.migrate(engine)
    with db.transaction(engine) as connection:
        assert connection.execute(seen).fetchone() == before
        connection.execute(FORGET_NOTE)
    db.migrate(engine)
    with db.transaction(engine) as connection:
        after = connection.execute(seen).fetchone()
    assert before is not None
    assert after is not None
    assert (after[0] != before[0], after[1]) == (True, before[1])


@pytest.mark.parametrize("view", VIEWS.tables.values(), ids=str)
def test_a_view_has_the_columns_that_python_knows(engine: Engine, view: Table) -> None:
    found = [
        (column["name"], column["type"].compile(engine.dialect)) for column in inspect(engine).get_columns(view.name)
    ]
    assert [(column.name, column.type.compile(engine.dialect)) for column in view.columns] == found


FORGET_NOTE = "COMMENT ON TABLE alembic_version IS 'of another version'"


def test_a_view_of_somebody_else_stops_the_migration_and_is_named(engine: Engine) -> None:
    with db.transaction(engine) as connection:
        connection.execute("CREATE VIEW theirs AS SELECT claim FROM flagged_posts_daily")
        connection.execute(FORGET_NOTE)
    with pytest.raises(DatabaseError, match=r"view theirs depends on view flagged_posts_daily\. Drop those, run"):
        db.migrate(engine)
    with db.transaction(engine) as connection:
        assert connection.execute("SELECT count(*) FROM theirs").fetchone() == (0,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("ALTER TABLE judge DROP COLUMN untrained CASCADE", "column judge.untrained does not exist"),
        ("DROP TABLE day_close CASCADE", 'relation "day_close" does not exist'),
        ("DELETE FROM alembic_version", 'relation "source_state" already exists'),
        ("UPDATE alembic_version SET version_num = '0999'", "Can't locate revision identified by '0999'"),
    ],
)
def test_tables_of_another_version_are_told_and_not_touched(engine: Engine, change: str, reason: str) -> None:
    with db.transaction(engine) as connection:
        connection.execute(change.encode())
        connection.execute(FORGET_NOTE)
    with pytest.raises(DatabaseError, match=rf"{re.escape(reason)}.*delete the folder \.kolwatch"):
        db.migrate(engine)
    with db.transaction(engine) as connection:
        assert connection.execute("SELECT count(*) FROM guidance_current").fetchone() == (3,)


def test_a_column_that_is_missing_would_be_seen(engine: Engine) -> None:
    with engine.begin() as other:
        other.exec_driver_sql("ALTER TABLE day_close DROP COLUMN daily_budget CASCADE")
        assert "daily_budget" in str(compare_metadata(MigrationContext.configure(other), METADATA))


def test_there_are_queries_to_check() -> None:
    assert {"collect", "judge", "flags", "report", "guidance", "retention"} <= {file for file, _ in QUERIES}
    assert len(QUERIES) > 30


@pytest.mark.parametrize(("file", "name"), QUERIES)
def test_postgres_takes_every_query(connection: db.Connection, file: str, name: str) -> None:
    for staging in ("collect.create_staging", "collect.find_raw", "judge.create_staging", "judge.create_words_staging"):
        db.run(connection, staging)
    if db.queries(file)[name].startswith("CREATE"):
        return  # it just ran
    numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers) + 1)
    text = re.sub(r"%\((\w+)\)s", lambda match: f"${numbers[match[1]]}", db.queries(file)[name])
    connection.execute(f"PREPARE q AS {text}")


@pytest.mark.parametrize(("words", "table", "column"), ENUMS)
def test_python_and_sql_use_the_same_words(
    connection: db.Connection, words: type[StrEnum], table: str, column: str
) -> None:
    row = connection.execute(
        "SELECT string_agg(pg_get_constraintdef(oid), ' ') FROM pg_constraint WHERE conrelid = %s::regclass"
        " AND contype = 'c' AND pg_get_constraintdef(oid) LIKE %s",
        [table, f"%({column} = ANY%"],
    ).fetchone()
    assert row is not None
    assert re.findall(r"'([\w]+)'::text", row[0]) == list(words)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with (
        opened("postgresql+psycopg://somebody:secret-word@127.0.0.1:9/nothing") as engine,
        pytest.raises(DatabaseError, match=r"127\.0\.0\.1:9/nothing.*kolwatch doctor") as caught,
        db.transaction(engine),
    ):
        pass
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("address", ["secret", "postgresql+psycopg://h:secret/db"])
def test_an_address_that_is_none_is_refused_without_being_shown(address: str) -> None:
    with pytest.raises(DatabaseError, match="postgresql\\+psycopg://user") as caught:
        db.open_engine(address)
    assert "secret" not in str(caught.value)


def test_a_password_in_the_query_of_an_address_is_not_shown() -> None:
    with (
        opened("postgresql+psycopg://127.0.0.1:9/nothing?password=secret-word") as engine,
        pytest.raises(DatabaseError, match="cannot be used") as caught,
        db.transaction(engine),
    ):
        pass
    assert "secret-word" not in str(caught.value)


def test_a_server_that_refuses_is_not_said_to_be_down(engine: Engine) -> None:
    def lock_twice() -> None:
        with db.transaction(engine) as one, db.transaction(engine) as other:
            one.execute("LOCK TABLE post")
            other.execute("LOCK TABLE post NOWAIT")

    with pytest.raises(DatabaseError, match=r"refused: .*\(55P03\); nothing of this step was written"):
        lock_twice()


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(DatabaseError, match="PostgreSQL 15 or later"):
        db.open_engine("sqlite:///somewhere.db")


def test_an_empty_database_says_to_migrate(server: Server) -> None:
    server.ensure_database("empty")
    with (
        opened(server.url("empty")) as engine,
        pytest.raises(DatabaseError, match="kolwatch migrate"),
        db.transaction(engine) as connection,
    ):
        db.run(connection, "report.source_states")


def test_a_column_of_a_later_version_says_to_migrate(engine: Engine) -> None:
    with pytest.raises(DatabaseError, match=r"later.* does not exist.*kolwatch migrate"), db.transaction(engine) as one:
        one.execute("SELECT later FROM post")


@pytest.mark.parametrize("statement", ["SELECT 1 FROM post", "CREATE TABLE one (n int)", "DROP VIEW post_day"])
def test_a_user_without_the_right_is_told_whose_to_use(engine: Engine, statement: str) -> None:
    as_another = f"SET LOCAL ROLE pg_monitor; {statement}".encode()
    wanted = r"(denied|owner).*name the owner of the tables"
    with pytest.raises(DatabaseError, match=wanted), db.transaction(engine) as connection:
        connection.execute(as_another)


def test_an_error_rolls_everything_back(engine: Engine) -> None:
    def fail_halfway() -> None:
        with db.transaction(engine) as connection:
            db.run(connection, "collect.note_failure", source="one", error="none")
            connection.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        fail_halfway()
    with db.transaction(engine) as connection:
        assert db.run(connection, "report.source_states").fetchall() == []
