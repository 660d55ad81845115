"""What Tieba's formats make of a post."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Metric, ParsedPost, Platform
from tests.sources.samples import document, fragment, source
from tests.sources.samples_tieba import AIOTIEBA, MEDIACRAWLER, PAGES

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


THREAD = ParsedPost(
    platform=Platform.TIEBA,
    platform_post_id="9600000011",
    account_id="tb.1.example",
    account_name="养龟新手",
    url="https://tieba.baidu.com/p/9600000011",
    posted_at=EIGHT,
    title="新手养龟，冬天要不要加热",
    text="水温掉到十五度了，它不怎么动",
    counts={Metric.VIEWS: Count(640), Metric.LIKES: Count(5), Metric.COMMENTS: Count(27), Metric.SHARES: Count(0)},
)


def test_a_thread_of_aiotieba_is_its_title_and_its_words() -> None:
    assert of_page("tieba-aiotieba", AIOTIEBA) == THREAD


def test_a_thread_of_mediacrawler_is_the_same_thread() -> None:
    assert parse("tieba-mediacrawler", MEDIACRAWLER) == replace(
        THREAD,
        account_id="8899aabbccddeeff",
        account_name="养***手",
        observed_at=SEEN,
        counts={Metric.COMMENTS: Count(27)},
    )


def test_the_former_mediacrawler_links_the_author_that_aiotieba_names() -> None:
    linked = {**MEDIACRAWLER, "user_link": "https://tieba.baidu.com/home/main?fr=pb&id=tb.1.example&ie=utf-8"}
    assert parse("tieba-mediacrawler", linked).account_id == THREAD.account_id


@pytest.mark.parametrize("unknown", ["1970-01-01 08:00:00", "", None])
def test_an_unknown_time_of_a_thread_is_unknown(unknown: str | None) -> None:
    assert parse("tieba-mediacrawler", {**MEDIACRAWLER, "publish_time": unknown}).posted_at is None


def test_a_thread_without_portrait_has_its_authors_number() -> None:
    assert parse("tieba-aiotieba", {**AIOTIEBA, "user": None}).account_id == "910007"


def test_the_words_of_a_shared_thread_are_kept_apart() -> None:
    origin = {"title": "旧帖", "contents": {"texts": [{"text": "别加热"}]}, "tid": 9}
    post = parse("tieba-aiotieba", {**AIOTIEBA, "is_share": True, "share_origin": origin})
    assert (post.text, post.reposted_text) == (THREAD.text, "旧帖\n别加热")


def test_what_a_recommending_list_does_not_count_is_unknown() -> None:
    listed = {**AIOTIEBA, "pid": 0, "agree": 0, "reply_num": 0, "share_num": 0}
    assert parse("tieba-aiotieba", listed).counts == {Metric.VIEWS: Count(640)}


@pytest.mark.parametrize(
    ("contents", "has_media"),
    [
        ({"imgs": [{"src": "x"}]}, True),
        ({"video": {"src": "x"}}, True),
        ({"voice": {"md5": ""}}, False),
    ],
)
def test_a_thread_with_a_picture_or_video_has_media(contents: dict[str, Any], has_media: bool) -> None:
    assert parse("tieba-aiotieba", {**AIOTIEBA, "contents": contents}).has_media is has_media


def test_a_hidden_thread_is_gone() -> None:
    assert parse("tieba-aiotieba", {**AIOTIEBA, "is_hide": True}).is_deleted


def test_a_reply_is_no_post() -> None:
    with pytest.raises(RecordError, match="not_a_post"):
        parse("tieba-aiotieba", {**AIOTIEBA, "floor": 2})


def test_a_time_by_the_clock_of_a_machine_elsewhere_is_read_in_its_zone() -> None:
    assert parse("tieba-mediacrawler", MEDIACRAWLER, zone="UTC").posted_at == datetime(2025, 11, 12, 8, 0, tzinfo=UTC)
