"""What tests of the steps have in common: a drop folder, a day in it, and the steps over a real database."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline import db, steps
from pipeline.settings import ScopeSettings, Settings
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from tests import world
from tests.sources.samples import DOUYIN

CONFIG = Settings(
    source={"douyin": SourceSettings(format="douyin-mediacrawler", path="drop/{date}/*.jsonl")},
    scope=ScopeSettings(min_characters=4),
)


SHIPPED = Site(Settings())
"""What every site of these tests reads claims with, opened once."""


def tell(site: Site, judge: world.ToldJudge) -> None:
    site.__dict__["judge"] = judge
    site.__dict__["judge_parts"] = {key: value for key, value in judge.parts.items() if key != "model"}


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    found = Site(msgspec.structs.replace(CONFIG, root=tmp_path, database_url=database_url))
    tell(found, world.ToldJudge({"大蒜水": ["WHO-001"], "喝白酒": ["WHO-002", "WHO-003"]}))
    found.__dict__["guidance"] = world.GUIDANCE
    found.__dict__ |= {name: getattr(SHIPPED, name) for name in ("lexicon", "tools", "meanings")}
    found.__dict__["screen"] = lambda folded: "天气" not in folded
    found.__dict__["words"] = list  # its characters
    yield found
    found.engine.dispose()


def video(number: int, text: str, **changed: Any) -> bytes:
    record = {**DOUYIN, "aweme_id": str(number), "title": text, "desc": text, **changed}
    return json.dumps(record, ensure_ascii=False).encode()


def deliver(site: Site, *lines: bytes, day: date = world.DAY, name: str = "one.jsonl") -> Path:
    path = site.settings.root / "drop" / day.isoformat() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def collect(site: Site, day: date = world.DAY, **options: Any) -> dict[str, int]:
    return steps.collect(site, "douyin", *site.interval(day), **options)


def work(site: Site, day: date = world.DAY) -> None:
    collect(site, day)
    steps.judge_due(site)
    steps.raise_flags(site)


def rows(site: Site, query: str, *values: object) -> list[tuple[Any, ...]]:
    with db.transaction(site.engine) as connection:
        return connection.execute(query, values).fetchall()


TABLE = (
    "SELECT rank, platform_post_id, claim, guidance_id, severity, other_flags FROM flagged_posts_daily WHERE day = %s"
)
FATES = "SELECT platform_post_id, fate FROM posts_seen_daily WHERE day = %s ORDER BY 1, 2"
A_DAY = (
    video(1, "邻居说早上喝白酒就不会得病"),
    video(2, "大蒜水能杀死病毒"),
    video(3, "包饺子也许放点醋更香呀"),
    video(4, "今天天气真好出门走一走吧"),
    b"{broken",
)


def changed_judge(site: Site, **parts: Any) -> world.ToldJudge:
    judge = world.ToldJudge({"大蒜水": ["WHO-001"], "放点醋": ["WHO-003"]}, **parts)
    tell(site, judge)
    return judge
