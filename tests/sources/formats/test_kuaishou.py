"""What Kuaishou's formats make of a post."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Metric, ParsedPost, Platform
from tests.sources.samples import document, fragment, source
from tests.sources.samples_kuaishou import KS_DOWNLOADER, MEDIACRAWLER, PAGES, RSSHUB

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
SEEN = datetime(2025, 11, 13, 2, 13, 20, 456000, tzinfo=UTC)


def parse(name: str, record: dict[str, Any], **settings: str) -> ParsedPost:
    (post,) = source(name, **settings).parse(fragment(record))
    return post


def of_page(name: str, record: dict[str, Any], page: str = "", **settings: str) -> ParsedPost:
    opened = source(name, **settings)
    whole = (page or PAGES[name]) % json.dumps([record], ensure_ascii=False)
    ((post,),) = [opened.parse(part) for part in opened.split(document(whole))]
    return post


VIDEO = ParsedPost(
    platform=Platform.KUAISHOU,
    platform_post_id="3xsampleabcdef1",
    account_id="44aa55bb66cc77dd",
    account_name="海***叔",
    url="https://www.kuaishou.com/short-video/3xsampleabcdef1",
    posted_at=EIGHT,
    observed_at=SEEN,
    text="赶海捡了半桶蛏子，吐沙两小时再下锅",
    counts={Metric.LIKES: Count(4100), Metric.VIEWS: Count(98000)},
    has_media=True,
)


def test_a_kuaishou_video_says_its_caption_once() -> None:
    assert parse("kuaishou-mediacrawler", MEDIACRAWLER) == VIDEO


@pytest.mark.parametrize(("length", "is_cut"), [(499, False), (500, True)])
def test_a_caption_of_five_hundred_characters_is_cut(length: int, is_cut: bool) -> None:
    caption = "蛏" * length
    assert parse("kuaishou-mediacrawler", {**MEDIACRAWLER, "title": caption, "desc": caption}).is_truncated is is_cut


def test_a_row_of_ks_downloader_is_the_same_video() -> None:
    assert parse("kuaishou-ksdownloader", KS_DOWNLOADER) == replace(
        VIDEO,
        account_id="3xsampleauthor9",
        account_name="海边阿叔",
        observed_at=datetime(2025, 11, 13, 2, 0, tzinfo=UTC),
        counts={**VIDEO.counts, Metric.COMMENTS: Count(77)},
    )


def test_a_row_of_the_downloaders_former_table_is_read() -> None:
    new = ("authorID", "name", "realLikeCount")
    former = {k: v for k, v in KS_DOWNLOADER.items() if k not in new} | {
        "userEid": "3xsampleauthor9", "userId": "77", "userName": "海边阿叔", "likeCount": 4100, "collectionCount": 8,
        "fanCount": 5200, "timestamp": "unknown",
    }  # fmt: skip
    post = parse("kuaishou-ksdownloader", former)
    assert (post.account_id, post.account_name, post.posted_at) == ("3xsampleauthor9", "海边阿叔", None)
    assert (post.follower_count, post.counts[Metric.FAVOURITES]) == (Count(5200), Count(8))


def test_a_video_whose_id_the_downloader_missed_is_refused() -> None:
    with pytest.raises(RecordError, match=r"missing.*detailID"):
        parse("kuaishou-ksdownloader", {**KS_DOWNLOADER, "detailID": "Unknown"})


def test_a_feed_of_kuaishou_knows_the_post_and_no_words() -> None:
    post = of_page("kuaishou-rsshub", RSSHUB)
    assert (post.platform_post_id, post.account_id) == ("3xsampleabcdef1", "3xsampleauthor9")
    assert (post.title, post.has_media, post.url) == ("", True, VIDEO.url)


def test_a_time_by_the_clock_of_a_machine_elsewhere_is_read_in_its_zone() -> None:
    assert parse("kuaishou-ksdownloader", KS_DOWNLOADER, zone="UTC").posted_at == datetime(
        2025, 11, 12, 8, 0, tzinfo=UTC
    )
