"""A whole kolwatch in a folder of its own, run as a person would: by its commands."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from pipeline import report, steps
from pipeline.local import postgres
from pipeline.local.processes import Identity, identify, works_in
from pipeline.settings import PROJECT
from pipeline.settings import load as load_settings
from pipeline.site import Site
from tests.conftest import opened

Tables = dict[str, list[dict[str, Any]]]
DAYS = ("2026-11-18", "2026-11-19", "2026-11-20")
COMMAND = str(Path(sys.executable).with_name("kolwatch"))
COMPARED = ("rank", "platform", "platform_post_id", "claim", "guidance_id", "severity", "probability", "factors")


class Home:
    """State in `folder`; the configuration and the sample drop are the project's own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "KOLWATCH_"))} | {
            "KOLWATCH_CONFIG": str(PROJECT / "kolwatch.toml"),
            "KOLWATCH_HOME": str(folder),
        }

    def run(self, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=PROJECT,
            timeout=timeout,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own; its output goes to a file beside the state."""
        with (self.folder / "output.log").open("a") as output:
            return subprocess.Popen(
                [COMMAND, *words],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                text=True,
                env=self.environment,
                cwd=PROJECT,
                start_new_session=True,
            )

    def output(self) -> str:
        return (self.folder / "output.log").read_text(encoding="utf-8")

    def run_days(self, days: Sequence[str] = DAYS) -> None:
        for day in days:
            done = self.run("run", "--date", day)
            assert done.returncode == 0, done.stderr

    def table(self, day: str) -> list[dict[str, Any]]:
        """The table of a day, as `kolwatch table` writes it."""
        done = self.run("table", "--date", day, "--json")
        assert done.returncode == 0, done.stderr
        return compared(map(json.loads, done.stdout.splitlines()))

    def tables(self) -> Tables:
        with postgres.serving(load_settings(self.environment)) as ready, opened(ready.database_url) as engine:
            return tables_of(engine)


def compared(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows without what depends on the order of arrival."""
    return [{key: row[key] for key in COMPARED} for row in rows]


def tables_of(engine: Engine) -> Tables:
    return {day: compared(report.day_table(engine, date.fromisoformat(day))) for day in DAYS}


def work(site: Site, days: Sequence[str] = DAYS) -> None:
    """What `kolwatch run` does for each day, in this process."""
    steps.migrate(site)
    steps.load_guidance(site)
    for day in days:
        steps.run_day(site, date.fromisoformat(day))


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something to come true; fails naming what did not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def below(ancestor: int) -> dict[Identity, str]:
    """Every living descendant of a process with its command.

    Airflow's processes rewrite theirs and their environment, so that neither tells whose they are.
    """
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    family = {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    found = {identify(pid): command_of(pid) for pid in family - {ancestor}}
    return {identity: command for identity, command in found.items() if identity is not None}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def processes_of(folder: Path) -> list[int]:
    """The living processes that name the folder in their command, and the database's, which work in it."""
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    named = [pid for pid in pids if str(folder) in command_of(pid) and pid != os.getpid()]
    return sorted({*named, *works_in((folder / "pg").resolve())})


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
