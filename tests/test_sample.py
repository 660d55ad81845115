"""The bundled sample drop holds what its README says, and shares no wording with guidance/."""

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pipeline import settings
from pipeline.errors import RecordError
from pipeline.normalise import Scope, document_of, normalise
from pipeline.records import Count, DropReason, Guidance, Metric, ParsedPost, Platform
from pipeline.sources import open_source
from tests.sources.samples import window_of

ROOT = Path(__file__).parent.parent
DAYS = tuple(date(2026, 11, day) for day in (18, 19, 20))
FAMILY = {
    "qzone": "qq", "wechat": "wechat", "wechat_channels": "wechat", "youku": "youku",
    "tiktok": "tiktok", "douyin": "tiktok", "xiaohongshu": "xiaohongshu",
}  # fmt: skip
TIER_ENDS = (10_000, 100_000, 500_000, 5_000_000)
MAX_SHARED = 0.5
MIN_CHARACTERS = 8

Key = tuple[str, str]


@dataclass(frozen=True)
class Drop:
    """Everything the sample delivers, as the sources read it."""

    posts: list[tuple[date, str, ParsedPost]] = field(default_factory=list)
    broken: list[tuple[date, str, str]] = field(default_factory=list)

    def versions(self) -> dict[Key, dict[tuple[str, str, str], date]]:
        """For each post, its texts (title, text, transcript) and the day each was first collected."""
        found: dict[Key, dict[tuple[str, str, str], date]] = {}
        for day, _, post in self.posts:
            words = (post.title, post.text, post.transcript)
            found.setdefault((post.platform, post.platform_post_id), {}).setdefault(words, day)
        return found

    def said(self, words: str) -> list[tuple[date, ParsedPost]]:
        found = [(day, p) for day, _, p in self.posts if words in f"{p.title}\n{p.text}\n{p.transcript}"]
        assert found, f"no post says {words!r}"
        return found


@pytest.fixture(scope="module")
def drop() -> Drop:
    configured = settings.load({"KOLWATCH_CONFIG": str(ROOT / "kolwatch.toml")})
    found = Drop()
    for name, table in configured.source.items():
        source = open_source(name, table, configured.root)
        for day in DAYS:
            for fragment in (f for d in source.documents(window_of(day)) for f in source.split(d)):
                try:
                    found.posts.extend((day, name, post) for post in source.parse(fragment))
                except RecordError as error:
                    found.broken.append((day, name, error.reason))
    return found


@pytest.fixture(scope="module")
def expected() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "sample/expected.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def watchlist() -> list[dict[str, str]]:
    with (ROOT / "sample/watchlist.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_source_delivers_and_ordinary_posts_are_the_majority(drop: Drop, expected: list[dict[str, Any]]) -> None:
    posts = drop.versions()
    assert len(posts) >= 150
    assert len({name for _, name, _ in drop.posts}) == 13
    marked = {(e["platform"], e["platform_post_id"]) for e in expected}
    assert len(posts.keys() - marked) > len(posts) / 2


def test_only_the_clinic_delivers_nothing_on_one_day(drop: Drop) -> None:
    delivered = {(name, day) for day, name, _ in drop.posts}
    names = {name for name, _ in delivered}
    assert {(n, d) for n in names for d in DAYS} - delivered == {("wechat_freepublish", date(2026, 11, 19))}


def test_flags_are_expected_on_all_families_and_days(expected: list[dict[str, Any]]) -> None:
    flags = [e for e in expected if e["flag"]]
    assert len(flags) >= 34
    assert {FAMILY[e["platform"]] for e in flags} == set(FAMILY.values())
    by_day = Counter(date.fromisoformat(e["day"]) for e in flags)
    assert set(by_day) == set(DAYS)
    assert by_day[DAYS[2]] >= 12
    assert len({e["guidance_ids"][0] for e in flags}) >= 22
    assert len(expected) - len(flags) >= 12


def test_every_expected_line_is_complete_and_names_a_post_of_its_day(
    drop: Drop, expected: list[dict[str, Any]]
) -> None:
    versions = drop.versions()
    for line in expected:
        assert list(line) == ["platform", "platform_post_id", "day", "flag", "guidance_ids", "why"]
        assert line["why"]
        assert bool(line["guidance_ids"]) == line["flag"], line
        days = versions[line["platform"], line["platform_post_id"]].values()
        assert date.fromisoformat(line["day"]) in days, line
    keys = [(e["platform"], e["platform_post_id"], e["day"]) for e in expected]
    assert len(keys) == len(set(keys))


def test_the_named_positions_exist_and_three_flags_are_s4(expected: list[dict[str, Any]], shipped: Guidance) -> None:
    positions = shipped.positions
    named = [e["guidance_ids"] for e in expected if e["flag"]]
    assert {i for ids in named for i in ids} <= positions.keys()
    assert sum(positions[ids[0]].severity == "S4" for ids in named) >= 3


def test_flagged_posts_can_be_judged(drop: Drop, expected: list[dict[str, Any]]) -> None:
    flags = {(e["platform"], e["platform_post_id"], e["day"]) for e in expected if e["flag"]}
    judged = [p for d, _, p in drop.posts if (p.platform, p.platform_post_id, d.isoformat()) in flags]
    assert len(judged) >= len(flags)
    for post in judged:
        document = document_of(post)[0]
        assert 8 <= len(document) <= 400
        assert not post.has_media or len(re.findall(r"\w", document)) >= 15
        assert not post.is_private
        assert not post.is_deleted


def test_every_tier_is_there_and_some_followers_are_unknown(drop: Drop, watchlist: list[dict[str, str]]) -> None:
    assert list(watchlist[0]) == ["platform", "account_id", "name", "follower_count", "observed_at", "note"]
    listed = {(Platform(w["platform"]), w["account_id"]): w["follower_count"] for w in watchlist}
    followers: dict[Key, int | None] = {}
    for _, _, post in drop.posts:
        count = listed.get((post.platform, post.account_id), "")
        own = post.follower_count.value
        followers[post.platform, post.account_id] = int(count) if count and own is None else own
    assert listed.keys() <= followers.keys()
    known = [n for n in followers.values() if n is not None]
    assert {sum(n >= end for end in TIER_ENDS) for n in known if n >= 300} == {0, 1, 2, 3, 4}
    assert sum(n < 300 for n in known) >= 2
    assert None in followers.values()
    assert all((p, a) not in listed for (p, a), n in followers.items() if n is not None and n < 300)


def test_scope_keeps_every_flag_and_has_something_to_drop(
    drop: Drop, expected: list[dict[str, Any]], watchlist: list[dict[str, str]]
) -> None:
    counts = {(w["platform"], w["account_id"]): w["follower_count"] for w in watchlist}
    listed = {key: Count(int(shown) if shown else None) for key, shown in counts.items()}
    outcome = normalise([p for _, _, p in drop.posts], Scope(watchlist=listed), screen=lambda text: True)
    kept = {(p.parsed.platform, p.parsed.platform_post_id) for p in outcome.kept}
    assert {(e["platform"], e["platform_post_id"]) for e in expected if e["flag"]} <= kept
    reasons = Counter(dropped.reason for dropped in outcome.dropped)
    assert reasons[DropReason.NOT_A_KOL] == 7
    assert reasons[DropReason.PRIVATE] == 3
    assert reasons[DropReason.DELETED] == 2
    assert reasons[DropReason.TEXT_TOO_SHORT_TO_JUDGE] == 3


def test_broken_records_have_their_reasons(drop: Drop) -> None:
    assert Counter(drop.broken) == Counter(
        {
            (DAYS[0], "qzone_export", "not_a_post"): 1,
            (DAYS[0], "wechat_channels", "not_an_object"): 1,
            (DAYS[0], "douyin", "bad_time"): 1,
            (DAYS[0], "xiaohongshu", "not_json"): 1,
            (DAYS[1], "douyin", "wrong_encoding"): 1,
            (DAYS[1], "xiaohongshu", "missing"): 1,
            (DAYS[2], "qzone_export", "missing"): 1,
            (DAYS[2], "youku", "bad_time"): 1,
            (DAYS[2], "tiktok", "too_deep"): 1,
            (DAYS[2], "douyin", "bad_count"): 1,
        }
    )


def test_sloppy_records_are_read_right(drop: Drop) -> None:
    assert drop.said("一口西瓜味")[0][1].counts[Metric.LIKES] == Count(12_000)
    assert drop.said("四千一百公里")[0][1].counts[Metric.LIKES] == Count(100_000, lower_bound=True)
    assert Metric.SHARES not in drop.said("四千一百公里")[0][1].counts
    assert Metric.COMMENTS not in drop.said("水烧到冒蟹眼泡")[0][1].counts
    assert Metric.COMMENTS not in drop.said("老茶饼撬开来")[0][1].counts
    assert drop.said("没送出去的花")[0][1].text.endswith("\ufffd")
    assert "手机壳\ufffd也" in drop.said("新闻联播")[0][1].text
    page = (ROOT / "sample/drop/youku/2026-11-19/videos_page_1.json").read_bytes()
    assert drop.said("洋葱要炒到它自己求饶")[0][1].text in page.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        page.decode("utf-8")


def test_posts_are_edited_corrected_deleted_and_delivered_again(drop: Drop, expected: list[dict[str, Any]]) -> None:
    flag_of = {(e["platform"], e["platform_post_id"], e["day"]): e["flag"] for e in expected}

    def history(words: str) -> list[tuple[str, bool | None]]:
        post = drop.said(words)[0][1]
        days = drop.versions()[post.platform, post.platform_post_id].values()
        return [(d.isoformat(), flag_of.get((post.platform, post.platform_post_id, d.isoformat()))) for d in days]

    assert history("约了周六去配镜") == [("2026-11-18", None), ("2026-11-20", True)]
    assert history("宫颈刮片的单子") == [("2026-11-18", True), ("2026-11-20", False)]
    assert [(d.day, p.is_deleted) for d, p in drop.said("膏方开炉")] == [(18, False), (20, True)]
    assert [d.day for d, _ in drop.said("后山的柿子挂霜了")] == [19, 19, 20]
    assert {p.platform for _, p in drop.said("刚从县里开完会的表弟捎话") if "//@" not in p.text} == {"qzone", "douyin"}
    views = [p.counts[Metric.VIEWS].value or 0 for _, p in drop.said("糖友别再当针筒的奴隶")]
    assert len(views) == 2
    assert views[0] < views[1]


def test_private_posts_and_reposted_words_are_never_the_authors(drop: Drop) -> None:
    private = [p for _, _, p in drop.posts if p.is_private]
    assert {p.platform for p in private} == {Platform.QZONE, Platform.YOUKU}
    assert len(private) >= 3
    chain = next(p for _, p in drop.said("我都不信还转来给我看"))
    assert "表弟" not in document_of(chain)[0]
    assert "表弟" in document_of(chain)[3]
    assert "打了针反而" in drop.said("转给还没打预防针的姐妹看看")[0][1].reposted_text


def _bigrams(texts: Sequence[str]) -> list[set[str]]:
    bare = [re.sub(r"\W", "", t) for t in texts]
    return [{a + b for a, b in pairwise(t)} for t in bare]


def _rows(grams: Sequence[set[str]], columns: dict[str, int]) -> csr_matrix:
    """One row a text, a 1 for each bigram that has a column."""
    at = [(row, columns[g]) for row, found in enumerate(grams) for g in found if g in columns]
    rows, cols = np.array(at, dtype=np.int64).reshape(-1, 2).T
    return csr_matrix((np.ones(len(at), np.float32), (rows, cols)), shape=(len(grams), len(columns)))


def most_shared(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[float, str, str]]:
    """For each of ours, the highest Jaccard similarity of character bigrams to any of theirs, and both texts."""
    a, b = _bigrams(ours), _bigrams(theirs)
    columns = {gram: number for number, gram in enumerate(sorted(set().union(*a)))}
    common = (_rows(a, columns) @ _rows(b, columns).T).toarray()
    sizes = np.add.outer([len(s) for s in a], [len(s) for s in b])
    shared = common / np.maximum(sizes - common, 1)
    best = shared.argmax(axis=1)
    return [(float(shared[i, j]), ours[i], theirs[j]) for i, j in enumerate(best)]


def test_shared_wording_is_measured() -> None:
    near, far = most_shared(["甲乙丙丁", "戊己庚辛"], ["甲乙丙，戊", "子丑寅卯"])
    assert near == (0.5, "甲乙丙丁", "甲乙丙，戊")
    assert far[0] == 0


def test_the_sample_shares_no_wording_with_guidance(drop: Drop, shipped: Guidance) -> None:
    parts = {t for _, _, p in drop.posts for t in (p.title, p.text, p.transcript, document_of(p)[0])}
    ours = sorted(t for t in parts if len(t) > MIN_CHARACTERS)
    theirs = [text.text for text in shipped.texts]
    assert len(ours) >= 150
    assert theirs
    assert [found for found in most_shared(ours, theirs) if found[0] > MAX_SHARED] == []
