"""Records a second from JSON lines to Postgres, against the same posts written in the usual ways.

    python -m bench.collect_rows [RECORDS [RECORDS_OF_THE_PEERS]]

All sides read the same kind of file with the same reader, normalise alike, and write to the same embedded server in the
same run. The peers write less: one flat table of posts, by pandas.to_sql in batches of 1,000, and by one INSERT a row
as scripts do; no bytes as received, no observations, no versions, nothing on a second run. Prints JSON.
"""

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pandas
import psycopg
from psycopg import sql

from pipeline import normalise, steps
from pipeline.local import postgres
from pipeline.records import Metric, Post
from pipeline.settings import ScopeSettings, Settings
from pipeline.settings import load as load_settings
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources import Window

DAY = date(2026, 11, 20)
BATCH = 1000
WORDS = ("今天", "大家", "吃", "大蒜", "可以", "预防", "感冒", "医生说", "孩子", "发烧", "疫苗", "喝水", "运动")
COLUMNS = ("platform", "platform_post_id", "account_id", "account_name", "url", "posted_at", "document", *Metric)

Row = tuple[object, ...]


def write_drop(path: Path, records: int) -> None:
    """A file of Xiaohongshu notes; one in ten is of another topic, one in five repeats an earlier text."""
    chance = random.Random(7)  # noqa: S311 - the same file every time
    path.parent.mkdir(parents=True)
    text = "今天去看海，风很大"
    with path.open("w", encoding="utf-8") as file:
        for n in range(records):
            if n % 5:
                text = "".join(chance.choices(WORDS, k=chance.randint(8, 60)))
            note = {
                "note_id": f"{n:024x}",
                "type": "normal",
                "title": "",
                "desc": text,
                "time": 1_795_000_000_000 + n,
                "last_modify_ts": 1_795_100_000_000,
                "user_id": f"{n % 5000:024x}",
                "nickname": f"用户{n % 5000}",
                "liked_count": str(chance.randint(0, 99999)),
                "collected_count": "1.2万",
                "comment_count": "12",
                "share_count": "3",
                "note_url": f"https://www.xiaohongshu.com/explore/{n:024x}",
            }
            file.write(json.dumps(note, ensure_ascii=False) + "\n")


# ---- the sides -----------------------------------------------------------------------------------------


def ours(site: Site) -> None:
    steps.collect(site, "notes", *site.interval(DAY))


def by_pandas(site: Site) -> None:
    for posts in _batches(site):
        frame = pandas.DataFrame([_row(post) for post in posts], columns=list(COLUMNS))
        frame.to_sql("flat_post", site.engine, if_exists="append", index=False)


def row_by_row(site: Site) -> None:
    insert = sql.SQL("INSERT INTO flat_post VALUES ({})").format(sql.SQL(", ").join(sql.Placeholder() * len(COLUMNS)))
    address = site.settings.database_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        kinds = ", ".join(f"{name} {'bigint' if name in list(Metric) else 'text'}" for name in COLUMNS)
        connection.execute(f"CREATE TABLE flat_post ({kinds})".encode())
        for posts in _batches(site):
            for post in posts:
                connection.execute(insert, _row(post))


def _batches(site: Site) -> Iterator[Sequence[Post]]:
    source = site.source("notes")
    start, end = site.interval(DAY)
    batch: list[Post] = []
    for document in source.documents(Window(day=DAY, start=start, end=end)):
        for fragment in source.split(document):
            batch += normalise.normalise(source.parse(fragment), site.scope, site.screen).kept
            if len(batch) >= BATCH:
                yield batch
                batch = []
    yield batch


def _row(post: Post) -> Row:
    parsed = post.parsed
    counts = (parsed.counts[m].value if m in parsed.counts else None for m in Metric)
    names = (parsed.platform.value, parsed.platform_post_id, parsed.account_id, parsed.account_name, parsed.url)
    return *names, str(parsed.posted_at), post.document, *counts


# ---- the run -------------------------------------------------------------------------------------------


@contextmanager
def _site(records: int, server: postgres.Server, settings: Settings, name: str) -> Iterator[Site]:
    """A database of its own and a drop of so many records."""
    root = settings.home.parent / name
    write_drop(root / "drop" / DAY.isoformat() / "notes.jsonl", records)
    server.ensure_database(name)
    site = Site(msgspec.structs.replace(settings, root=root, database_url=server.url(name)))
    steps.migrate(site)
    site.screen(WORDS[0])  # what is made once a process is not what is measured
    try:
        yield site
    finally:
        site.engine.dispose()


def measure(records: int, of_the_peers: int) -> dict[str, Any]:
    """Records a second of each side, and the peak of this process after each."""
    sides: list[tuple[str, int, Callable[[Site], None]]] = [
        ("kolwatch", records, ours),
        ("pandas", of_the_peers, by_pandas),
        ("row_by_row", of_the_peers, row_by_row),
    ]
    found: dict[str, Any] = {"records": records, "records_of_the_peers": of_the_peers}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        source = SourceSettings(format="xiaohongshu-mediacrawler", path="drop/{date}/*.jsonl")
        chosen = Settings(source={"notes": source}, scope=ScopeSettings(follower_floor=0))
        home = Path(folder) / "home"
        settings = msgspec.structs.replace(chosen, home=home, config_file=load_settings().config_file)
        server = postgres.Server(settings)
        server.start()
        try:
            for name, count, write in sides:
                with _site(count, server, settings, name) as site:
                    began = time.perf_counter()
                    write(site)
                    found[f"{name}_a_second"] = round(count / (time.perf_counter() - began))
                found[f"{name}_peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        finally:
            server.stop()
    for name, _, _ in sides[1:]:
        found[f"times_{name}"] = round(found["kolwatch_a_second"] / found[f"{name}_a_second"], 2)
    return found


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    of_the_peers = int(sys.argv[2]) if len(sys.argv) > 2 else records
    print(json.dumps(measure(records, of_the_peers)))


if __name__ == "__main__":
    main()
