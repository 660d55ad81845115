"""A process is known by more than its number, and a session ends whole."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipeline.local import processes
from pipeline.local.processes import Identity

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


@pytest.fixture
def leader() -> "Iterator[subprocess.Popen[str]]":
    process = started(SLEEP)
    yield process
    close(process)


def started(command: list[str]) -> "subprocess.Popen[str]":
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


def close(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def known(process: "subprocess.Popen[str]") -> Identity:
    found = processes.identify(process.pid)
    assert found is not None
    return found


def test_a_living_process_is_itself(leader: "subprocess.Popen[str]") -> None:
    assert processes.is_alive(known(leader))


def test_another_start_time_is_another_process(leader: "subprocess.Popen[str]") -> None:
    impostor = msgspec.structs.replace(known(leader), started="1")
    assert not processes.is_alive(impostor)
    processes.end([impostor], grace=0)
    assert leader.poll() is None


def test_a_zombie_is_dead(leader: "subprocess.Popen[str]") -> None:
    identity = known(leader)
    leader.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, leader.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{leader.pid}").exists()
    assert not processes.is_alive(identity)


def test_members_outlive_their_leader_but_not_the_end() -> None:
    code = f"import subprocess; subprocess.Popen({SLEEP!r}); import time; time.sleep(60)"
    leader = started([sys.executable, "-c", code])
    identity = known(leader)
    close_leader_only(leader)
    assert processes.leads(identity)
    processes.end([identity], grace=5)
    assert processes.in_session(identity.pid) == []
    assert not processes.leads(identity)


def close_leader_only(leader: "subprocess.Popen[str]") -> None:
    leader.kill()
    leader.wait()
    assert leader.stdout
    leader.stdout.close()


def test_a_session_of_an_earlier_boot_is_left_alone(leader: "subprocess.Popen[str]") -> None:
    code = f"import subprocess; subprocess.Popen({SLEEP!r}); import time; time.sleep(60)"
    other = started([sys.executable, "-c", code])
    identity = known(other)
    close_leader_only(other)
    assert not processes.leads(msgspec.structs.replace(identity, boot="another"))
    processes.end([identity], grace=5)


def test_who_ignores_the_request_is_killed() -> None:
    process = started(STUBBORN)
    processes.end([known(process)], grace=0.2)
    assert process.wait(timeout=5) == -signal.SIGKILL
    close(process)


def test_finds_who_works_in_a_folder(tmp_path: Path) -> None:
    process = subprocess.Popen(SLEEP, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout
    process.stdout.readline()
    assert processes.works_in(tmp_path) == [process.pid]
    close(process)
    assert processes.works_in(tmp_path) == []
