"""The transport `files`: the files of a day, by a glob or a folder under the source's root.

Plain, .gz and .zst; picked by name, in the order of their names, so that two runs read the same in the same order. They
may be written while they are read: a file that grows is read as far as it goes, one that is written anew is left.
"""

import glob
import io
import os
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import SourceError
from pipeline.source_settings import SourceSettings
from pipeline.sources.document import Document, Window
from pipeline.sources.transports import days
from pipeline.sources.transports.unpack import unpacked

_LOG = "-wal"
"""Beside a database of SQLite: what was written and is not in the file yet."""
_BESIDE_A_DATABASE = (_LOG, "-shm", "-journal")
_BUFFER = 2**18
_COMPARED = 4096
"""Bytes before each block that are read again; two different files are not the same in all of them."""


def documents(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
    """Yield the regular files that match `source.path` for the window's day, sorted; none where nothing was delivered.

    A path that is a folder stands for all files in it, at any depth. `origin` is the path relative to `root` (absolute
    where the path is), with forward slashes.
    """
    for pattern, day in days.paths(source, window):
        for name in sorted(_names(pattern, root)):
            path = root / name
            if path.is_file() and not _belongs_to_another(path):
                yield document(path, os.fsencode(Path(name).as_posix()).decode("utf-8", "backslashreplace"), day)


def document(path: Path, origin: str, day: date | None = None) -> Document:
    """One file as a document. Raises SourceError if it has gone."""
    try:
        fingerprint = _fingerprint(path)
    except OSError as error:
        raise SourceError(f"{origin}: cannot be read ({error.strerror}); check the file and its permissions") from error
    return Document(
        origin=origin,
        fingerprint=fingerprint,
        open=partial(_open, path),
        path=None if path.suffix.lower() in (".gz", ".zst") else path,
        is_changed=partial(_is_changed, path, fingerprint),
        day=day,
    )


def _names(pattern: str, root: Path) -> Iterator[str]:
    if not pattern or not (root / pattern).is_dir():
        yield from glob.iglob(pattern, root_dir=root, recursive=True)
        return
    for folder, inner, names in os.walk(root / pattern):
        inner[:] = [name for name in inner if not name.startswith(".")]
        within = os.path.relpath(folder, root / pattern)
        yield from (os.path.normpath(os.path.join(pattern, within, n)) for n in names if not n.startswith("."))


def _belongs_to_another(path: Path) -> bool:
    """What SQLite and Excel keep beside a file that is in use."""
    if path.name.startswith("~$"):
        return True
    ending = next((ending for ending in _BESIDE_A_DATABASE if path.name.endswith(ending)), "")
    return bool(ending) and path.with_name(path.name.removesuffix(ending)).exists()


def _fingerprint(path: Path) -> str:
    status = path.stat()
    found = f"{status.st_size} bytes, {status.st_mtime_ns} ns"
    try:
        log = path.with_name(path.name + _LOG).stat()
    except OSError:
        return found
    return f"{found}; log {log.st_size} bytes, {log.st_mtime_ns} ns" if log.st_size else found


def _is_changed(path: Path, fingerprint: str) -> bool:
    try:
        return _fingerprint(path) != fingerprint
    except OSError:
        return True


def _open(path: Path) -> BinaryIO:
    return unpacked(path.name, io.BufferedReader(_Growing(path), _BUFFER))


class _Growing(io.RawIOBase):
    """A file that may grow while it is read, but not become another one.

    Each block is read together with the end of the one before. If that has changed, half of one record and half of
    another might pass for a whole.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._position, self._end = 0, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        known = len(self._end)
        data = os.pread(self._file.fileno(), known + len(buffer), self._position - known)
        if not data.startswith(self._end):
            raise OSError("it was written anew while it was read")
        size = len(data) - known
        buffer[:size] = data[known:]
        self._position += size
        self._end = data[-_COMPARED:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()
