"""Small files under .kolwatch: written whole or not at all, and secrets readable by their owner only."""

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from pipeline.errors import ConfigError

T = TypeVar("T")


def make_home(home: Path) -> None:
    """Create the folder; as root, other users may pass through it, since PostgreSQL runs as one of them."""
    if home.is_dir():
        return
    try:
        home.mkdir(parents=True)
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise ConfigError(
            f"{home} cannot be created ({error.strerror}); set KOLWATCH_HOME to a folder of yours"
        ) from error


def write(path: Path, content: bytes) -> None:
    """Replace a file by a private one in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)


def remember(path: Path, value: object) -> None:
    write(path, msgspec.json.encode(value))


def recall(path: Path, kind: type[T]) -> T | None:
    """What was remembered, or None where there is nothing or nothing readable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def secret(path: Path) -> str:
    """The secret kept in this file; made on first use."""
    if not path.exists():
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        write(new, secrets.token_urlsafe(32).encode())
        with suppress(FileExistsError):  # of several processes at once, the first one's counts
            os.link(new, path)
        new.unlink()
    return path.read_text(encoding="ascii").strip()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of this file; the system releases it if we die."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise ConfigError(f"{path} belongs to another user; set KOLWATCH_HOME to a folder of your own") from None


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock of an open file if nobody holds it in our way."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def port(path: Path) -> int:
    """The port remembered in this file if it is free now, else a new one, remembered."""
    known = recall(path, int)
    if known and is_free(known):
        return known
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    remember(path, found)
    return found


def is_free(number: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True
