"""The database: engine, transactions, migrations, and the queries of sql/queries by name."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg.rows import DictRow, TupleRow, dict_row
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from pipeline.errors import DatabaseError

SQL = Path(__file__).parents[1] / "sql"
OLDEST_SERVER = 15
_GONE = ("08", "28", "3D", "57P")
"""Classes of SQLSTATE that say the server, the database or the access to it is not there."""
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)

_ADVICE: Mapping[tuple[type[Exception], ...], str] = {
    (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn): (
        "lacks what this version needs ({reason}); run `kolwatch migrate`"
    ),
    (psycopg.errors.InsufficientPrivilege,): (
        "does not let this user do that ({reason}); name the owner of the tables in KOLWATCH_DATABASE_URL, "
        "or have the right granted"
    ),
}
"""What to do about statements that the server cannot or will not run."""
_UNFIT = (
    "{where} was made by another version that this one cannot go on from ({reason}). Where that version is newer, "
    "update kolwatch; otherwise delete the folder .kolwatch (KOLWATCH_HOME), or name an empty database in "
    "KOLWATCH_DATABASE_URL, and collect the days again"
)

Connection = psycopg.Connection[TupleRow]


def open_engine(url: str) -> Engine:
    """An engine whose sessions speak UTC; nothing is connected yet. Raises DatabaseError for a bad address."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        wanted = "postgresql+psycopg://user:password@host:port/database"
        raise DatabaseError(f"KOLWATCH_DATABASE_URL is no database address; write {wanted}") from None
    if parsed.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise DatabaseError(
            f"KOLWATCH_DATABASE_URL names {parsed.drivername!r}; kolwatch needs PostgreSQL {OLDEST_SERVER} or later: "
            "postgresql+psycopg://user:password@host/database"
        )
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "options": "-c timezone=UTC"},
    )


@contextmanager
def connected(engine: Engine) -> Iterator[SqlConnection]:
    """A connection with a transaction, committed at the end, rolled back on any error.

    Raises DatabaseError when the server cannot be reached, goes away, refuses, or has not the tables of this version.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except (OperationalError, psycopg.OperationalError) as error:
        raise DatabaseError(_unusable(engine, error)) from error
    except (ProgrammingError, psycopg.ProgrammingError) as error:
        cause = getattr(error, "orig", error)
        advice = next((text for kinds, text in _ADVICE.items() if isinstance(cause, kinds)), None)
        if advice is None:
            raise
        raise DatabaseError(f"{_where(engine)} {advice.format(reason=_first_line(cause))}") from error


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """As `connected`, but the psycopg connection beneath, for named queries and COPY."""
    with connected(engine) as connection:
        yield cast(Connection, connection.connection.driver_connection)


def _where(engine: Engine) -> str:
    # Not the query of the address: it may hold a password too.
    return f"the database {engine.url.set(query={}).render_as_string(hide_password=True)}"


def _unusable(engine: Engine, error: Exception) -> str:
    cause = getattr(error, "orig", error)
    reason = _first_line(cause)
    state = getattr(cause, "sqlstate", None) or ""
    if state and not state.startswith(_GONE):
        return f"{_where(engine)} refused: {reason} ({state}); nothing of this step was written, run it again"
    return (
        f"{_where(engine)} cannot be used: {reason}; "
        "check that it runs (`kolwatch doctor`) and that KOLWATCH_DATABASE_URL is right"
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# ---- queries ------------------------------------------------------------------------------------------


@cache
def queries(file: str) -> Mapping[str, str]:
    """The queries of sql/queries/<file>.sql by name."""
    text = (SQL / "queries" / f"{file}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))


def _text(query: str) -> str:
    file, name = query.split(".")
    return queries(file)[name]


def run(connection: Connection, query: str, **values: object) -> psycopg.Cursor[DictRow]:
    """Run the query `file.name` with its values."""
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(_text(query), values or None)


def stream(connection: Connection, query: str, **values: object) -> Iterator[DictRow]:
    """The rows of the query `file.name`, fetched a part at a time; they must be read within the transaction."""
    with connection.cursor(name=query, row_factory=dict_row) as cursor:
        yield from cursor.execute(_text(query), values or None)


def run_many(connection: Connection, query: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Run the query `file.name` once a row, in one round trip."""
    with connection.cursor() as cursor:
        cursor.executemany(_text(query), [dict(row) for row in rows])


def one(connection: Connection, query: str, **values: object) -> Any:
    """The first column of the first row."""
    row = run(connection, query, **values).fetchone()
    return None if row is None else next(iter(row.values()))


def copy_rows(connection: Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Write rows, whose values stand in the order of the table's columns, by binary COPY."""
    quoted = psycopg.sql.Identifier(table)
    with connection.cursor() as cursor:
        cursor.execute(psycopg.sql.SQL("SELECT * FROM {} LIMIT 0").format(quoted))
        types = [column.type_code for column in cursor.description or ()]
        with cursor.copy(psycopg.sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(quoted)) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)


# ---- migrations ---------------------------------------------------------------------------------------


def migrate(engine: Engine) -> str:
    """Bring the schema to the newest version, and the views if they have changed; returns the version. Safe to repeat.

    What is in place is noted in the comment of Alembic's table. Raises DatabaseError, with nothing changed, where a
    view of somebody else reads ours, or the tables are another version's.
    """
    config = Config()
    config.set_main_option("script_location", str(SQL / "migrations"))
    views, versions = _texts("views"), _texts("migrations/versions")
    head = str(ScriptDirectory.from_config(config).get_current_head())
    wanted = f"{head} with {sha256(repr((views, versions)).encode()).hexdigest()[:16]}"
    with connected(engine) as pooled:
        connection = cast(Connection, pooled.connection.driver_connection)
        _check_server(connection)
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('kolwatch.migrate'))")
        connection.execute("SET LOCAL lock_timeout = '30s'")
        if _comment(connection) == wanted:
            return head
        _drop_views(connection, views)
        config.attributes["connection"] = pooled
        try:
            command.upgrade(config, "head")
            for view in views.values():
                connection.execute(view)
        except (CommandError, ProgrammingError, psycopg.ProgrammingError) as error:
            cause = getattr(error, "orig", error)
            if isinstance(cause, psycopg.errors.InsufficientPrivilege):
                raise
            raise DatabaseError(_UNFIT.format(where=_where(engine), reason=_first_line(cause))) from error
        note = psycopg.sql.SQL("COMMENT ON TABLE alembic_version IS {}").format(wanted)
        connection.execute(note)
    return head


def _texts(folder: str) -> dict[str, str]:
    """The SQL files of a folder in the order of their numbers, by name."""
    return {
        path.stem.split("_", 1)[1]: path.read_text(encoding="utf-8") for path in sorted((SQL / folder).glob("*.sql"))
    }


def _drop_views(connection: Connection, views: Iterable[str]) -> None:
    names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, views))
    try:
        connection.execute(psycopg.sql.SQL("DROP VIEW IF EXISTS {}").format(names))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise DatabaseError(
            f"the views of this version cannot be put in place, because others read the old ones: "
            f"{error.diag.message_detail}. Drop those, run `kolwatch migrate`, and make them again"
        ) from error


def _comment(connection: Connection) -> str:
    row = connection.execute("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')").fetchone()
    return str(row[0]) if row else ""


def _check_server(connection: Connection) -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise DatabaseError(f"the server is PostgreSQL {version}; kolwatch needs {OLDEST_SERVER} or later")
