"""The samples as they may be delivered: in every container that can hold them, over every transport."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.sources import FORMATS
from pipeline.sources.containers.feeds import feed_decode
from tests.sources.samples import PAGES, RECORDS

Row = Mapping[str, Any]
FEED = '<rss version="2.0"><channel><title>{title}</title><link>{home}</link>{items}</channel></rss>'
ITEM = (
    "<item><title>{title}</title><link>{url}</link><guid>{id}</guid><description>{html}</description><author>{by}</author>"
    "<pubDate>Wed, 12 Nov 2025 00:00:00 GMT</pubDate></item>"
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>{title}</title><link href="{home}"/>{items}</feed>'
ENTRY = (
    '<entry><title>{title}</title><link href="{url}"/><id>{id}</id><content type="html">{html}</content>'
    "<author><name>{by}</name></author><updated>2025-11-12T00:00:00Z</updated></entry>"
)


def is_flat(name: str) -> bool:
    """Whether a row of a table can say what a record of this format says, without a feed around it."""
    record = RECORDS[name]
    is_whole = name == "mapped" or FORMATS[name].recognises(record)
    return is_whole and not any(isinstance(value, dict | list) for value in record.values())


def is_feed(name: str) -> bool:
    """Whether it is a format of feeds, whose records lie in XML too."""
    return FORMATS[name].decode is feed_decode


def page(name: str, records: list[Row]) -> bytes:
    return (PAGES.get(name, "%s") % json.dumps(records, ensure_ascii=False)).encode()


def lines(name: str, records: list[Row]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def table(name: str, records: list[Row]) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return made.getvalue().encode("utf-8-sig")


def workbook(name: str, records: list[Row]) -> bytes:
    made, packed = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = made.create_sheet("posts")
    for row in (list(records[0]), *(list(record.values()) for record in records)):
        sheet.append(row)
    made.save(packed)
    return packed.getvalue()


def database(name: str, records: list[Row]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "posts.db"
        connection = sqlite3.connect(path)
        connection.execute(f"CREATE TABLE posts ({', '.join(f'[{key}]' for key in records[0])})")
        marks = ", ".join("?" * len(records[0]))
        connection.executemany(f"INSERT INTO posts VALUES ({marks})", [list(r.values()) for r in records])  # noqa: S608
        connection.commit()
        connection.close()
        return path.read_bytes()


def parquet(name: str, records: list[Row]) -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(record) for record in records]), packed)
    return packed.getvalue()


def rss(name: str, records: list[Row]) -> bytes:
    return _xml(name, records, FEED, ITEM)


def atom(name: str, records: list[Row]) -> bytes:
    return _xml(name, records, ATOM, ENTRY)


def _xml(name: str, records: list[Row], feed: str, item: str) -> bytes:
    about = json.loads(PAGES[name] % "[]") if name in PAGES else {}
    items = (
        item.format(
            title=escape(record.get("title", "")),
            url=escape(record.get("url") or record.get("id", "")),
            id=escape(record.get("id", "")),
            html=escape(record.get("content_html") or record.get("content", "")),
            by=escape(next((author["name"] for author in record.get("authors", ())), "")),
        )
        for record in records
    )
    home = escape(about.get("home_page_url") or about.get("feed_url", ""))
    return feed.format(title=escape(about.get("title", "")), home=home, items="".join(items)).encode()


PACK: Mapping[str, Callable[[str, list[Row]], bytes]] = {
    "JSON": page,
    "JSON lines": lines,
    "CSV": table,
    "XLSX": workbook,
    "SQLite": database,
    "Parquet": parquet,
    "RSS": rss,
    "Atom": atom,
}


def containers(name: str) -> list[str]:
    """What can hold the records of a format."""
    flat = ["CSV", "XLSX", "SQLite", "Parquet"] if is_flat(name) else []
    feeds = ["RSS", "Atom"] if is_feed(name) else []
    return ["JSON", *([] if is_feed(name) and not is_flat(name) else ["JSON lines"]), *flat, *feeds]


def transports(name: str) -> list[str]:
    """What can deliver the records of a format: only feeds come as feeds, only rows as rows of a replica."""
    by_itself = ["feeds"] if is_feed(name) else ["http", "kafka"]
    is_row = is_flat(name) or name == "internal-postgres"  # whose counts are in a column of JSON
    return ["files", "objects", *by_itself, *(["replica"] if is_row else [])]
