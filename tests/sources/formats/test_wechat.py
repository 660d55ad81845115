"""WeChat: one article has one id and one account, whatever wrote it down."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Metric, ParsedPost, Platform
from pipeline.sources import FORMATS
from pipeline.sources.formats import wechat_ids as ids
from tests.sources.samples import PAGES, RECORDS, WECHAT_SEND, document, fragment, source
from tests.sources.samples_wechat import GENERAL_MSG, ROUTED, WEMP, WEWE

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai

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


# ---- lists of messages ------------------------------------------------------------------------------


def listed(messages: list[Any]) -> str:
    inside = json.dumps({"list": messages}, ensure_ascii=False)
    return json.dumps({"code": 0, "msg": "成功", "data": {"ret": 0, "general_msg_list": inside}}, ensure_ascii=False)


def posts_of(name: str, data: str, **settings: str) -> list[ParsedPost]:
    opened = source(name, **settings)
    return [post for record in opened.split(document(data)) for post in opened.parse(record)]


def test_a_list_in_a_string_gives_the_articles_of_every_message() -> None:
    first, second = posts_of("wechat-generalmsglist", listed([GENERAL_MSG]), account_name="社区厨房笔记")
    assert first == ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id="MzIwMDAwMDAwMQ==_2660000009_1",
        account_id="MzIwMDAwMDAwMQ==",
        account_name="社区厨房笔记",
        url="https://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&mid=2660000009&idx=1&sn=0f",
        posted_at=EIGHT,
        title="冬天怎么囤白菜",
        text="三个办法",
        has_media=True,
        is_truncated=True,
    )
    assert (second.platform_post_id, second.title) == ("MzIwMDAwMDAwMQ==_2660000009_2", "萝卜也能囤")


def test_a_message_that_is_text_has_no_article() -> None:
    record = {"comm_msg_info": {**GENERAL_MSG["comm_msg_info"], "type": 1, "content": "明天停更 &amp; 休息"}}
    (post,) = source("wechat-generalmsglist").parse(fragment(record))
    assert (post.platform_post_id, post.text, post.is_html, post.has_media, post.is_truncated) == (
        "MzIwMDAwMDAwMQ==_1000000042_0", "明天停更 &amp; 休息", True, False, False,
    )  # fmt: skip


def test_an_article_of_a_list_without_address_was_deleted() -> None:
    head = {**GENERAL_MSG["app_msg_ext_info"], "content_url": "", "title": ""}
    first, second = source("wechat-generalmsglist").parse(fragment({**GENERAL_MSG, "app_msg_ext_info": head}))
    assert (first.platform_post_id, first.is_deleted) == ("MzIwMDAwMDAwMQ==_2660000009_1", True)
    assert not second.is_deleted


@pytest.mark.parametrize("cut", [2, 5, 60, 300])
def test_of_a_list_cut_short_every_complete_message_is_read(cut: int) -> None:
    whole = listed([GENERAL_MSG, GENERAL_MSG])
    records = list(source("wechat-generalmsglist").split(document(whole[:-cut])))
    assert json.loads(records[0].body) == GENERAL_MSG
    assert len(records) == 2


@pytest.mark.parametrize("inside", ['{"list":[]}', '{"list":null}'])
def test_an_empty_list_has_no_messages(inside: str) -> None:
    page = json.dumps({"ret": 0, "general_msg_list": inside})
    assert list(source("wechat-generalmsglist").split(document(page))) == []


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"ret": -3, "errmsg": "no session", "general_msg_list": ""}, r"-3 \(no session\); the session has expired"),
        ({"code": 0, "data": {"ret": -6, "errmsg": "freq"}}, r"-6 \(freq\); rate limited"),
        ({"code": 400, "msg": "no client"}, r"400 \(no client\)"),
    ],
)
def test_an_error_of_a_list_says_what_to_do(page: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(source("wechat-generalmsglist").split(document(json.dumps(page))))


# ---- feeds ------------------------------------------------------------------------------------------


def feed(item: dict[str, Any], **about: str) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", **about, "items": [item]}, ensure_ascii=False)


def test_an_article_out_of_rsshub_has_the_id_it_has_everywhere() -> None:
    (post,) = posts_of("wechat-rsshub", feed(ROUTED))
    assert post == ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id="MzIwMDAwMDAwMQ==_2660000009_1",
        account_id="MzIwMDAwMDAwMQ==",
        account_name="社区厨房笔记",
        url="https://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&mid=2660000009&idx=1&sn=0f",
        posted_at=EIGHT,
        title="冬天怎么囤白菜",
        text=ROUTED["content_html"],
        is_html=True,
        has_media=True,
    )


def test_a_passing_address_is_not_kept_and_does_not_make_an_article_new() -> None:
    passing = [f"https://mp.weixin.qq.com/s?src=11&timestamp={n}&ver=1&signature=x{n}" for n in (1, 2)]
    first, second = (posts_of("wechat-rsshub", feed({**ROUTED, "id": p, "url": p}))[0] for p in passing)
    assert (first.url, first.account_id) == ("", "社区厨房笔记")
    assert first == second
    other = posts_of("wechat-rsshub", feed({**ROUTED, "id": "x", "url": "", "title": "另一篇"}))[0]
    assert other.platform_post_id != first.platform_post_id


def test_a_passing_address_without_date_is_refused() -> None:
    undated = {k: v for k, v in ROUTED.items() if k != "date_published"}
    with pytest.raises(RecordError, match="no lasting address"):
        posts_of("wechat-rsshub", feed({**undated, "id": "x", "url": "https://mp.weixin.qq.com/s?signature=1"}))


def test_the_account_of_an_album_is_in_its_address() -> None:
    album = "https://mp.weixin.qq.com/mp/appmsgalbum?__biz=MzIwMDAwMDAwMQ==&action=getalbum&album_id=1"
    short = {**ROUTED, "id": "s", "url": "https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw"}
    (post,) = posts_of("wechat-rsshub", feed(short, home_page_url=album))
    assert (post.platform_post_id, post.account_id) == ("AbCdEfGhIjKlMnOpQrStUw", "MzIwMDAwMDAwMQ==")


WEWE_HOME = {"title": "社区厨房笔记", "home_page_url": "http://127.0.0.1:4000/feeds/MP_WXS_3200000001.json"}


def test_an_article_of_wewe_rss() -> None:
    (post,) = posts_of("wechat-wewerss", feed({k: v for k, v in WEWE.items() if k != "authors"}, **WEWE_HOME))
    assert post == ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id="AbCdEfGhIjKlMnOpQrStUw",
        account_id="MzIwMDAwMDAwMQ==",
        account_name="社区厨房笔记",
        url="https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw",
        posted_at=EIGHT,
        title="冬天怎么囤白菜",
        text=WEWE["content_html"],
        is_html=True,
        has_media=True,
    )


@pytest.mark.parametrize("content", ["", "获取全文失败，请重试~"])
def test_wewe_rss_without_the_full_text_gives_a_title(content: str) -> None:
    (post,) = posts_of("wechat-wewerss", feed({**WEWE, "content_html": content}, **WEWE_HOME))
    assert (post.text, post.is_truncated) == ("", True)


def test_the_feed_of_all_accounts_says_whose_an_article_is() -> None:
    (post,) = posts_of("wechat-wewerss", feed(WEWE, title="全部", home_page_url="http://127.0.0.1:4000/feeds/all.json"))
    assert (post.account_id, post.account_name) == ("社区厨房笔记", "社区厨房笔记")


def test_atom_and_rss_of_wewe_rss_say_the_same() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>社区厨房笔记</title>'
        '<link rel="alternate" href="http://127.0.0.1:4000/feeds/MP_WXS_3200000001.atom"/><entry>'
        '<title type="html"><![CDATA[冬天怎么囤白菜]]></title><id>AbCdEfGhIjKlMnOpQrStUw</id>'
        '<link href="https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw"/>'
        "<updated>2025-11-12T00:00:00.000Z</updated></entry></feed>"
    )
    rss = (
        "<rss><channel><title>社区厨房笔记</title><link>http://127.0.0.1:4000/feeds/MP_WXS_3200000001.rss</link><item>"
        "<title><![CDATA[冬天怎么囤白菜]]></title><link>https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw</link>"
        "<guid>https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw</guid>"
        "<pubDate>Wed, 12 Nov 2025 00:00:00 GMT</pubDate></item></channel></rss>"
    )
    (of_atom,), (of_rss,) = (posts_of("wechat-wewerss", data) for data in (atom, rss))
    assert of_atom == of_rss
    assert (of_rss.platform_post_id, of_rss.account_id) == ("AbCdEfGhIjKlMnOpQrStUw", "MzIwMDAwMDAwMQ==")
    assert (of_rss.posted_at, of_rss.title, of_rss.is_truncated) == (EIGHT, "冬天怎么囤白菜", True)


def test_a_row_of_wewe_rss_is_a_title() -> None:
    row = {
        "id": "AbCdEfGhIjKlMnOpQrStUw",
        "mp_id": "MP_WXS_3200000001",
        "title": "冬天怎么囤白菜",
        "pic_url": "https://mmbiz.example/0",
        "publish_time": 1762905600,
    }
    (post,) = source("wechat-wewerss").parse(fragment(row))
    assert (post.account_id, post.url) == ("MzIwMDAwMDAwMQ==", "https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw")
    assert (post.posted_at, post.is_truncated, post.has_media) == (EIGHT, True, True)


def test_a_row_of_we_mp_rss_has_the_id_an_article_has_everywhere() -> None:
    (post,) = source("wechat-wemprss", account_name="社区厨房笔记").parse(fragment(WEMP))
    assert post == ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id="MzIwMDAwMDAwMQ==_2660000009_1",
        account_id="MzIwMDAwMDAwMQ==",
        account_name="社区厨房笔记",
        url="https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw",
        posted_at=EIGHT,
        title="冬天怎么囤白菜",
        text="<div>白菜先晒两天</div>",
        is_html=True,
        has_media=True,
    )


@pytest.mark.parametrize("changed", [{"status": 1000}, {"content": "DELETED"}])
def test_an_article_that_we_mp_rss_found_gone_is_deleted(changed: dict[str, Any]) -> None:
    (post,) = source("wechat-wemprss").parse(fragment({**WEMP, **changed}))
    assert (post.is_deleted, post.text, post.is_truncated) == (True, "", False)


WEMP_RSS = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>社区厨房笔记</title>'
    "<item><id>MP_WXS_3200000001-2660000009_1</id><title>冬天怎么囤白菜</title><description>三个办法</description>"
    "<guid>https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw</guid>%s"
    "<link>https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw</link>"
    "<pubDate>Wed, 12 Nov 2025 08:00:00 </pubDate></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("content", "text", "is_truncated"),
    [
        ("", "三个办法", True),
        ("<content:encoded>&lt;p&gt;白菜先晒两天&lt;/p&gt;</content:encoded>", "<p>白菜先晒两天</p>", False),
        (
            "<content:encoded>&lt;![CDATA[&lt;p&gt;白菜先晒两天&lt;/p&gt;]]&gt;</content:encoded>",
            "<p>白菜先晒两天</p>",
            False,
        ),
    ],
)
def test_an_item_of_we_mp_rss_is_dated_in_the_servers_time(content: str, text: str, is_truncated: bool) -> None:
    (post,) = posts_of("wechat-wemprss", WEMP_RSS % content)
    assert (post.platform_post_id, post.account_name) == ("MzIwMDAwMDAwMQ==_2660000009_1", "社区厨房笔记")
    assert (post.text, post.is_truncated, post.posted_at) == (text, is_truncated, EIGHT)


def test_a_server_of_another_zone_can_be_configured() -> None:
    (post,) = posts_of("wechat-wemprss", WEMP_RSS % "", zone="UTC")
    assert str(post.posted_at) == "2025-11-12 08:00:00+00:00"


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'Peking' is not an IANA zone"):
        source("wechat-wemprss", zone="Peking")


@pytest.mark.parametrize("name", ["wechat-rsshub", "wechat-wewerss", "wechat-wemprss", "wechat-generalmsglist"])
def test_each_wechat_format_recognises_itself_alone(name: str) -> None:
    (record,) = source(name).split(document(PAGES.get(name, "%s") % json.dumps([RECORDS[name]])))
    assert [f.name for f in FORMATS.values() if f.recognises(FORMATS[name].decode(record))] == [name]
