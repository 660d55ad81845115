"""The embedded server: one for everybody, back after kill -9, gone with its last user."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from pipeline.errors import ConfigError, DatabaseError
from pipeline.local import binaries, postgres, processes, state
from pipeline.local.postgres import Server, serving
from pipeline.local.processes import Identity
from pipeline.settings import PROJECT, Settings

USE = """
import sys, time
from pathlib import Path
from pipeline.local.postgres import Server
from pipeline.settings import PROJECT, Settings
server = Server(Settings(home=Path(sys.argv[1])))
server.start()
server.ensure_database("kolwatch")
print(server.url("kolwatch"), flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    server = Server(settings)
    server.start()
    yield server
    server.stop()


def query(server: Server, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
    address = server.url(database).replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def postmaster(server: Server) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def eventually(condition: Callable[[], bool], limit: float = 15) -> bool:
    deadline = time.monotonic() + limit
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def user_process(home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", USE, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def finish(*users: "subprocess.Popen[str]") -> list[int]:
    for user in users:
        user.communicate(timeout=30)
    return [user.returncode for user in users]


def test_starts_serves_and_leaves_no_process(fresh: Settings) -> None:
    server = Server(fresh)
    server.start()
    server.ensure_database("kolwatch")
    server.ensure_database("kolwatch")
    guard = state.recall(fresh.home / "pg.guard", Identity)
    [(version, listening, sockets)] = query(
        server,
        "SELECT current_setting('server_version_num')::int / 10000, current_setting('listen_addresses'),"
        " current_setting('unix_socket_directories')",
        "kolwatch",
    )
    server.stop()
    assert (version, listening, sockets) == (18, "127.0.0.1", "")
    assert not server.is_running()
    assert processes.works_in(server.data) == []
    assert guard is not None
    assert not processes.is_alive(guard)


def test_keeps_port_and_rows_over_a_restart(settings: Settings) -> None:
    server = Server(settings)
    server.start()
    query(server, "CREATE TABLE kept AS SELECT 7 AS n")
    first = server.url("postgres")
    server.stop()
    server.start()
    assert server.url("postgres") == first
    assert query(server, "SELECT n FROM kept") == [(7,)]
    server.stop()


def test_asks_for_the_password_and_keeps_it_private(server: Server) -> None:
    assert stat.S_IMODE((server.home / "pg.password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=server.port, user="kolwatch", password="wrong", dbname="postgres")


def test_recovers_from_kill_9_of_the_server(server: Server) -> None:
    query(server, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(postmaster(server), signal.SIGKILL)
    assert eventually(lambda: not server.is_running())
    assert (server.data / "postmaster.pid").exists()
    server.start()
    assert query(server, "SELECT n FROM kept") == [(7,)]


def test_a_pid_file_with_somebody_elses_number_does_not_stop_the_start(settings: Settings) -> None:
    server = Server(settings)
    server.start()
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    server.stop()
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    if os.geteuid() == 0:
        shutil.chown(server.data / "postmaster.pid", "postgres")
    assert not server.is_running()
    server.start()
    assert query(server, "SELECT 1") == [(1,)]
    server.stop()


def test_four_racing_starters_share_one_server(fresh: Settings) -> None:
    users = [user_process(fresh.home) for _ in range(4)]
    addresses = {user.stdout.readline().strip() for user in users if user.stdout}
    servers = processes.works_in((fresh.home / "pg").resolve())
    parents = [pid for pid in servers if f"{pid}\n" in (fresh.home / "pg" / "postmaster.pid").read_text()]
    assert len(addresses) == 1
    assert len(parents) == 1
    assert finish(*users) == [0, 0, 0, 0]
    assert processes.works_in((fresh.home / "pg").resolve()) == []


def test_stays_while_another_uses_it(settings: Settings, server: Server) -> None:
    other = user_process(settings.home)
    assert other.stdout is not None
    assert other.stdout.readline().startswith("postgresql+psycopg://")
    server.stop()
    assert server.is_running()
    assert finish(other) == [0]
    assert not server.is_running()


def test_stops_when_its_only_user_is_killed(settings: Settings) -> None:
    user = user_process(settings.home)
    assert user.stdout is not None
    user.stdout.readline()
    server = Server(settings)
    assert server.is_running()
    user.kill()
    finish(user)
    assert eventually(lambda: processes.works_in(server.data) == [])
    assert eventually(lambda: not (settings.home / "pg.guard").exists())


def test_refuses_data_of_another_major_version(settings: Settings) -> None:
    server = Server(settings)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(DatabaseError, match=r"made by PostgreSQL 14, but .* is PostgreSQL 18; set KOLWATCH_PG_BIN"):
        server.start()
    assert not server.is_running()


def test_refuses_a_folder_that_is_no_database(fresh: Settings) -> None:
    (fresh.home / "pg").mkdir(parents=True)
    (fresh.home / "pg" / "notes.txt").write_text("mine")
    with pytest.raises(DatabaseError, match="holds files but no database"):
        Server(fresh).start()
    assert (fresh.home / "pg" / "notes.txt").read_text() == "mine"


def test_a_half_made_data_folder_is_made_anew(fresh: Settings) -> None:
    state.make_home(fresh.home)
    (fresh.home / "pg.new" / "base").mkdir(parents=True)
    server = Server(fresh)
    server.start()
    assert query(server, "SELECT 1") == [(1,)]
    server.stop()


def test_a_taken_port_is_replaced_unless_it_was_chosen(settings: Settings, server: Server) -> None:
    taken = server.port
    other = Server(msgspec.structs.replace(settings, home=settings.home.parent / "other", pg_port=taken))
    try:
        with pytest.raises(DatabaseError, match=f"does not start on port {taken}"):
            other.start()
        state.remember(other.home / "pg.port", taken)
        free = Server(msgspec.structs.replace(settings, home=other.home))
        free.start()
        assert free.port != taken
        free.stop()
    finally:
        processes.send(processes.works_in(other.data), signal.SIGKILL)


def test_missing_binaries_are_named(fresh: Settings, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=rf"{tmp_path}/postgres cannot be run by .*check KOLWATCH_PG_BIN"):
        Server(msgspec.structs.replace(fresh, pg_bin=str(tmp_path)))


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file/home cannot be created .*KOLWATCH_HOME"):
        Server(Settings(home=tmp_path / "file" / "home"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_root_puts_the_data_where_the_servers_user_can_reach_it(fresh: Settings) -> None:
    fresh.home.parent.chmod(0o700)
    server = Server(fresh)
    server.start()
    assert server.data.is_relative_to(binaries.REACHABLE)
    assert (fresh.home / "pg").is_symlink()
    assert query(server, "SELECT 1") == [(1,)]
    assert os.stat(f"/proc/{postmaster(server)}").st_uid != 0
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_data_of_a_deleted_temporary_home_goes_with_the_next(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(binaries, "REACHABLE", settings.home.parent / "public")
    monkeypatch.setattr(binaries, "can_reach", lambda path, account: False)
    account = binaries.Account("nobody", 65534, 65534)
    first = binaries.reachable_home(settings.home, account)
    second = binaries.reachable_home(settings.home.parent / "deleted", account)
    (binaries.REACHABLE / "home-no-note" / "home").mkdir(parents=True)  # as good as a note that has just gone
    assert binaries.reachable_home(settings.home, account) == first
    assert first.exists()
    assert not second.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_works_for_an_ordinary_user(fresh: Settings) -> None:
    account = binaries.find("").account
    assert account is not None
    account.own(fresh.home.parent)
    pythons = [sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"]
    python = next((python for python in pythons if binaries.can_reach(Path(python), account)), None)
    if python is None:
        pytest.skip("Python lives where no other user can reach it")
    done = subprocess.run(
        [python, "-c", USE, str(fresh.home)],
        input="",
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PYTHONPATH": os.pathsep.join([str(PROJECT), sysconfig.get_path("purelib")])},
        **binaries.as_account(account),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("postgresql+psycopg://")


def test_serving_leaves_a_named_server_alone(fresh: Settings) -> None:
    named = msgspec.structs.replace(fresh, database_url="postgresql+psycopg://db.internal/kolwatch")
    with serving(named) as found:
        assert found is named
    assert not fresh.home.exists()


def test_serving_starts_the_embedded_server_for_as_long_as_it_lasts(settings: Settings) -> None:
    with serving(settings) as found, psycopg.connect(found.database_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("kolwatch",)
    assert not Server(settings).is_running()


def test_the_end_of_a_log_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("one\ntwo\nthree\n")
    assert postgres.tail(tmp_path / "log", lines=2) == "two | three"
    assert "No such file" in postgres.tail(tmp_path / "none")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_root_copies_the_programs_to_where_the_servers_user_can_reach_them(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(binaries, "REACHABLE", settings.home.parent / "public")
    monkeypatch.setattr(binaries, "can_reach", lambda path, account: False)
    found = binaries.find("")
    assert found.folder.is_relative_to(settings.home.parent / "public")
    assert found.major == 18
    assert binaries.find("") == found
