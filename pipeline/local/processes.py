"""Who is alive, and whether it is the process we started: a number alone is reused, a start time is not."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

PROC = Path("/proc")
PAUSE = 0.05
KILL_LIMIT = 5.0


class Identity(msgspec.Struct, frozen=True):
    """One process; another one that is given the same number later has another start time or boot."""

    pid: int
    started: str
    boot: str


def identify(pid: int) -> Identity | None:
    """The process with this number, or None if there is none or only its exit status is left."""
    started = _started_linux(pid) if PROC.joinpath("self/stat").exists() else _started_elsewhere(pid)
    return Identity(pid, started, _boot()) if started else None


def is_alive(identity: Identity) -> bool:
    return identify(identity.pid) == identity


def working_folder(pid: int) -> Path | None:
    """Where a process works; None where the system does not say, or not to us."""
    try:
        return PROC.joinpath(str(pid), "cwd").readlink()
    except OSError:
        return None


def works_in(folder: Path) -> list[int]:
    """The processes whose working directory is this folder; a server's processes all work in their data folder."""
    return [pid for pid in _pids() if working_folder(pid) == folder and identify(pid)]


def in_session(session: int) -> list[int]:
    """The living processes of a session, among them those whose leader has died."""
    return [pid for pid in _pids() if _session(pid) == session and identify(pid)]


def end(leaders: Iterable[Identity], grace: float) -> None:
    """End the sessions that these processes lead, and wait for it.

    The leaders are asked first, then what they leave behind, and what is still there after the grace is killed.
    """
    sessions = [leader.pid for leader in leaders if leads(leader)]
    deadline = time.monotonic() + grace
    asked: set[int] = set()
    while sessions and time.monotonic() < deadline:
        for session in sessions:
            ask = {session} if identify(session) else set(in_session(session))
            send(ask - asked, signal.SIGTERM)
            asked |= ask
        time.sleep(PAUSE)
        sessions = [session for session in sessions if in_session(session)]
    deadline = time.monotonic() + KILL_LIMIT
    while sessions and time.monotonic() < deadline:
        for session in sessions:
            send(in_session(session), signal.SIGKILL)
        time.sleep(PAUSE)
        sessions = [session for session in sessions if in_session(session)]


def leads(leader: Identity) -> bool:
    """Whether its session still has members.

    The number of a leader that has died stays reserved while they live, but not over a restart of the machine.
    """
    now = identify(leader.pid)
    if now is None:
        return bool(leader.boot) and leader.boot == _boot() and bool(in_session(leader.pid))
    return now == leader


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal processes that may have ended meanwhile."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _pids() -> list[int]:
    if PROC.joinpath("self/stat").exists():
        return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [int(word) for word in _ps("-axo", "pid=").split()]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _started_linux(pid: int) -> str | None:
    try:
        stat = PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    if state in "ZX":
        return None
    return fields[18]


def _boot() -> str:
    path = PROC.joinpath("sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _started_elsewhere(pid: int) -> str | None:
    state, _, started = _ps("-p", str(pid), "-o", "stat=,lstart=").strip().partition(" ")
    return None if state.startswith("Z") else started.strip() or None


def _ps(*arguments: str) -> str:
    """Systems without /proc; ps is part of each of them."""
    command = ["/bin/ps", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own arguments
