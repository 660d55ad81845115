"""The transport `files`: the files of a day, by a glob under the source's root.

Plain, .gz and .zst; picked by name, in the order of their names, so that two runs read the same in the same order.
"""

import glob
import gzip
import io
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from pipeline.errors import SourceError
from pipeline.source_settings import SourceSettings
from pipeline.sources.document import Document, Window


def documents(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
    """Yield the regular files that match `source.path` for the window's day, sorted; none where nothing was delivered.

    `origin` is the path relative to `root` (absolute where the glob is), with forward slashes.
    """
    pattern = source.path.replace("{date}", window.day.isoformat())
    for name in sorted(glob.glob(pattern, root_dir=root, recursive=True)):
        path = root / name
        if path.is_file():
            yield document(path, os.fsencode(Path(name).as_posix()).decode("utf-8", "backslashreplace"))


def document(path: Path, origin: str) -> Document:
    """One file as a document. Raises SourceError if it has gone."""
    try:
        status = path.stat()
    except OSError as error:
        raise SourceError(f"{origin}: cannot be read ({error.strerror}); check the file and its permissions") from error
    opener = _OPENERS.get(path.suffix.lower(), _plain)
    fingerprint = f"{status.st_size} bytes, {status.st_mtime_ns} ns"
    return Document(origin=origin, fingerprint=fingerprint, open=partial(opener, path))


def _plain(path: Path) -> BinaryIO:
    return path.open("rb")


def _gzip(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb"))


def _zstd(path: Path) -> BinaryIO:
    return io.BufferedReader(_ZstdStream(path.open("rb")))


class _ZstdStream(io.RawIOBase):
    """Frames of zstd as a stream. The package's own reader ends a file that was cut short without a word."""

    _CHUNK = 8192
    """Small, because a few bytes of zstd can stand for 128 KiB."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._is_inside = False
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            chunk = self._frame.unused_data if self._frame.eof else b""
            chunk = chunk or self._file.read(self._CHUNK)
            if not chunk:
                if self._is_inside:
                    raise EOFError("the zstd stream was cut short")
                return 0
            self._decompress(chunk)
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()

    def _decompress(self, chunk: bytes) -> None:
        if self._frame.eof:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            self._ready = self._frame.decompress(chunk)
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error
        self._is_inside = not self._frame.eof


_OPENERS: dict[str, Callable[[Path], BinaryIO]] = {".gz": _gzip, ".zst": _zstd}
