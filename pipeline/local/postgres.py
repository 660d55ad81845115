"""The embedded PostgreSQL: started when the first of us needs it, shared, stopped when the last of us is gone.

Everything that changes is done under one lock (pg.lock), so any number of starters get one server. Each user holds
pg.users, a lock that the system releases if he is killed; a small guard process (guard.py) then stops the server.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import psycopg
from psycopg import sql

from pipeline.errors import DatabaseError
from pipeline.local import binaries, processes, state
from pipeline.local.processes import Identity
from pipeline.settings import Settings, inherited

USER = "kolwatch"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket outlives kill -9 with a lock of its own; its path may be too long
    "max_connections": "150",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
START_LIMIT = 60
LOG_LIMIT = 10_000_000


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[Settings]:
    """Settings whose database_url works: the one of the environment, else the embedded server's while this lasts."""
    if settings.database_url:
        yield settings
        return
    server = Server(settings)
    server.start()
    try:
        server.ensure_database("kolwatch")
        yield msgspec.structs.replace(settings, database_url=server.url("kolwatch"))
    finally:
        server.stop()


class Server:
    """The embedded server of one home (.kolwatch)."""

    def __init__(self, settings: Settings) -> None:
        self.home = settings.home.absolute()
        state.make_home(self.home)
        self._chosen_bin = settings.pg_bin
        self._chosen_port = settings.pg_port
        self._binaries = binaries.find(settings.pg_bin)
        self._users: int | None = None

    @property
    def data(self) -> Path:
        """The data folder; under home it may be a link to where the server's user can reach it."""
        return (self.home / "pg").resolve()

    def start(self) -> None:
        """Start the server, or join it if it runs; it stays at least until we stop it or die.

        Raises DatabaseError when it does not start or the data was made by another major version.
        """
        with self._lock():
            self._join()
            try:
                self._prepare()
                if not self.is_running():
                    self._clear_remains()
                    self._launch()
                self._post_guard()
            except BaseException:
                self._leave()
                raise

    def stop(self) -> None:
        """Leave the server; the last one to leave stops it."""
        with self._lock():
            if self._leave():
                self._shut_down()

    def stop_if_unused(self) -> bool:
        """Stop the server if nobody uses it; the guard's work. True when there is nothing left to guard."""
        with self._lock():
            self._join()
            unused = self._leave()
            if unused and self._postmaster():
                self._shut_down()
            return unused

    def is_running(self) -> bool:
        """Whether it takes connections."""
        lines = self._pid_file()
        return self._postmaster() is not None and len(lines) > 7 and lines[7].strip() == "ready"

    def url(self, database: str) -> str:
        """The address of one database, for SQLAlchemy with psycopg."""
        return f"postgresql+psycopg://{USER}:{quote(self._password(), safe='')}@127.0.0.1:{self.port}/{quote(database)}"

    def ensure_database(self, name: str) -> None:
        """Create a database unless it exists."""
        with contextlib.closing(self._connect()) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    @property
    def port(self) -> int:
        """The port of the running server, else the one it had last."""
        lines = self._pid_file()
        if len(lines) > 3 and lines[3].strip().isdigit():
            return int(lines[3])
        return self._chosen_port or state.recall(self.home / "pg.port", int) or 0

    # ---- users of the server ------------------------------------------------------------------------------

    def _lock(self) -> contextlib.AbstractContextManager[None]:
        return state.locked(self.home / "pg.lock")

    def _join(self) -> None:
        if self._users is None:
            self._users = state.open_lock(self.home / "pg.users")
            state.try_lock(self._users, shared=True)

    def _leave(self) -> bool:
        """Stop being a user; True if that leaves none."""
        if self._users is None:
            return False
        alone = state.try_lock(self._users)
        os.close(self._users)
        self._users = None
        return alone

    def _post_guard(self) -> None:
        """Have a process that stops the server should all its users be killed."""
        note = self.home / "pg.guard"
        guard = state.recall(note, Identity)
        if guard is None or not processes.is_alive(guard):
            command = [sys.executable, "-P", "-m", "pipeline.local.guard", "postgres", str(self.home), self._chosen_bin]
            nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
            pid = os.posix_spawn(sys.executable, command, inherited(), file_actions=nothing, setsid=True)
            state.remember(note, processes.identify(pid))

    def _dismiss_guard(self) -> None:
        guard = state.recall(self.home / "pg.guard", Identity)
        if guard and guard.pid != os.getpid() and processes.is_alive(guard):
            processes.end([guard], grace=5)
        (self.home / "pg.guard").unlink(missing_ok=True)

    # ---- the data folder ----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the data folder on first use; refuse one made by another major version."""
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._initialise()
        found = version.read_text(encoding="ascii").strip()
        if found != str(self._binaries.major):
            raise DatabaseError(
                f"{self.data} was made by PostgreSQL {found}, but {self._binaries.folder} is PostgreSQL "
                f"{self._binaries.major}; set KOLWATCH_PG_BIN to the programs of {found}, or move the folder away to "
                "start with an empty database"
            )

    def _initialise(self) -> None:
        place = binaries.reachable_home(self.home, self._binaries.account)
        link, data, new = self.home / "pg", place / "pg", place / "pg.new"
        if link.exists() and any(link.iterdir()):
            raise DatabaseError(f"{link} holds files but no database; move it away and start again")
        for remains in (new, data):  # half-made, or left by a home of this name that was deleted
            processes.send(processes.works_in(remains), signal.SIGKILL)
            shutil.rmtree(remains, ignore_errors=True)
        link.unlink(missing_ok=True)
        new.mkdir(mode=0o700)
        password_file = place / "pg.pwfile"
        state.write(password_file, self._password().encode())
        if self._binaries.account:
            self._binaries.account.own(new, password_file)
        try:
            self._initdb(new, password_file)
        finally:
            password_file.unlink()
        new.rename(data)
        if place != self.home:
            link.symlink_to(data)

    def _initdb(self, folder: Path, password_file: Path) -> None:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self._binaries.major >= 17 else []
        output = self.home / "pg.initdb.log"
        arguments = [f"--pgdata={folder}", f"--username={USER}", f"--pwfile={password_file}", "--encoding=UTF8"]
        arguments += ["--auth=scram-sha-256", "--data-checksums", "--locale=C", *locale]
        if self._binaries.run("initdb", *arguments, output=output):
            raise DatabaseError(f"initdb failed in {folder}; see {output}: {tail(output)}")

    def _password(self) -> str:
        return state.secret(self.home / "pg.password")

    # ---- the process --------------------------------------------------------------------------------------

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def _postmaster(self) -> int | None:
        """The number of the living server of this data folder.

        After kill -9 the file stays, and its number may be a zombie's or by now someone else's.
        """
        lines = self._pid_file()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        if not pid or processes.identify(pid) is None:
            return None
        return pid if not processes.PROC.exists() or processes.working_folder(pid) == self.data else None

    def _clear_remains(self) -> None:
        """After kill -9: wait for the dead server's children, then remove its pid file, which may stop a new one."""
        if self._postmaster():  # starting or stopping at this moment
            self._wait(lambda: self.is_running() or not self._postmaster(), START_LIMIT)
        if self._postmaster():
            return
        self._wait(lambda: not processes.works_in(self.data), 5)
        processes.send(processes.works_in(self.data), signal.SIGKILL)
        if not self._wait(lambda: not processes.works_in(self.data), 10):
            left = ", ".join(map(str, processes.works_in(self.data)))
            raise DatabaseError(f"processes of a dead server still hold {self.data}: {left}; end them and start again")
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self) -> None:
        log = self.data / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.unlink()
        if self.is_running():
            return
        for attempt in range(3):
            port = self._chosen_port or state.port(self.home / "pg.port")
            if self._start_on(port):
                return
            if self._chosen_port or state.is_free(port) or attempt == 2:
                break  # not a port that someone took in between
        raise DatabaseError(f"the embedded PostgreSQL does not start on port {port}; see {log}: {tail(log)}")

    def _start_on(self, port: int) -> bool:
        settings = " ".join(f"-c {name}='{value}'" for name, value in (OPTIONS | {"port": str(port)}).items())
        arguments = [f"--pgdata={self.data}", f"--log={self.data / 'server.log'}", f"--options={settings}"]
        output = self.home / "pg.start.log"
        output.unlink(missing_ok=True)
        return not self._binaries.run(
            "pg_ctl", "start", "--wait", f"--timeout={START_LIMIT}", *arguments, output=output
        )

    def _shut_down(self) -> None:
        output = self.home / "pg.stop.log"
        output.unlink(missing_ok=True)
        arguments = [f"--pgdata={self.data}", "--mode=fast", "--wait", "--timeout=60"]
        if self._postmaster() and self._binaries.run("pg_ctl", "stop", *arguments, output=output):
            raise DatabaseError(f"the embedded PostgreSQL does not stop; see {output}: {tail(output)}")
        self._dismiss_guard()

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        try:
            return psycopg.connect(
                host="127.0.0.1",
                port=self.port,
                user=USER,
                password=self._password(),
                dbname="postgres",
                autocommit=True,
                connect_timeout=10,
            )
        except psycopg.OperationalError as error:
            raise DatabaseError(f"the embedded PostgreSQL of {self.home} does not answer: {error}") from error

    @staticmethod
    def _wait(condition: Callable[[], bool], limit: float) -> bool:
        deadline = time.monotonic() + limit
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def tail(path: Path, lines: int = 5) -> str:
    """The end of a log, for an error message."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"({error.strerror})"
    return " | ".join(line.strip() for line in text.splitlines()[-lines:]) or "(empty)"
