"""Records a second from JSON lines to Postgres, against the same posts written in the usual way.

    python -m bench.collect_rows [RECORDS]

Both sides read the same file with the same reader, normalise alike, and write to the same embedded server in the same
run. The peer is SQLAlchemy's INSERT … ON CONFLICT, one executemany a table and batch of 1,000. Prints JSON.
"""

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from pipeline import normalise, steps
from pipeline.tables import stored as tables
from pipeline.local import postgres
from pipeline.records import Post
from pipeline.settings import ScopeSettings, Settings
from pipeline.settings import load as load_settings
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources import Window

DAY = date(2026, 11, 20)
BATCH = 1000
WORDS = [
    "今天",
    "大家",
    "吃",
    "大蒜",
    "可以",
    "预防",
    "感冒",
    "医生",
    "说",
    "孩子",
    "发烧",
    "疫苗",
    "安全",
    "喝水",
    "运动",
    "睡觉",
]


def write_drop(path: Path, records: int) -> None:
    """A file of Xiaohongshu notes; one in ten is of another topic, one in five repeats an earlier text."""
    chance = random.Random(7)  # noqa: S311 - the same file every time
    path.parent.mkdir(parents=True)
    said = ["今天去看海，风很大"]
    with path.open("w", encoding="utf-8") as file:
        for n in range(records):
            if n % 5:
                said.append("".join(chance.choices(WORDS, k=chance.randint(8, 60))))
            note = {
                "note_id": f"{n:024x}",
                "type": "normal",
                "title": "",
                "desc": said[-1],
                "time": 1_795_000_000_000 + n,
                "last_modify_ts": 1_795_100_000_000,
                "user_id": f"{n % 5000:024x}",
                "nickname": f"用户{n % 5000}",
                "liked_count": str(chance.randint(0, 99999)),
                "collected_count": "1.2万",
                "comment_count": "12",
                "share_count": "3",
            }
            file.write(json.dumps(note, ensure_ascii=False) + "\n")


def ours(site: Site) -> float:
    began = time.perf_counter()
    steps.collect(site, "xiaohongshu", *site.interval(DAY))
    return time.perf_counter() - began


def theirs(site: Site) -> float:
    """Accounts, texts, posts and versions only: less than we write."""
    source = site.source("xiaohongshu")
    began = time.perf_counter()
    batch: list[Post] = []
    start, end = site.interval(DAY)
    for document in source.documents(Window(day=DAY, start=start, end=end)):
        for fragment in source.split(document):
            batch += normalise.normalise(source.parse(fragment), site.scope, site.screen).kept
            if len(batch) >= BATCH:
                _upsert(site.engine, batch)
                batch = []
    _upsert(site.engine, batch)
    return time.perf_counter() - began


def _upsert(engine: Engine, posts: Sequence[Post]) -> None:
    if not posts:
        return
    with engine.begin() as connection:

        def put(table: Any, rows: list[dict[str, object]]) -> None:
            connection.execute(insert(table).on_conflict_do_nothing(), rows)

        put(tables.account, [_account(p) for p in posts])
        put(tables.post_text, [_text(p) for p in posts])
        keys = {a.account_id: a.account_key for a in connection.execute(select(tables.account))}
        put(tables.post, [_post(p, keys[p.parsed.account_id]) for p in posts])
        ids = [p.parsed.platform_post_id for p in posts]
        found = connection.execute(select(tables.post).where(tables.post.c.platform_post_id.in_(ids)))
        of_post = {row.platform_post_id: row.post_key for row in found}
        put(tables.post_version, [_version(p, of_post[p.parsed.platform_post_id]) for p in posts])


def _account(post: Post) -> dict[str, object]:
    key = {"platform": post.parsed.platform.value, "account_id": post.parsed.account_id}
    return {**key, "name": post.parsed.account_name, "last_seen_for": DAY}


def _text(post: Post) -> dict[str, object]:
    marks = {"title_end": post.title_end, "text_end": post.text_end, "first_day": DAY}
    return {"content_hash": post.content_hash, "document": post.document, **marks}


def _post(post: Post, account_key: int) -> dict[str, object]:
    parsed = post.parsed
    return {
        "platform": parsed.platform.value,
        "platform_post_id": parsed.platform_post_id,
        "account_key": account_key,
        "source": "xiaohongshu",
        "url": parsed.url,
        "posted_at": parsed.posted_at,
        "has_media": parsed.has_media,
        "last_seen_for": DAY,
    }


def _version(post: Post, post_key: int) -> dict[str, object]:
    days = {"collected_for": DAY, "last_seen_for": DAY}
    return {
        "post_key": post_key,
        "content_hash": post.content_hash,
        **days,
        "reposted_text": post.reposted_text,
        "is_truncated": post.parsed.is_truncated,
    }


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        write_drop(root / "drop" / DAY.isoformat() / "notes.jsonl", records)
        source = SourceSettings(format="xiaohongshu-mediacrawler", path="drop/{date}/*.jsonl")
        chosen = Settings(source={"xiaohongshu": source}, scope=ScopeSettings(follower_floor=0))
        plain = load_settings()
        settings = msgspec.structs.replace(chosen, root=root, home=root / "home", config_file=plain.config_file)
        seconds = {}
        server = postgres.Server(settings)
        server.start()
        try:
            for name, write in (("peer", theirs), ("kolwatch", ours)):
                server.ensure_database(name)
                site = Site(msgspec.structs.replace(settings, database_url=server.url(name)))
                steps.migrate(site)
                seconds[name] = write(site)
                site.engine.dispose()
        finally:
            server.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "records": records,
                "records_a_second": round(records / seconds["kolwatch"]),
                "peer_records_a_second": round(records / seconds["peer"]),
                "ratio": round(seconds["peer"] / seconds["kolwatch"], 2),
                "peak_memory_mib": round(peak),
            }
        )
    )


if __name__ == "__main__":
    main()
