"""Cut a table of an SQLite database into rows.

What is read is a copy that SQLite makes of a moment: the crawler that writes the database is held up for no longer, and
no row is half of one moment and half of another.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.records import Fragment
from pipeline.sources.containers import tables
from pipeline.sources.containers.spool import MAX_SPOOLED, too_large
from pipeline.sources.containers.tables import Header, fragment

_LOG_VERSION = 2
"""What stands in two bytes of the header of a database with a write-ahead log."""
_PATIENCE = 5.0
"""Seconds for a writer to let go of the database."""
_TABLES = """
SELECT name FROM sqlite_master
 WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND rootpage > 0
"""
"""No views and no virtual tables: those would be worked out, by what the file says."""


def rows(path: Path, wanted: str, origin: str, *, is_ours: bool = False) -> Iterator[Fragment]:
    """Yield the rows of the table `wanted`, or of the only one; `line` is the position in the table.

    A file that is not ours may be written meanwhile. Raises SourceError if the file is no sound database, or if it has
    several tables and none is named.
    """
    try:
        with (
            nullcontext(path) if is_ours else _copied(path, origin) as copy,
            closing(_connect(copy, "mode=ro&immutable=1")) as connection,
        ):
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, tables.MAX_ROW)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.text_factory = _text
            names = [name for (name,) in connection.execute(_TABLES)]
            name = tables.chosen(names, wanted, "table", origin)
            found = connection.execute('SELECT * FROM "{}"'.format(name.replace('"', '""')))  # noqa: S608 - quoted
            header = Header([column for column, *_ in found.description], origin)
            for number, row in enumerate(found, 1):
                yield fragment(header.row([tables.plain(cell) for cell in row]), origin, number)
    except sqlite3.Error as error:
        raise SourceError(f"{origin}: {_what_to_do(error)}") from error


@contextmanager
def _copied(path: Path, origin: str) -> Iterator[Path]:
    if path.stat().st_size > MAX_SPOOLED:
        raise too_large(origin)
    with tempfile.TemporaryDirectory(prefix="kolwatch-") as folder:
        copy = Path(folder) / "document"
        with closing(_readable(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        yield copy


def _readable(path: Path) -> sqlite3.Connection:
    """The database as its writer left it, with what is still in the log beside it, and held so.

    One that keeps a log, but has none beside it, is in nobody's use. It is opened as unchangeable, because SQLite would
    make the log anew, if the folder may be written to, and refuse to read, if it may not.
    """
    with path.open("rb") as file:
        keeps_a_log = _LOG_VERSION in file.read(20)[18:]
    if keeps_a_log and not path.with_name(path.name + "-wal").exists():
        return _connect(path, "mode=ro&immutable=1")
    connection = _connect(path, "mode=ro")
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", timeout=_PATIENCE, uri=True)


def _what_to_do(error: sqlite3.Error) -> str:
    code: int = getattr(error, "sqlite_errorcode", 0)  # errors of the module itself have none
    if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "its writer keeps the database locked; run this again"
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return "its writer stopped in the middle of a change; open the database once with the writer or sqlite3"
    return f"is no sound SQLite database ({error}); deliver the file again"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
