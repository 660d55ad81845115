"""The console as a process of its own, and the commands about its users."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from pipeline import cli, db
from pipeline.errors import ServiceError
from pipeline.local import console
from pipeline.settings import PROJECT, ConsoleSettings, Settings
from pipeline.site import Site


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "KOLWATCH_CONFIG": str(PROJECT / "kolwatch.toml"),
        "KOLWATCH_HOME": str(tmp_path / "home"),
        "KOLWATCH_DATABASE_URL": database_url,
    }


@pytest.fixture
def address(environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    settings = Settings(home=tmp_path / "home")
    port = console.port(settings)
    process = subprocess.Popen(console.command(), env=os.environ | environment, cwd=PROJECT)
    deadline = time.monotonic() + 60
    while not console.answers(settings, port) and time.monotonic() < deadline:
        time.sleep(0.1)
    yield console.address(settings, port)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) in (0, -signal.SIGTERM)


def test_it_answers_at_the_port_that_is_kept(address: str) -> None:
    with urlopen(f"{address}/sign-in") as answer:  # noqa: S310 - http to ourselves
        assert answer.status == 200
        assert answer.headers.get("server") is None
        assert "kolwatch" in answer.read().decode()


def test_a_configured_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} is in use; .*\[console\] port"):
            console.port(Settings(console=ConsoleSettings(port=port)))


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "http://127.0.0.1:8"), ("::1", "http://[::1]:8")])
def test_an_address_can_be_opened(host: str, shown: str) -> None:
    assert console.address(Settings(console=ConsoleSettings(host=host)), 8) == shown


def test_users_are_added_changed_and_listed(environment: dict[str, str], engine: Engine) -> None:
    def kolwatch(*words: str) -> str:
        done = CliRunner(env=environment).invoke(cli.app, ["users", *words])
        assert done.exit_code == 0, done.stderr
        return done.stdout

    assert len(kolwatch("add", "li.wei", "--role", "viewer").strip()) >= 12
    kolwatch("change", "li.wei", "--role", "lead", "--disable")
    assert '"name": "li.wei", "role": "lead", "is_disabled": true' in kolwatch("list", "--json")
    assert "li.wei" in kolwatch("list")
    with db.transaction(engine) as connection:
        rows = connection.execute("SELECT action, subject FROM audit_entry").fetchall()
    assert rows == [("manage", "li.wei")] * 2


def test_the_first_password_is_told_once(console_site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        cli.reviewing.tell_first_admin(console_site)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("with the password") == 1
