"""Keep a few processes running, and leave none behind however we end.

Each child leads a session of its own, so a Ctrl-C in the terminal reaches only us, and all that a child starts can be
found by its session. A guard process ends the sessions if we are killed; what outlives even that is ended at the
next start, known by process number and start time from a note.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import msgspec

from pipeline.errors import ServiceError
from pipeline.local import processes, state
from pipeline.local.postgres import tail
from pipeline.local.processes import Identity

RESTARTS = 3
FIRST_PAUSE = 1.0
GOOD_WHILE = 300.0
GRACE = 15.0
ORPHANS_GRACE = 3.0
PAUSE = 0.25
LOG_LIMIT = 20_000_000


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked us to stop
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Signals:
    """Remembers that somebody asked us to stop; the work ends at the next point where it waits."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        if self.asked:
            raise Stopped

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@contextmanager
def only_run(home: Path) -> Iterator[None]:
    """Be the only run of this home.

    Raises ServiceError with the other's process number.
    """
    lock, note = state.open_lock(home / "run.lock"), home / "run.pid"
    try:
        if not state.try_lock(lock):
            other = state.recall(note, Identity)
            pid = other.pid if other else "unknown"
            raise ServiceError(f"already running in {home} as process {pid}; stop that one, or set KOLWATCH_HOME")
        state.remember(note, processes.identify(os.getpid()))
        yield
        note.unlink(missing_ok=True)
    finally:
        os.close(lock)


def is_running(home: Path) -> bool:
    """Whether there is a run of this home; told by its note, as to try its lock would keep a new run out."""
    noted = state.recall(home / "run.pid", Identity)
    return noted is not None and processes.is_alive(noted)


@dataclass
class _Service:
    name: str
    command: Sequence[str]
    log: Path
    ends: bool
    """It is meant to end by itself."""
    process: "subprocess.Popen[bytes] | None" = None
    identity: Identity | None = None
    since: float = 0.0
    crashes: int = 0
    due: float = 0.0


@dataclass
class Supervisor:
    """Runs commands until told to stop; one that crashes is started again, with growing pauses, three times."""

    home: Path
    say: Callable[[str], None]
    signals: Signals = field(default_factory=Signals)
    environment: Mapping[str, str] = field(default_factory=dict)
    look_after: Callable[[], None] = lambda: None
    """Called whenever we look after our processes, for one that is not ours alone."""
    first_pause: float = FIRST_PAUSE
    grace: float = GRACE
    _services: list[_Service] = field(default_factory=list)
    _guard: "subprocess.Popen[bytes] | None" = None

    def start(self, commands: Mapping[str, Sequence[str]]) -> None:
        """Start commands that are to run until we stop."""
        for name, command in commands.items():
            self._launch(self._add(name, command, ends=False))

    def do(self, name: str, command: Sequence[str], meanwhile: Callable[[], None]) -> None:
        """Run a command to its end, doing something else meanwhile.

        Raises ServiceError with the end of its output if it fails.
        """
        service = self._add(name, command, ends=True)
        self._launch(service)
        meanwhile()
        while service.process and service.process.poll() is None:
            self.pause()
        self._services.remove(service)
        self._note()
        if service.process and service.process.returncode:
            status = service.process.returncode
            raise ServiceError(f"{name} failed with status {status}; see {service.log}: {tail(service.log)}")

    def pause(self) -> None:
        """Wait a moment, as all waiting here is done.

        Raises Stopped if we are asked to stop, ServiceError if a process does not stay up.
        """
        self.signals.check()
        time.sleep(PAUSE)
        self.signals.check()
        self.check()

    def wait(self, condition: Callable[[], bool], limit: float) -> bool:
        """Pause until the condition holds; False if it does not within the limit."""
        deadline = time.monotonic() + limit
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.pause()
        return True

    def check(self) -> None:
        """Start again what has crashed.

        Raises ServiceError for one that crashes again and again.
        """
        self.look_after()
        now = time.monotonic()
        for service in self._services:
            if service.process is None:
                if now >= service.due:
                    self._launch(service)
            elif service.process.poll() is not None and not service.ends:
                self._crashed(service, now)

    def stop(self) -> None:
        """End everything: asked first, killed after the grace."""
        processes.end(self._sessions(), self.grace)
        for service in self._services:
            if service.process:
                service.process.wait()
        self._services.clear()
        (self.home / "run.services").unlink(missing_ok=True)
        if self._guard:
            self._tell_guard([])
            self._guard.communicate()
            self._guard = None

    def end_leftovers(self) -> None:
        """End the sessions that a killed run noted and its guard did not get to."""
        noted = state.recall(self.home / "run.services", list[Identity]) or []
        left = [leader for leader in noted if processes.leads(leader)]
        if left:
            self.say(f"ending {len(left)} processes of an earlier run that was killed")
            processes.end(left, self.grace)

    def _add(self, name: str, command: Sequence[str], *, ends: bool) -> _Service:
        self._post_guard()
        service = _Service(name, command, self.home / "logs" / f"{name}.log", ends)
        service.log.parent.mkdir(parents=True, exist_ok=True)
        self._services.append(service)
        return service

    def _post_guard(self) -> None:
        """Have a process that ends ours should we be killed; first of all end what an earlier run left."""
        if self._guard is None:
            self.end_leftovers()
            self._guard = subprocess.Popen(
                [sys.executable, "-P", "-m", "pipeline.local.guard", "services"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _launch(self, service: _Service) -> None:
        if service.log.exists() and service.log.stat().st_size > LOG_LIMIT:
            service.log.replace(service.log.with_suffix(".log.1"))
        with service.log.open("ab") as log:
            service.process = subprocess.Popen(  # noqa: S603 - the commands are ours
                service.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                start_new_session=True,
            )
        service.identity = processes.identify(service.process.pid)
        service.since = time.monotonic()
        self._note()

    def _crashed(self, service: _Service, now: float) -> None:
        """What it started may live on and hold its ports, so that goes first."""
        status = service.process.returncode if service.process else None
        if service.identity:
            processes.end([service.identity], min(self.grace, ORPHANS_GRACE))
        service.process, service.identity = None, None
        service.crashes = 1 if now - service.since > GOOD_WHILE else service.crashes + 1
        if service.crashes > RESTARTS:
            raise ServiceError(
                f"{service.name} has ended {service.crashes} times, last with status {status}; "
                f"see {service.log}: {tail(service.log)}"
            )
        pause = self.first_pause * 2 ** (service.crashes - 1)
        service.due = now + pause
        self.say(f"{service.name} has ended with status {status}; starting it again in {pause:.0f} s")
        self._note()

    def _sessions(self) -> list[Identity]:
        return [service.identity for service in self._services if service.identity]

    def _note(self) -> None:
        """Tell the guard and the next start what there is to end."""
        state.remember(self.home / "run.services", self._sessions())
        self._tell_guard(self._sessions())

    def _tell_guard(self, sessions: list[Identity]) -> None:
        if self._guard and self._guard.stdin and self._guard.poll() is None:
            self._guard.stdin.write(msgspec.json.encode(sessions) + b"\n")
            self._guard.stdin.flush()
