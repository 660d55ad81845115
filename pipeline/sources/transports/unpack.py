"""What is packed with gzip or zstd, as a stream of what is in it, which may not be out of all proportion."""

import gzip
import io
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, cast

import zstandard

MAX_RATIO = 200
"""Bytes unpacked for a packed one. Exports shrink ten- to thirtyfold, dull ones a hundred-, a bomb a thousandfold."""
MAX_UNPACKED = 2**38
"""Bytes: 256 GiB, more than a platform's posts of a day. A bomb of zstd needs few packed bytes for more."""
_ALWAYS_ALLOWED = 64 * 2**20
_BUFFER = 2**17


def unpacked(name: str, packed: BinaryIO) -> BinaryIO:
    """The stream in a `.gz` or `.zst` (by its name), which closes `packed` with itself; any other as it is.

    Raises OSError or EOFError while it is read, if it is cut short, damaged or a bomb.
    """
    counted = _Counted(packed)
    unpackers: dict[str, Callable[[], Any]] = {
        "gz": partial(gzip.GzipFile, mode="rb", fileobj=counted),
        "zst": partial(_ZstdStream, counted),
    }
    kind = name.lower().rpartition(".")[2]
    return io.BufferedReader(_Bounded(unpackers[kind](), counted), _BUFFER) if kind in unpackers else packed


class _Counted:
    """A stream that knows how much of it has been read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.size = stream, 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.size += len(data)
        return data

    def close(self) -> None:
        self._stream.close()


class _Bounded(io.RawIOBase):
    """A stream that breaks off where too much comes out of what went in."""

    def __init__(self, unpacker: Any, packed: _Counted) -> None:
        self._unpacker, self._packed, self._size = unpacker, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = cast(int, self._unpacker.readinto(buffer))
        self._size += count
        allowed = min(MAX_UNPACKED, max(_ALWAYS_ALLOWED, MAX_RATIO * self._packed.size))
        if self._size > allowed:
            raise OSError(f"a bomb: more than {allowed:,} bytes come out of {self._packed.size:,}")
        return count

    def close(self) -> None:
        self._unpacker.close()
        self._packed.close()
        super().close()


class _ZstdStream(io.RawIOBase):
    """Frames of zstd as a stream. The package's own reader ends a file that was cut short without a word."""

    _CHUNK = 8192
    """Small, because a few bytes of zstd can stand for 128 KiB."""

    def __init__(self, file: _Counted) -> None:
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

    def _decompress(self, chunk: bytes) -> None:
        if self._frame.eof:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            self._ready = self._frame.decompress(chunk)
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error
        self._is_inside = not self._frame.eof
