"""The transport `feeds`: RSS, Atom and JSON Feed by their addresses; what has not changed is not sent again.

The cursor holds for each address what its server called the version that was stored last.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import httpx2

from pipeline.errors import ConfigError, SourceError
from pipeline.source_settings import SourceSettings
from pipeline.sources.document import Document, Window
from pipeline.sources.transports.client import Client, Reply

Version = Mapping[str, str]
"""Headers by which a server tells whether there is anything new."""
_VERSIONS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
_LONGEST_VERSION = 1024


def documents(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
    """Yield each feed that has changed, then what to ask for the next time.

    A feed that fails does not hold back the others, and one that could not be stored is asked for whole again.
    Raises SourceError after all of them, ConfigError.
    """
    settings = source.feeds
    if settings is None:
        raise ConfigError('transport = "feeds" needs the table feeds of its source')
    addresses = [httpx2.URL(url) for url in settings.urls]
    stored = window.cursor.get("feeds", {})
    versions: dict[str, Version] = {key: stored[key] for key in map(_key, addresses) if key in stored}
    failures: list[str] = []
    with Client(settings, secrets=[value for url in addresses for value in url.params.values()]) as client:
        for number, url in enumerate(addresses, 1):
            key, origin = _key(url), f"{url.copy_with(query=None)} feed {number}"
            request = client.request("GET", url, headers=versions.get(key, {}))
            try:
                reply = client.ask(request, origin, lambda reply: reply)
            except SourceError as error:
                failures.append(str(error))
                continue
            if reply.status != httpx2.codes.NOT_MODIFIED:
                note = partial(versions.__setitem__, key, _version(reply))
                yield Document(origin=origin, open=partial(io.BytesIO, reply.body), acknowledge=note)
    yield Document(origin="versions of feeds", fragments=(), cursor={"feeds": versions})
    if failures:
        raise SourceError("\n".join(failures))


def _key(url: httpx2.URL) -> str:
    """An address may hold secrets, so it is not kept."""
    return hashlib.sha256(str(url).encode()).hexdigest()[:32]


def _version(reply: Reply) -> Version:
    """The headers that ask a server for what is newer than this reply."""
    given = {asked: reply.headers.get(said, "") for said, asked in _VERSIONS.items()}
    return {name: value for name, value in given.items() if 0 < len(value) <= _LONGEST_VERSION and value.isprintable()}
