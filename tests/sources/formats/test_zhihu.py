"""What Zhihu's format makes of a post."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Metric, ParsedPost, Platform
from tests.sources.samples import fragment, source
from tests.sources.samples_zhihu import MEDIACRAWLER

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
NINE = datetime(2025, 11, 12, 1, 0, tzinfo=UTC)
SEEN = datetime(2025, 11, 13, 2, 13, 20, 456000, tzinfo=UTC)


def parse(name: str, record: dict[str, Any], **settings: str) -> ParsedPost:
    (post,) = source(name, **settings).parse(fragment(record))
    return post


ANSWER = ParsedPost(
    platform=Platform.ZHIHU,
    platform_post_id="answer_3600000017",
    account_id="dd00ee11ff220033",
    account_name="北***台",
    url="https://www.zhihu.com/question/610000005/answer/3600000017",
    posted_at=EIGHT,
    edited_at=NINE,
    observed_at=SEEN,
    title="自己发豆芽要注意什么？",
    text="我家阳台朝北，发芽前一天翻两次，没发霉。",
    counts={Metric.LIKES: Count(88), Metric.COMMENTS: Count(6)},
)


def test_an_answer_goes_with_its_question() -> None:
    assert parse("zhihu-mediacrawler", MEDIACRAWLER) == ANSWER


def test_an_unedited_answer_has_no_time_of_an_edit() -> None:
    assert parse("zhihu-mediacrawler", {**MEDIACRAWLER, "updated_time": "1762905600"}).edited_at is None


@pytest.mark.parametrize(
    ("kind", "url"),
    [("article", "https://zhuanlan.zhihu.com/p/3600000017"), ("zvideo", "https://www.zhihu.com/zvideo/3600000017")],
)
def test_an_article_and_a_video_of_the_same_number_are_other_posts(kind: str, url: str) -> None:
    post = parse("zhihu-mediacrawler", {**MEDIACRAWLER, "content_type": kind, "question_id": ""})
    assert (post.platform_post_id, post.url) == (f"{kind}_3600000017", url)


@pytest.mark.parametrize(("kind", "is_cut"), [("answer", True), ("zvideo", False)])
def test_without_a_text_the_excerpt_is_read(kind: str, is_cut: bool) -> None:
    post = parse("zhihu-mediacrawler", {**MEDIACRAWLER, "content_type": kind, "content_text": ""})
    assert (post.text, post.is_truncated, post.has_media) == ("我家阳台朝北", is_cut, not is_cut)


@pytest.mark.parametrize("changed", [{"comment_id": "1"}, {"content_type": "question"}, {"content_type": None}])
def test_what_is_no_answer_article_or_video_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="not_a_post"):
        parse("zhihu-mediacrawler", {**MEDIACRAWLER, **changed})
