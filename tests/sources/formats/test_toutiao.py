"""What Toutiao's formats make of a post."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Metric, ParsedPost, Platform
from tests.sources.samples import document, fragment, source
from tests.sources.samples_toutiao import PAGES, RSSHUB, YT_DLP

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


ARTICLE = ParsedPost(
    platform=Platform.TOUTIAO,
    platform_post_id="7500000000000000042",
    account_id="MS4wLjABAAAAexample",
    account_name="老房子修修",
    url="https://www.toutiao.com/article/7500000000000000042/",
    posted_at=EIGHT,
    title="入冬前怎么给窗户贴保温膜",
    text="先把玻璃擦干净，量好尺寸再裁……",
    is_html=True,
    is_truncated=True,
)


def test_an_article_of_a_feed_is_its_abstract() -> None:
    assert of_page("toutiao-rsshub", RSSHUB) == ARTICLE


@pytest.mark.parametrize(
    ("kind", "content", "is_cut", "has_media"),
    [
        ("article", "<p>先把玻璃擦干净。</p>", False, False),
        ("w", "先把玻璃擦干净", False, False),
        ("video", '<video src="https://v.example/1"></video>', False, True),
    ],
)
def test_a_micro_post_a_video_and_a_whole_article_are_not_cut(
    kind: str, content: str, is_cut: bool, has_media: bool
) -> None:
    address = f"https://www.toutiao.com/{kind}/7500000000000000042/"
    post = of_page("toutiao-rsshub", {**RSSHUB, "url": address, "id": address, "content_html": content})
    assert (post.platform_post_id, post.is_truncated, post.has_media) == (ARTICLE.platform_post_id, is_cut, has_media)


def test_the_authors_of_a_channel_are_known_by_name() -> None:
    channel = '{"title":"养生 - 今日头条","home_page_url":"https://www.toutiao.com/ch/news_regimen/","items":%s}'
    assert of_page("toutiao-rsshub", RSSHUB, channel).account_id == "老房子修修"


def test_an_item_at_no_post_is_refused() -> None:
    with pytest.raises(RecordError, match="missing"):
        of_page("toutiao-rsshub", {**RSSHUB, "url": "https://www.toutiao.com/", "id": ""})


def test_what_yt_dlp_calls_likes_of_toutiao_are_favourites() -> None:
    assert parse("toutiao-ytdlp", YT_DLP) == replace(
        ARTICLE,
        url="https://www.toutiao.com/video/7500000000000000042/",
        observed_at=SEEN.replace(microsecond=0),
        text="",
        is_html=False,
        counts={Metric.VIEWS: Count(6200), Metric.FAVOURITES: Count(140), Metric.COMMENTS: Count(9)},
        has_media=True,
        is_truncated=False,
    )


def test_the_same_video_at_xigua_has_likes_and_the_same_id() -> None:
    post = parse("toutiao-ytdlp", {**YT_DLP, "extractor_key": "Ixigua", "description": "先擦玻璃"})
    assert (post.platform_post_id, post.text, post.counts[Metric.LIKES]) == (
        ARTICLE.platform_post_id, "先擦玻璃", Count(140),
    )  # fmt: skip


def test_a_toutiao_video_may_name_its_time_otherwise() -> None:
    renamed = {**YT_DLP, "timestamp": None, "release_timestamp": 1762905600}
    assert parse("toutiao-ytdlp", renamed).posted_at == EIGHT
