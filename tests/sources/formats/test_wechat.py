"""WeChat: one article has one id and one account, whatever wrote it down."""

from typing import Any

import pytest

from pipeline.records import Count, Metric
from pipeline.sources.formats import wechat_ids as ids
from tests.sources.samples import WECHAT_SEND, fragment, source

LONG = "https://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&mid=2660000011&idx=2&sn=aa&chksm=zz&scene=27"


# ---- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["MzIwMDAwMDAwMQ==", "MzIwMDAwMDAwMQ", "3200000001", "MP_WXS_3200000001", "MP_WXS_MzIwMDAwMDAwMQ=="]
)
def test_an_account_is_one_however_it_is_written(written: str) -> None:
    assert ids.account_of(written) == "MzIwMDAwMDAwMQ=="


@pytest.mark.parametrize("written", ["MzFake", "gh_example", "", "all", "社区厨房"])
def test_what_is_no_number_in_base64_stays_as_it_is(written: str) -> None:
    assert ids.account_of(written) == written


@pytest.mark.parametrize(
    ("address", "article"),
    [
        (LONG, "MzIwMDAwMDAwMQ==_2660000011_2"),
        (LONG.replace("&", "&amp;"), "MzIwMDAwMDAwMQ==_2660000011_2"),
        (LONG.replace("&idx=2", ""), "MzIwMDAwMDAwMQ==_2660000011_1"),
        ("https://mp.weixin.qq.com/mp/appmsg/show?__biz=3200000001&appmsgid=7&itemidx=3", "MzIwMDAwMDAwMQ==_7_3"),
        ("https://mp.weixin.qq.com/s/AbCdEfGhIj?from=timeline", "AbCdEfGhIj"),
        ("https://mp.weixin.qq.com/s?src=11&timestamp=1762905600&ver=1&signature=xx", ""),
        ("https://mp.weixin.qq.com/s?__biz=%00&mid=1", ""),
        ("https://evil.example/s?__biz=MzIwMDAwMDAwMQ==&mid=1&idx=1", ""),
        ("https://[x", ""),
    ],
)
def test_an_address_names_its_article(address: str, article: str) -> None:
    assert ids.article_of_address(address) == article


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (LONG, "https://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&mid=2660000011&idx=2&sn=aa"),
        ("https://mp.weixin.qq.com/s/AbCdEfGhIj?from=timeline", "https://mp.weixin.qq.com/s/AbCdEfGhIj"),
        ("https://mp.weixin.qq.com/s?src=11&timestamp=1762905600&ver=1&signature=xx", ""),
        ("https://x.example/s?chksm=1", "https://x.example/s?chksm=1"),
    ],
)
def test_an_address_is_kept_without_signatures(address: str, kept: str) -> None:
    assert ids.canonical_address(address) == kept


def test_an_article_of_a_send_without_address_is_named_by_its_place() -> None:
    assert ids.articles_of_send(["", LONG, ""], "P1") == [
        "MzIwMDAwMDAwMQ==_2660000011_1", "MzIwMDAwMDAwMQ==_2660000011_2", "MzIwMDAwMDAwMQ==_2660000011_3",
    ]  # fmt: skip
    assert ids.articles_of_send(["", "https://mp.weixin.qq.com/s/AbCdEfGhIj"], "P1") == ["P1_1", "AbCdEfGhIj"]


# ---- the two that were first ------------------------------------------------------------------------


def test_a_send_and_an_export_give_one_article_one_id() -> None:
    sent = source("wechat-freepublish").parse(fragment(WECHAT_SEND))[0]
    exported = source("wechat-articleexporter").parse(fragment({"link": sent.url, "title": "门诊停诊通知"}))[0]
    assert (sent.platform_post_id, sent.account_id) == (exported.platform_post_id, exported.account_id)


TABLE_ROW: dict[str, Any] = {
    "公众号": "社区厨房笔记",
    "ID": "2660000009_2",
    "链接": "http://mp.weixin.qq.com/s?__biz=MzEXAMPLE==&mid=2660000009&idx=2&sn=0f0f#rd",
    "标题": "冬天怎么囤白菜",
    "封面": "https://mmbiz.example/0",
    "摘要": "三个办法",
    "创建时间": "2025-11-12 08:00:00",
    "发布时间": "2025-11-12 09:00:00",
    "阅读": 100001,
    "点赞": 230,
    "分享": 900,
    "喜欢": 61,
    "留言": None,
    "作者": "小编阿禾",
    "是否原创": "原创",
    "文章类型": "普通图文",
    "所属合集": "",
    "文章内容": "白菜先晒两天",
}


def test_a_row_of_the_exporters_table_is_read_by_its_chinese_headers() -> None:
    (post,) = source("wechat-articleexporter").parse(fragment(TABLE_ROW))
    assert (post.platform_post_id, post.account_name, post.title, post.text) == (
        "MzEXAMPLE==_2660000009_2", "社区厨房笔记", "冬天怎么囤白菜", "白菜先晒两天",
    )  # fmt: skip
    assert post.counts[Metric.VIEWS] == Count(100_000, True)
    assert Metric.COMMENTS not in post.counts
    assert [str(time) for time in (post.posted_at, post.edited_at)] == [
        "2025-11-12 08:00:00+08:00", "2025-11-12 09:00:00+08:00",
    ]  # fmt: skip
    assert (post.has_media, post.is_html, post.is_truncated) == (True, False, False)
