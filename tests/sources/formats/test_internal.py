"""A company's own streams: what happened to a post, and what a message, row or line says of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from tests.sources.samples import fragment, source
from tests.sources.samples_internal import EVENT, LINE, ROW

POSTED = datetime(2025, 11, 12, tzinfo=UTC)
SEEN = datetime(2025, 11, 12, 0, 0, 7, tzinfo=UTC)


def read(name: str, record: dict[str, Any], **changed: object) -> ParsedPost:
    [post] = source(name).parse(fragment({**record, **changed}))
    return post


def event(**changed: object) -> ParsedPost:
    return read("internal-kafka", EVENT, **changed)


def test_an_event_is_read_whole() -> None:
    assert event() == ParsedPost(
        platform=Platform.DOUYIN,
        platform_post_id="7600000000000000777",
        account_id="u-4711",
        account_name="菜场的老陈",
        follower_count=Count(48000),
        url="https://www.douyin.com/video/7600000000000000777",
        posted_at=POSTED,
        observed_at=SEEN,
        text="买菜挑嫩的 #买菜",
        transcript="今天带大家挑菠菜\n三招挑菠菜",
        counts={
            Metric.LIKES: Count(310),
            Metric.COMMENTS: Count(12),
            Metric.VIEWS: Count(9100),
            Metric.FAVOURITES: Count(40),
        },
        has_media=True,
    )


def test_html_is_read_where_there_is_no_text() -> None:
    post = event(content={"text": "", "html": "<p>买菜</p>"})
    assert (post.text, post.is_html) == ("<p>买菜</p>", True)
    assert not event(content={"text": "1 < 2", "html": "<p>买菜</p>"}).is_html


def test_an_edited_post_says_when() -> None:
    assert event(event="edited").edited_at == SEEN


def test_a_deletion_needs_neither_author_nor_content() -> None:
    post = event(event="deleted", author=None, content=None, media=None, metrics=None)
    assert (post.platform_post_id, post.is_deleted, post.account_id) == ("7600000000000000777", True, "")


def test_counts_alone_need_no_author() -> None:
    post = event(event="stats", author=None, content=None)
    assert (post.account_id, post.text, post.counts[Metric.LIKES], post.observed_at) == ("", "", Count(310), SEEN)


def test_words_need_an_author() -> None:
    with pytest.raises(RecordError, match=r"missing: no account \(author.id\)"):
        event(author={})


def test_the_header_says_the_event_where_the_value_does_not() -> None:
    value = {k: v for k, v in EVENT.items() if k != "event"}
    context = json.dumps({"key": None, "headers": {"event-type": "post.deleted"}}).encode()
    [post] = source("internal-kafka").parse(Fragment(body=json.dumps(value).encode(), origin="x", context=context))
    assert post.is_deleted


@pytest.mark.parametrize("name", ["", "liked", None])
def test_an_unknown_event_names_those_there_are(name: object) -> None:
    with pytest.raises(RecordError, match=r"unknown_event: .* none of created, edited, deleted, stats"):
        event(event=name)


@pytest.mark.parametrize(("name", "record"), [("internal-kafka", EVENT), ("internal-postgres", ROW)])
def test_an_unknown_platform_names_those_there_are(name: str, record: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="unknown_platform: the platform 'orkut' is none of qzone, "):
        read(name, record, platform="orkut")
    with pytest.raises(RecordError, match="missing: no `platform`"):
        read(name, record, platform=None)


def test_a_platform_may_be_written_otherwise() -> None:
    assert event(platform="WeChat-Channels").platform is Platform.WECHAT_CHANNELS


def test_a_row_is_read_whole() -> None:
    assert read("internal-postgres", ROW) == ParsedPost(
        platform=Platform.WEIBO,
        platform_post_id="4900000000000777",
        account_id="1200000077",
        posted_at=POSTED,
        observed_at=datetime(2025, 11, 12, 0, 5, tzinfo=UTC),
        text="早市的豆腐比超市的香",
        counts={Metric.LIKES: Count(53)},
    )


def test_a_row_whose_time_has_no_zone_is_of_shanghai() -> None:
    assert read("internal-postgres", ROW, created_at="2025-11-12 08:00:00").posted_at == POSTED


def test_a_row_with_a_time_of_deletion_is_gone() -> None:
    post = read("internal-postgres", ROW, deleted_at="2025-11-12T09:00:00+08:00", author_id=None)
    assert (post.is_deleted, post.account_id) == (True, "")


@pytest.mark.parametrize(("metrics", "likes"), [('{"like": 53}', Count(53)), ("", None), (None, None)])
def test_the_metrics_of_a_row_may_be_text(metrics: object, likes: Count | None) -> None:
    assert read("internal-postgres", ROW, metrics=metrics).counts.get(Metric.LIKES) == likes


def test_a_line_is_read_whole() -> None:
    assert read("internal-objectstore", LINE) == ParsedPost(
        platform=Platform.XIAOHONGSHU,
        platform_post_id="70aa00000000000021004777",
        account_id="u-0815",
        account_name="楼下的小食堂",
        url="https://www.xiaohongshu.com/explore/70aa00000000000021004777",
        posted_at=POSTED,
        title="一周的早饭",
        text="周一粥，周二面",
        counts={Metric.LIKES: Count(77), Metric.COMMENTS: Count(5), Metric.SHARES: Count(1)},
    )


def test_a_line_whose_time_has_no_zone_is_of_utc() -> None:
    assert read("internal-objectstore", LINE, published_at="2025-11-12 00:00:00").posted_at == POSTED


def test_columns_of_metrics_are_read_too() -> None:
    assert read("internal-objectstore", LINE, like_count=None, metrics_like=9).counts[Metric.LIKES] == Count(9)


def test_a_line_may_be_an_event() -> None:
    assert read("internal-objectstore", EVENT, event="deleted").is_deleted
