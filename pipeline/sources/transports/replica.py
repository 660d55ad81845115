"""The transport `replica`: the rows of a table of another PostgreSQL, in the order of their last change.

Each batch is a read-only transaction of its own, because a long one on a replica is cancelled or holds up the primary.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import class_row

from pipeline.errors import ConfigError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources.document import Cursor, Document, Window
from pipeline.sources.values import SHANGHAI
from pipeline.stream_settings import ReplicaSettings

CONNECT_SECONDS = 10
_WITHOUT_ZONE = psycopg.adapters.types["timestamp"].oid
_WITH_ZONE = psycopg.adapters.types["timestamptz"].oid
_SHOWN_OF_ID = 100
_CURSOR = "updated_at"

# The bounds are those of the column itself, so that an index over time and id is used. The record's own bytes are
# asked for, because a database may hold what no text of ours can.
_ROWS = sql.SQL("""
SELECT convert_to(row_to_json(record)::text, 'UTF8') AS body, found.{time} AS updated_at, found.{id} AS id
  FROM ({query}
       ) AS found, LATERAL (SELECT {members}) AS record
 WHERE found.{time} >= %(start)s AND found.{time} < %(end)s AND {after}
 ORDER BY found.{time}, found.{id}
 LIMIT %(batch_size)s""")
_AFTER = sql.SQL("(found.{time}, found.{id}) > (%(last_time)s, %(last_id)s)")
_NO_ROWS = sql.SQL("SELECT * FROM ({query}\n) AS found LIMIT 0")


def documents(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
    """Yield the rows changed before the window's end, in batches, each with the time of change of its last row.

    Reading begins at the cursor or the window's start, whichever is earlier, less the overlap. Raises SourceError.
    """
    if source.replica is None:
        raise ConfigError('transport = "replica" needs the source\'s table replica')
    zone = ZoneInfo(source.zone) if source.zone else SHANGHAI
    with _connected(source.replica) as connection:
        yield from _Table(source.replica, zone, connection).documents(window)


@contextmanager
def _connected(settings: ReplicaSettings) -> Iterator[psycopg.Connection]:
    try:
        where = conninfo_to_dict(settings.dsn)
    except psycopg.Error:  # what it says may hold the password
        wanted = "postgresql://user:password@host/database"
        raise ConfigError(f"[source.<name>.replica]: dsn is no address such as {wanted}") from None
    try:
        with psycopg.connect(
            settings.dsn,
            connect_timeout=CONNECT_SECONDS,
            application_name="kolwatch",
            client_encoding="utf8",
            prepare_threshold=None,  # a pooler in between may not know them
        ) as connection:
            connection.read_only = True
            yield connection
    except psycopg.Error as error:
        named = f"the replica {where.get('dbname', '')} at {where.get('host', 'this machine')}"
        reason = str(error).strip().split("\n", 1)[0] or type(error).__name__
        raise SourceError(f"{named}: {reason}; see that it can be reached and read, then run again") from error


@dataclass(frozen=True, slots=True)
class _Row:
    body: bytes
    updated_at: datetime
    id: Any


class _Table:
    """One run over a table or query."""

    def __init__(self, settings: ReplicaSettings, zone: tzinfo, connection: psycopg.Connection) -> None:
        self.settings, self.zone, self.connection = settings, zone, connection
        self.name = settings.table or "query"
        types = self._types()
        self.has_zone = types[self._column("updated_at")] == _WITH_ZONE
        parts = {
            "query": self._query(),
            "members": sql.SQL(", ").join(self._members(types)),
            "time": sql.Identifier(self._column("updated_at")),
            "id": sql.Identifier(self._column("id")),
        }
        self.first = _ROWS.format(**parts, after=sql.SQL("true"))
        self.following = _ROWS.format(**parts, after=_AFTER.format(time=parts["time"], id=parts["id"]))

    def documents(self, window: Window) -> Iterator[Document]:
        known = datetime.fromisoformat(window.cursor[_CURSOR]) if _CURSOR in window.cursor else None
        reached = known or window.start
        start = min(reached, window.start) - timedelta(minutes=self.settings.overlap_minutes)
        bounds = {"start": self._as_column(start), "end": self._as_column(window.end)}
        rows = self._batch(self.first, bounds)
        while rows:
            last = rows[-1]
            reached = max(reached, self._moment(last.updated_at))
            yield self._document(rows, reached, known)
            known = reached
            rows = self._batch(self.following, {**bounds, "last_time": last.updated_at, "last_id": last.id})
        if known is None:  # so that rows that the replica does not have yet are not left behind
            yield self._document([], reached, known)

    def _document(self, rows: list[_Row], reached: datetime, known: datetime | None) -> Document:
        cursor: Cursor = {_CURSOR: reached.isoformat()}
        fragments = [
            Fragment(
                body=r.body, origin=f"{self.name}/{str(r.id)[:_SHOWN_OF_ID]}@{self._moment(r.updated_at).isoformat()}"
            )
            for r in rows
        ]
        return Document(origin=self.name, fragments=fragments, cursor=None if reached == known else cursor)

    def _batch(self, query: sql.Composed, values: Mapping[str, Any]) -> list[_Row]:
        with self.connection.transaction(), self.connection.cursor(row_factory=class_row(_Row)) as cursor:
            return cursor.execute(query, {**values, "batch_size": self.settings.batch_size}).fetchall()

    # ---- columns ------------------------------------------------------------------------------------

    def _query(self) -> sql.Composable:
        if self.settings.table:
            return sql.SQL("SELECT * FROM {}").format(sql.Identifier(*self.settings.table.split(".")))
        return sql.SQL(self.settings.query.strip().rstrip(";").replace("%", "%%"))

    def _column(self, name: str) -> str:
        """What the table calls a column."""
        return self.settings.columns.get(name, name)

    def _types(self) -> Mapping[str, int]:
        """The columns and their types. Raises ConfigError where one that is needed is not there."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute(_NO_ROWS.format(query=self._query()), {})
            types = {column.name: column.type_code for column in cursor.description or ()}
        for name in dict.fromkeys(("id", "updated_at", *self.settings.columns)):
            if self._column(name) not in types:
                raise ConfigError(
                    f"[source.<name>.replica]: {self.name} has no column {self._column(name)!r}; say in columns what "
                    f"it calls {name}. It has: {', '.join(types)}"
                )
        if types[self._column("updated_at")] not in (_WITH_ZONE, _WITHOUT_ZONE):
            raise ConfigError(
                f"[source.<name>.replica]: {self._column('updated_at')} of {self.name} is neither timestamp nor "
                "timestamptz; name a column that is, or give a query that makes one of it"
            )
        return types

    def _members(self, types: Mapping[str, int]) -> Iterator[sql.Composable]:
        """Every column under the name that the format knows it by; times without a zone are given theirs."""
        renamed = self.settings.columns
        kept = {name: name for name in types if name not in renamed and name not in renamed.values()}
        for name, column in {**renamed, **kept}.items():
            value = sql.SQL("found.{}").format(sql.Identifier(column))
            if types[column] == _WITHOUT_ZONE:
                value = sql.SQL("{} AT TIME ZONE {}").format(value, sql.Literal(str(self.zone)))
            yield sql.SQL("{} AS {}").format(value, sql.Identifier(name))

    def _as_column(self, moment: datetime) -> datetime:
        return moment if self.has_zone else moment.astimezone(self.zone).replace(tzinfo=None)

    def _moment(self, value: datetime) -> datetime:
        return value if self.has_zone else value.replace(tzinfo=self.zone)
