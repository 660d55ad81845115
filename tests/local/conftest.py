"""A home for an embedded server that an unprivileged user can reach, and that leaves nothing behind."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.local import processes
from pipeline.settings import Settings


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kolwatch-"))
    folder.chmod(0o755)
    yield folder / "home"
    data = (folder / "home" / "pg").resolve()
    processes.send(processes.works_in(data), signal.SIGKILL)
    if data.parent.name.startswith("home-"):
        shutil.rmtree(data.parent)
    shutil.rmtree(folder)


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home)
