"""Clean up after those who were killed: run as `python -m pipeline.local.guard`, by us only.

postgres HOME BIN   stops the embedded server once nobody uses it
services            ends the sessions named on standard input (JSON lines) once their supervisor is gone
"""

import sys
import time
from pathlib import Path

import msgspec

from pipeline.local import processes
from pipeline.local.postgres import Server
from pipeline.local.processes import Identity
from pipeline.settings import Settings

EVERY = 0.5
GRACE = 5.0


def guard_postgres(home: Path, pg_bin: str) -> None:
    server = Server(Settings(home=home, pg_bin=pg_bin))
    while home.exists() and not server.stop_if_unused():
        time.sleep(EVERY)


def guard_services() -> None:
    """Standard input ends when the supervisor does, however it does; what it told us last is what there is to end."""
    sessions: list[Identity] = []
    for line in sys.stdin.buffer:
        sessions = msgspec.json.decode(line, type=list[Identity])
    processes.end(sessions, GRACE)


def main(arguments: list[str]) -> None:
    if arguments[0] == "postgres":
        guard_postgres(Path(arguments[1]), arguments[2])
    else:
        guard_services()


if __name__ == "__main__":
    main(sys.argv[1:])
