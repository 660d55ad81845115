"""What is read of QQ: Qzone's stream as aioqzone has it, and RSSHub's feeds of the rest."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Metric, ParsedPost, Platform
from pipeline.sources import FORMATS
from tests.sources.samples import QZONE_PAGE, document, fragment, source
from tests.sources.samples_qq import AIOQZONE, CHANNEL

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai


def mood(**changed: Any) -> ParsedPost:
    (post,) = source("qzone-aioqzone").parse(fragment({**AIOQZONE, **changed}))
    return post


MOOD = ParsedPost(
    platform=Platform.QZONE,
    platform_post_id="00c0ffee5a5a5a5a00010000",
    account_id="300000007",
    account_name="云上的小林",
    url="https://user.qzone.qq.com/300000007/mood/00c0ffee5a5a5a5a00010000",
    posted_at=EIGHT,
    text="今天包了饺子 [em]e113[/em]",
    counts={Metric.LIKES: Count(7), Metric.COMMENTS: Count(4)},
    has_media=True,
)


def test_a_mood_of_the_mobile_site() -> None:
    assert mood() == MOOD


def test_a_mood_has_the_same_id_and_account_on_the_mobile_site() -> None:
    (other,) = source("qzone-msglistv6").parse(fragment(QZONE_PAGE))
    assert (MOOD.platform_post_id, MOOD.account_id, MOOD.url) == (other.platform_post_id, other.account_id, other.url)


def test_what_aioqzone_writes_out_itself_says_the_same() -> None:
    dumped = {
        "fid": "00c0ffee5a5a5a5a00010000",
        "common": {"time": 1762905600, "appid": 311, "typeid": 0, "right_info": {"ugc_right": 1}},
        "userinfo": {"uin": 300000007, "nickname": "云上的小林"},
        "summary": AIOQZONE["summary"],
        "like": {"isliked": False, "likeNum": 7},
        "comment": {"num": 4},
        "pic": {"albumid": "a1"},
        "original": None,
        "share_info": {"summary": "", "title": "", "photourl": None},
    }
    assert source("qzone-aioqzone").parse(fragment(dumped)) == [MOOD]


@pytest.mark.parametrize("summary", [{"summary": "饺" * 499}, {"summary": "饺子", "hasmore": True}])
def test_a_summary_that_was_cut_is_marked(summary: dict[str, Any]) -> None:
    assert mood(summary=summary).is_truncated


def test_a_summary_just_short_of_the_cut_is_whole() -> None:
    assert not mood(summary={"summary": "饺" * 498}).is_truncated


@pytest.mark.parametrize("right", [4, 16, 64, 128])
def test_a_mood_for_friends_or_oneself_is_private(right: int) -> None:
    assert mood(comm={**AIOQZONE["comm"], "right_info": {"ugc_right": right}}).is_private


@pytest.mark.parametrize(
    "original", [{"cell_summary": {"summary": "原文"}, "cell_id": {"cellid": "b"}}, {"summary": {"summary": "原文"}}]
)
def test_the_words_of_a_reposted_mood_are_kept_apart(original: dict[str, Any]) -> None:
    assert mood(original=original) == replace(MOOD, reposted_text="原文")


def test_the_words_of_a_shared_page_are_not_the_authors() -> None:
    assert mood(operation={"share_info": {"title": "一篇", "summary": "摘要"}}).reposted_text == "一篇\n摘要"


def test_what_is_no_mood_has_no_words_of_its_author_and_another_id() -> None:
    post = mood(comm={**AIOQZONE["comm"], "appid": 202})
    assert (post.platform_post_id, post.text, post.url) == ("202_300000007_00c0ffee5a5a5a5a00010000", "", "")
    assert post.reposted_text == MOOD.text


def test_an_answer_without_login_stops_the_source() -> None:
    page = '{"code":-3000,"message":"请先登录","data":null}'
    with pytest.raises(SourceError, match=r"-3000 .请先登录.*log in again"):
        list(source("qzone-aioqzone").split(document(page)))


# ---- RSSHub -----------------------------------------------------------------------------------------


def of_feed(item: dict[str, Any], home: str = "", **settings: str) -> ParsedPost:
    page = json.dumps({"version": "https://jsonfeed.org/version/1.1", "home_page_url": home, "items": [item]})
    opened = source("qq-rsshub", **settings)
    ((post,),) = [opened.parse(record) for record in opened.split(document(page))]
    return post


def test_a_post_of_a_channel() -> None:
    assert of_feed(CHANNEL) == ParsedPost(
        platform=Platform.QQ,
        platform_post_id="pd_qexample01d_B_exam01ple",
        account_id="阳台农夫",
        account_name="阳台农夫",
        url="https://pd.qq.com/g/qexample01d/post/B_exam01ple",
        posted_at=EIGHT,
        title="春天怎么种番茄",
        text=CHANNEL["content_html"],
        is_html=True,
        has_media=True,
    )


def test_a_news_account_is_named_by_its_page() -> None:
    item = {**CHANNEL, "id": "20251112A0EXAM00", "url": "https://view.inews.qq.com/a/20251112A0EXAM00"}
    post = of_feed(item, "https://news.qq.com/omn/author/8QExample=")
    assert (post.platform_post_id, post.account_id) == ("news_20251112A0EXAM00", "8QExample=")
    assert of_feed({**item, "url": "https://news.qq.com/rain/a/20251112A0EXAM00"}).platform_post_id == (
        "news_20251112A0EXAM00"
    )


def test_a_fact_checkers_office_is_no_part_of_his_name() -> None:
    url = "https://vp.fact.qq.com/article?id=0example99"
    post = of_feed({**CHANNEL, "id": url, "url": url, "authors": [{"name": "李大夫 - 某医院主任"}]})
    assert (post.platform_post_id, post.account_id) == ("fact_0example99", "李大夫")


def test_feedback_has_no_author_and_needs_an_account() -> None:
    url = "https://support.qq.com/products/28001/post/177000"
    item = {k: v for k, v in CHANNEL.items() if k != "authors"} | {"id": url, "url": url}
    assert of_feed(item, account_id="p28001").platform_post_id == "txc_28001_177000"
    with pytest.raises(RecordError, match="set account_id"):
        of_feed(item)


@pytest.mark.parametrize("url", ["https://pd.qq.com/g/qexample01d", "https://qq.com/x", ""])
def test_an_address_of_no_post_is_refused(url: str) -> None:
    with pytest.raises(RecordError, match=r"bad_id|missing"):
        of_feed({**CHANNEL, "id": url, "url": url})


@pytest.mark.parametrize(("name", "record"), [("qq-rsshub", CHANNEL), ("qzone-aioqzone", AIOQZONE)])
def test_each_recognises_itself_alone(name: str, record: dict[str, Any]) -> None:
    decoded = FORMATS[name].decode(fragment(record))
    assert [f.name for f in FORMATS.values() if f.recognises(decoded)] == [name]
