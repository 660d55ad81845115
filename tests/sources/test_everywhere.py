"""Every format in every container that can hold it, and over every transport that can deliver it.

What docs/sources.md says is what this tries. The sources do not say their formats: records are told by what marks them.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from pipeline.local.postgres import Server
from pipeline.records import ParsedPost
from pipeline.source_settings import ObjectSettings, SourceSettings
from pipeline.sources import open_source
from tests import world
from tests.sources.packing import PACK, containers, page, transports
from tests.sources.samples import PAGES, RECORDS, document, fragment, settings_of, source, window_of
from tests.sources.transports.test_kafka import a_cluster, topic_of
from tests.sources.transports.test_objects import endpoint, reached, store
from tests.sources.transports.web import Web, web

__all__ = ["endpoint", "reached", "store", "web"]

PAIRS = [(name, container) for name in sorted(RECORDS) for container in containers(name)]
NAMES = sorted(RECORDS.keys() - {"mapped"})
"""A map is never guessed."""
WINDOW = window_of(world.DAY)
Key = tuple[str, str, str]


def bare(post: ParsedPost) -> ParsedPost:
    """Without what XML says in its own way, or not at all."""
    return replace(post, account_name="", posted_at=None, has_media=True, is_html=False)


def wanted(name: str) -> list[ParsedPost]:
    """The posts of a record: of one that comes in pages, as a page has it."""
    opened = source(name, account_id="gh_example")
    if name not in PAGES:
        return list(opened.parse(fragment(RECORDS[name])))
    return [post for record in opened.split(document(page(name, [RECORDS[name]]))) for post in opened.parse(record)]


@pytest.mark.parametrize(("name", "container"), PAIRS, ids=lambda word: str(word))
def test_a_format_is_read_out_of_a_container(name: str, container: str) -> None:
    opened = source(name, account_id="gh_example")
    packed = document(PACK[container](name, [RECORDS[name]] * 2))
    found = [post for record in opened.split(packed) for post in opened.parse(record)]
    if container in ("RSS", "Atom"):
        assert list(map(bare, found)) == list(map(bare, wanted(name) * 2))
    elif container == "JSON":
        assert found == wanted(name) * 2
    else:
        assert found == list(opened.parse(fragment(RECORDS[name]))) * 2


def ids(posts: list[ParsedPost]) -> list[Key]:
    return sorted((post.platform.value, post.platform_post_id, post.account_id) for post in posts)


def over(transport: str) -> list[str]:
    found = [name for name in NAMES if transport in transports(name)]
    assert found
    return found


def collected(settings: SourceSettings, root: Path = Path()) -> list[Key]:
    """The posts of all documents of a source that does not say its format."""
    opened = open_source("all", msgspec.structs.replace(settings, format="auto", account_id="gh_example"), root)
    records = (record for found in opened.documents(WINDOW) for record in opened.split(found))
    return ids([post for record in records for post in opened.parse(record)])


def all_of(names: list[str]) -> list[Key]:
    return ids([post for name in names for post in wanted(name)])


def test_all_formats_as_files(tmp_path: Path) -> None:
    names = over("files")
    for name in names:
        (tmp_path / name).write_bytes(page(name, [RECORDS[name]]))
    assert collected(settings_of("auto", path="*"), tmp_path) == all_of(names)


def test_all_formats_as_objects(store: Any, reached: ObjectSettings) -> None:
    names = over("objects")
    for name in names:
        store.pipe_file(f"drops/posts/{name}", page(name, [RECORDS[name]]))
    found = settings_of("auto", transport="objects", path="s3://drops/posts/*", objects=reached)
    assert collected(found) == all_of(names)


def test_all_formats_as_pages(web: Web) -> None:
    names = over("http")
    web.answer = lambda asked: json.loads(page(asked.path[1:], [RECORDS[asked.path[1:]]]))
    table = {"url": web.url("/{each}"), "each": names, "requests_per_minute": 60_000}
    assert collected(msgspec.convert({"transport": "http", "http": table}, SourceSettings)) == all_of(names)


def test_all_formats_as_feeds(web: Web) -> None:
    names = over("feeds")
    web.answer = lambda asked: page(asked.path[1:], [RECORDS[asked.path[1:]]])
    table = {"urls": [web.url(f"/{name}") for name in names], "requests_per_minute": 60_000}
    assert collected(msgspec.convert({"transport": "feeds", "feeds": table}, SourceSettings)) == all_of(names)


def test_all_formats_as_messages() -> None:
    topic, names = topic_of(a_cluster()), over("kafka")
    topic.put_all(*(json.dumps(RECORDS[name]) for name in names))
    found = ids(
        [post for name in names for post in source(name, account_id="gh_example").parse(fragment(RECORDS[name]))]
    )
    assert collected(topic.source()) == found


@pytest.fixture
def dsn(server: Server) -> Iterator[str]:
    """A database of somebody else's, with a table a format."""
    admin, dsn = (server.url(name).replace("+psycopg", "") for name in ("postgres", "everywhere"))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE everywhere")
        yield dsn
        connection.execute("DROP DATABASE everywhere WITH (FORCE)")


def test_all_formats_as_rows(dsn: str) -> None:
    for name in over("replica"):
        row = {"no": 1, **RECORDS[name], "updated_at": WINDOW.start}
        made = ", ".join(f'"{key}" {_kind(value)}' for key, value in row.items())
        marks = ", ".join(["%s"] * len(row))
        cells = [Jsonb(value) if isinstance(value, dict) else value for value in row.values()]
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f'CREATE TABLE "{name}" ({made})'.encode())
            connection.execute(f'INSERT INTO "{name}" VALUES ({marks})'.encode(), cells)  # noqa: S608
        table = {"dsn": dsn, "table": name, "columns": {} if "id" in row else {"id": "no"}}
        found = msgspec.convert({"transport": "replica", "replica": table}, SourceSettings)
        assert collected(found) == all_of([name]), name


def _kind(value: object) -> str:
    kinds = {bool: "boolean", int: "bigint", float: "double precision", dict: "jsonb"}
    return "timestamptz" if value is WINDOW.start else kinds.get(type(value), "text")
