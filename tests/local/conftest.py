"""Homes for an embedded server: where an unprivileged user can reach them, and leaving nothing behind."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.local import processes
from pipeline.local.postgres import Server
from pipeline.settings import Settings


@pytest.fixture(scope="session")
def made_home() -> Iterator[Path]:
    """A home whose data folder has been made, which takes longer than copying it."""
    with _reachable_folder() as folder:
        server = Server(Settings(home=folder / "home"))
        server.start()
        server.stop()
        yield folder / "home"


@pytest.fixture
def settings(made_home: Path) -> Iterator[Settings]:
    """Settings with a home whose server has run before."""
    with _reachable_folder() as folder:
        subprocess.run(["cp", "-a", made_home, folder / "home"], check=True)
        yield Settings(home=folder / "home")
        _clear(folder / "home")


@pytest.fixture
def fresh() -> Iterator[Settings]:
    """Settings with a home that does not exist yet."""
    with _reachable_folder() as folder:
        yield Settings(home=folder / "home")
        _clear(folder / "home")


@contextmanager
def _reachable_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kolwatch-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _clear(home: Path) -> None:
    """End a server that a failed test has left, and data outside of the home."""
    data = (home / "pg").resolve()
    processes.send(processes.works_in(data), signal.SIGKILL)
    if data.parent.name.startswith("home-"):
        shutil.rmtree(data.parent)
