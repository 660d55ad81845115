"""Any route of RSSHub: an item's address says the platform, the post and, where it can, the account."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import ParsedPost, Platform
from pipeline.sources import FORMATS
from pipeline.sources.formats.weibo_posts import canonical_id
from tests.sources.samples import PAGES, RECORDS, document, source
from tests.sources.samples_rsshub import WEIBO_ITEM


def posts(data: str, **settings: str) -> list[ParsedPost]:
    opened = source("rsshub-jsonfeed", **settings)
    return [post for record in opened.split(document(data)) for post in opened.parse(record)]


def only(item: dict[str, Any], home: str = "", **settings: str) -> ParsedPost:
    page = {"version": "https://jsonfeed.org/version/1.1", "title": "t", "home_page_url": home, "items": [item]}
    (post,) = posts(json.dumps(page, ensure_ascii=False), **settings)
    return post


def at(url: str, **more: Any) -> dict[str, Any]:
    return {**WEIBO_ITEM, "id": url, "url": url, "authors": [{"name": "甲"}], **more}


WEIBO_POST = ParsedPost(
    platform=Platform.WEIBO,
    platform_post_id=canonical_id("z0JH2lOMb"),
    account_id="9000000001",
    account_name="晚霞收集者",
    url="https://weibo.com/9000000001/z0JH2lOMb",
    posted_at=datetime(2025, 11, 12, 0, 0, tzinfo=UTC),
    text=WEIBO_ITEM["content_html"],
    is_html=True,
    has_media=True,
)


def test_a_post_of_weibo_has_the_number_it_has_everywhere_and_no_title() -> None:
    assert posts(PAGES["rsshub-jsonfeed"] % json.dumps([WEIBO_ITEM])) == [WEIBO_POST]


def test_the_same_route_as_rss_says_the_same_but_for_the_authors_address() -> None:
    rss = (
        '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel>'
        "<title>晚霞收集者的微博</title><link>https://weibo.com/9000000001/</link><item><title>下班路上看到晚霞</title>"
        "<description>下班路上看到晚霞&lt;span class=&quot;url-icon&quot;&gt;&lt;img alt=&quot;[心]&quot; "
        "src=&quot;https://icon.example/1&quot;&gt;&lt;/span&gt;</description>"
        "<link>https://weibo.com/9000000001/z0JH2lOMb</link>"
        '<guid isPermaLink="false">https://weibo.com/9000000001/z0JH2lOMb</guid>'
        "<pubDate>Wed, 12 Nov 2025 00:00:00 GMT</pubDate><author>晚霞收集者</author></item></channel></rss>"
    )
    assert posts(rss) == [WEIBO_POST]


def test_the_words_of_a_reposted_post_of_weibo_are_kept_apart() -> None:
    quoting = '同感<br><blockquote> - 转发 <a href="https://weibo.com/1">@乙</a>: 原文</blockquote>'
    post = only({**WEIBO_ITEM, "title": "同感 - 转发 @乙: 原文", "content_html": quoting})
    assert (post.text, post.title) == ("同感<br>", "")
    assert "原文" in post.reposted_text


def test_a_text_of_weibo_that_goes_on_elsewhere_is_cut() -> None:
    post = only({**WEIBO_ITEM, "content_html": '今天写得很长…<a href="/status/1">全文</a>'})
    assert (post.text, post.is_truncated) == ("今天写得很长", True)


def test_the_words_of_a_reposted_post_of_bilibili_are_kept_apart() -> None:
    post = only(at("https://t.bilibili.com/1100000000000000042", content_html="同感<br>//转发自: @乙: 原文"))
    assert (post.platform_post_id, post.text, post.reposted_text) == ("1100000000000000042", "同感<br>", " @乙: 原文")


@pytest.mark.parametrize(
    ("url", "platform", "post_id"),
    [
        ("https://m.weibo.cn/status/5100000000000001", Platform.WEIBO, "5100000000000001"),
        ("https://www.bilibili.com/video/av170000", Platform.BILIBILI, "170000"),
        ("https://www.bilibili.com/opus/1100000000000000042", Platform.BILIBILI, "1100000000000000042"),
        ("https://www.bilibili.com/read/cv99", Platform.BILIBILI, "cv99"),
        ("https://www.zhihu.com/question/100/answer/200", Platform.ZHIHU, "answer_200"),
        ("https://zhuanlan.zhihu.com/p/300", Platform.ZHIHU, "article_300"),
        ("https://tieba.baidu.com/p/9600000011", Platform.TIEBA, "9600000011"),
        ("https://pd.qq.com/g/qexample01d/post/B_exam01ple", Platform.QQ, "pd_qexample01d_B_exam01ple"),
        ("https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw", Platform.WECHAT, "AbCdEfGhIjKlMnOpQrStUw"),
    ],
)
def test_an_address_says_the_platform_and_the_post(url: str, platform: Platform, post_id: str) -> None:
    post = only(at(url))
    assert (post.platform, post.platform_post_id, post.account_id) == (platform, post_id, "甲")


ROUTED = sorted(name for name in FORMATS if name.endswith("-rsshub"))


@pytest.mark.parametrize("name", ROUTED)
def test_an_item_reads_the_same_as_in_the_format_of_its_platform(name: str) -> None:
    page = PAGES.get(name, '{"version":"https://jsonfeed.org/version/1.1","items":%s}') % json.dumps([RECORDS[name]])
    of_its_own, of_any = (source(format, account_id="a1") for format in (name, "rsshub-jsonfeed"))
    (record,) = of_any.split(document(page))
    assert of_any.parse(record) == of_its_own.parse(record)


@pytest.mark.parametrize(
    ("home", "author", "account"),
    [
        ("https://space.bilibili.com/700001/dynamic", {"name": "甲"}, "700001"),
        ("", {"name": "甲", "url": "https://space.bilibili.com/700002"}, "700002"),
        ("", {"name": "甲"}, "甲"),
    ],
)
def test_an_account_is_in_an_address_or_is_a_name(home: str, author: dict[str, str], account: str) -> None:
    assert only(at("https://www.bilibili.com/video/av170000", authors=[author]), home).account_id == account


def test_a_configured_account_goes_before_a_name() -> None:
    assert only(at("https://tieba.baidu.com/p/9600000011"), account_id="a1").account_id == "a1"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://evil.example/weibo.com/1", r"unknown_platform: 'evil\.example'.*bilibili, douyin, .*zhihu"),
        ("https://notweibo.com/9000000001/z0JH2lOMb", "unknown_platform"),
        ("n-1", "unknown_platform: 'an item without an address'"),
        ("https://weibo.com/9000000001", "bad_id.*no address of a post of weibo"),
        ("https://tieba.baidu.com/p/9600000011?pid=5&cid=0", "not_a_post"),
    ],
)
def test_an_item_that_is_no_post_of_a_known_platform_is_refused(url: str, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        only(at(url))


def test_an_error_of_rsshub_stops_the_source() -> None:
    with pytest.raises(SourceError, match="this route is empty"):
        posts('{"error":{"message":"this route is empty"}}')
