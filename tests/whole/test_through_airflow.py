"""The sample days through the real scheduler: the table of `kolwatch run`, also after kills; and a clean stop."""

import signal
from pathlib import Path

import pytest

from pipeline.local.processes import Identity, is_alive
from tests.whole.homes import DAYS, Home, Tables, below, kill, processes_of, wait_until

pytestmark = pytest.mark.scheduler


def _tasks(supervisor: int) -> list[Identity]:
    return [found for found, command in below(supervisor).items() if command.startswith("airflow worker -- ")]


def _nothing_is_left(home: Home, started: set[Identity]) -> bool:
    return not processes_of(home.folder) and not any(is_alive(identity) for identity in started)


def test_kill_a_worker_postgres_and_the_whole_run_then_run_again(tmp_path: Path, tables: Tables) -> None:
    home = Home(tmp_path / "killed")
    process = home.start("up", "--once")
    wait_until(lambda: bool(_tasks(process.pid)), 420, "a task runs")
    kill(_tasks(process.pid)[0].pid)
    wait_until(lambda: bool(_tasks(process.pid)), 180, "other tasks go on")
    started = set(below(process.pid))
    kill(int((home.folder / "pg" / "postmaster.pid").read_text().split()[0]))
    kill(process.pid)
    process.wait()
    wait_until(lambda: _nothing_is_left(home, started), 120, "nothing is left of the killed run")

    again = home.start("up", "--once")
    assert again.wait(900) == 0, home.output()[-4000:]
    assert home.tables() == tables
    assert all(tables[day] for day in DAYS)
    assert "deserve a flag" in home.output()

    _a_second_run_is_quick_changes_nothing_and_stops_on_ctrl_c(home, tables)


def _a_second_run_is_quick_changes_nothing_and_stops_on_ctrl_c(home: Home, tables: Tables) -> None:
    process = home.start("up")
    wait_until(lambda: "the schedule stays on" in home.output(), 300, "the second run is through")
    started = set(below(process.pid))
    assert started
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    wait_until(lambda: _nothing_is_left(home, started), 60, "no process is left")
    assert home.tables() == tables
