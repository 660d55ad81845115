"""The transport `objects`: the objects of a day in an object store, by an address with a glob, through fsspec.

Written for s3:// and what speaks its protocol (Alibaba OSS, Tencent COS, MinIO); other addresses of fsspec work where
their package is installed. An object is read as a stream, as a file is.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pipeline.errors import ConfigError, SourceError
from pipeline.source_settings import ObjectSettings, SourceSettings
from pipeline.sources.document import Document, Window
from pipeline.sources.transports import days
from pipeline.sources.transports.unpack import unpacked

_BLOCK = 8 * 2**20
"""Bytes that are asked for at a time."""
_PROTOCOL = re.compile(r"([a-z][a-z0-9+.-]*)://.")
_S3 = ("s3", "s3a")
_VERSION = ("ETag", "etag", "generation", "md5Hash", "LastModified", "last_modified", "updated", "mtime")
"""What file systems call that which differs between two versions of an object."""
_TIMES = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 4, "mode": "standard"}}
T = TypeVar("T")


def documents(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
    """Yield the objects that match `source.path` for the window's day, sorted; none where nothing was delivered.

    A path that ends in a slash stands for all objects below it. `origin` is the address without the protocol. A folder
    that is not complete yet is a document that is awaited.
    """
    settings = source.objects or ObjectSettings()
    store = _store(source.path, settings)
    for pattern, day in days.paths(source, window):
        found = _attempt(pattern, partial(store.glob, pattern + "**" * pattern.endswith("/"), detail=True))
        if not found:
            _check_bucket(store, pattern)
        objects = [name for name, info in found.items() if info["type"] == "file" and not _is_a_mark(name)]
        folders = {_folder(name) for name in objects} or {_folder(pattern)}
        for folder in sorted(folders):
            if settings.done and not _attempt(folder, partial(store.glob, f"{folder}/{settings.done}")):
                yield Document(origin=f"{folder}/{settings.done}", is_awaited=True, day=day)
                continue
            for name in sorted(name for name in objects if _folder(name) == folder):
                yield _document(store, name, found[name], day)


def _check_bucket(store: Any, pattern: str) -> None:
    """Tell a bucket in which nothing was delivered from one that is not there."""
    protocol, _, path = pattern.partition("://")
    bucket = path.partition("/")[0]
    if protocol in _S3 and not _attempt(bucket, partial(store.exists, bucket)):
        raise SourceError(f"{pattern}: the store has no bucket {bucket}, or does not show it; check address and rights")


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _document(store: Any, name: str, info: Mapping[str, Any], day: date | None) -> Document:
    fingerprint = _fingerprint(info)
    return Document(
        origin=name,
        fingerprint=fingerprint,
        open=partial(_open, store, name),
        is_changed=partial(_is_changed, store, name, fingerprint),
        day=day,
    )


def _store(address: str, settings: ObjectSettings) -> Any:
    """The file system of an address. Raises ConfigError where there is none."""
    import fsspec  # with s3fs half a second, which only these sources need

    found = _PROTOCOL.match(address)
    if found is None:
        raise ConfigError(f"path = {address!r}: the transport objects needs an address such as s3://bucket/folder/*")
    options = _for_s3(settings) if found[1] in _S3 else {}
    try:
        return fsspec.filesystem(found[1], use_listings_cache=False, **options, **settings.options)
    except (ImportError, ValueError, TypeError) as error:
        raise ConfigError(f"path = {address!r}: cannot be opened ({error}); see [source.<name>.objects]") from error


def _for_s3(settings: ObjectSettings) -> dict[str, Any]:
    """What s3fs is told. Keys that are not given are looked for where its programs keep them.

    Checksums that trail a body are only sent where the protocol requires them: OSS refuses them.
    """
    config = {
        "s3": {"addressing_style": settings.addressing},
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
        **_TIMES,
    }
    given = {"key": settings.key, "secret": settings.secret, "token": settings.token, "endpoint_url": settings.endpoint}
    region = {"region_name": settings.region} if settings.region else {}
    return {"config_kwargs": config, "client_kwargs": region, **{name: value for name, value in given.items() if value}}


def _is_a_mark(name: str) -> bool:
    """`_SUCCESS`, `_temporary/…`, `.part.crc`: what programs keep beside the records."""
    return name.rpartition("/")[2].startswith(("_", ".")) or "/_temporary/" in name


def _fingerprint(info: Mapping[str, Any]) -> str:
    versions = [str(info[key]).strip('"') for key in _VERSION if info.get(key)]
    return ", ".join([f"{info['size']} bytes", *versions])


def _is_changed(store: Any, name: str, fingerprint: str) -> bool:
    try:
        return _fingerprint(_as_error_of_the_system(lambda: store.info(name))) != fingerprint
    except FileNotFoundError:
        return True
    except OSError:  # whoever asked has something worse to tell, or will see it the next time
        return False


def _open(store: Any, name: str) -> BinaryIO:
    opened = _as_error_of_the_system(lambda: store.open(name, "rb", block_size=_BLOCK, cache_type="readahead"))
    return unpacked(name, io.BufferedReader(_Object(opened), _BLOCK // 8))


class _Object(io.RawIOBase):
    """An object's stream whose every failure is one of the system's, as a file's is."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = _as_error_of_the_system(lambda: self._stream.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _as_error_of_the_system(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except OSError:
        raise
    except Exception as error:  # each store's package has errors of its own
        raise OSError(str(error) or type(error).__name__) from error


def _attempt(where: str, ask: Callable[[], T]) -> T:
    """What a store answers. Raises SourceError naming where, and why not."""
    try:
        return _as_error_of_the_system(ask)
    except OSError as error:
        raise SourceError(f"{where}: the store does not answer ({error}); check address, keys and rights") from error
