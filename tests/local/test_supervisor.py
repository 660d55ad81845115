"""Processes stay up while we do, and none is left however we end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.errors import ServiceError
from pipeline.local import processes, state
from pipeline.local.processes import Identity
from pipeline.local.supervisor import Signals, Stopped, Supervisor, is_running, only_run

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
PARENT = [sys.executable, "-c", f"import subprocess; subprocess.Popen({SLEEP!r}); subprocess.run({SLEEP!r})"]
BROKEN = [sys.executable, "-c", "import sys; print('no such port'); sys.exit(3)"]
RUN = """
import sys
from pathlib import Path
from pipeline.local.supervisor import Signals, Stopped, Supervisor
signals = Signals()
with signals.caught():
    supervisor = Supervisor(Path(sys.argv[1]), print, signals)
    supervisor.start({{"parent": {parent!r}}})
    print("up", flush=True)
    try:
        while True:
            supervisor.pause()
    except Stopped:
        supervisor.stop()
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append, environment=dict(os.environ), first_pause=0.1, grace=5)
    yield supervisor
    supervisor.stop()


def noted(home: Path) -> list[Identity]:
    return state.recall(home / "run.services", list[Identity]) or []


def eventually(condition: Callable[[], bool], limit: float = 15) -> bool:
    deadline = time.monotonic() + limit
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def run_elsewhere(home: Path) -> "subprocess.Popen[str]":
    run = subprocess.Popen(
        [sys.executable, "-c", RUN.format(parent=PARENT), str(home)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout
    assert run.stdout.readline() == "up\n"
    return run


def family(home: Path) -> list[int]:
    """The leader and both its children."""
    [leader] = noted(home)
    assert eventually(lambda: len(processes.in_session(leader.pid)) == 3)
    return processes.in_session(leader.pid)


def test_stop_leaves_no_child_or_grandchild(supervisor: Supervisor) -> None:
    supervisor.start({"parent": PARENT})
    members = family(supervisor.home)
    supervisor.stop()
    assert [processes.identify(pid) for pid in members] == [None] * 3
    assert noted(supervisor.home) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_when_the_run_is_told_to_end_or_killed(tmp_path: Path, number: signal.Signals) -> None:
    run = run_elsewhere(tmp_path)
    members = family(tmp_path)
    run.send_signal(number)
    run.communicate(timeout=20)
    assert run.returncode == (-9 if number == signal.SIGKILL else 0)
    assert eventually(lambda: not any(processes.identify(pid) for pid in members))


def test_the_next_start_ends_what_the_guard_could_not(supervisor: Supervisor) -> None:
    left = subprocess.Popen(PARENT, start_new_session=True)
    identity = processes.identify(left.pid)
    assert identity is not None
    assert eventually(lambda: len(processes.in_session(left.pid)) == 3)
    state.remember(supervisor.home / "run.services", [identity])
    supervisor.start({"new": SLEEP})
    assert processes.in_session(left.pid) == []
    assert len(noted(supervisor.home)) == 1
    left.wait()


def test_a_note_about_somebody_elses_process_ends_nothing(supervisor: Supervisor) -> None:
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    state.remember(supervisor.home / "run.services", [Identity(stranger.pid, "1", "another boot")])
    supervisor.end_leftovers()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_crashed_process_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start({"sleep": SLEEP})
    [first] = noted(supervisor.home)
    os.kill(first.pid, signal.SIGKILL)
    assert supervisor.wait(lambda: noted(supervisor.home) not in ([], [first]), 10)
    [second] = noted(supervisor.home)
    assert processes.is_alive(second)


def test_one_that_crashes_again_and_again_is_given_up_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start({"broken": BROKEN})
    with pytest.raises(ServiceError, match=r"broken has ended 4 times, last with status 3; see .*no such port"):
        supervisor.wait(lambda: False, 20)


def test_a_command_that_ends_is_waited_for(supervisor: Supervisor) -> None:
    done: list[str] = []
    supervisor.do("once", [sys.executable, "-c", "pass"], meanwhile=lambda: done.append("meanwhile"))
    assert done == ["meanwhile"]
    with pytest.raises(ServiceError, match=r"once failed with status 3; .*no such port"):
        supervisor.do("once", BROKEN, meanwhile=lambda: None)


def test_the_environment_reaches_the_children(supervisor: Supervisor) -> None:
    supervisor.environment = {"KOLWATCH_HOME": "/somewhere"}
    code = "import os, sys; print(os.environ['KOLWATCH_HOME']); sys.exit('PATH' in os.environ)"
    supervisor.do("show", [sys.executable, "-c", code], meanwhile=lambda: None)
    assert (supervisor.home / "logs" / "show.log").read_text() == "/somewhere\n"


def test_a_second_run_of_the_same_home_names_the_first(tmp_path: Path) -> None:
    already = pytest.raises(ServiceError, match=f"already running in .* as process {os.getpid()}")
    with only_run(tmp_path), already, only_run(tmp_path):
        pass
    with only_run(tmp_path):
        assert is_running(tmp_path)
    assert not is_running(tmp_path)


def test_asking_whether_a_run_goes_on_takes_no_lock_that_a_new_run_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.remember(tmp_path / "run.pid", Identity(os.getpid(), "long ago", ""))
    assert not is_running(tmp_path)  # what a killed run left, its number given to another process
    with only_run(tmp_path):
        monkeypatch.delattr(state, "try_lock")
        assert is_running(tmp_path)


def test_a_signal_ends_the_work_where_it_next_waits(supervisor: Supervisor) -> None:
    with supervisor.signals.caught():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Stopped):
            supervisor.pause()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_no_signal_no_end() -> None:
    Signals().check()
