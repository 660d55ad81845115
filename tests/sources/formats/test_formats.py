"""What each format's sample says, field by field, and the rules that each platform has of its own."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from tests.sources.samples import (
    CHANNELS,
    DOUYIN,
    PAGES,
    QZONE,
    QZONE_PAGE,
    RECORDS,
    TIKTOK,
    WECHAT,
    WECHAT_SEND,
    XHS_NEW,
    XHS_OLD,
    YOUKU,
    document,
    fragment,
    source,
)

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
NINE = datetime(2025, 11, 12, 1, 0, tzinfo=UTC)
SEEN = datetime(2025, 11, 13, 2, 13, 20, 456000, tzinfo=UTC)


def parse(name: str, record: dict[str, Any], **settings: str) -> ParsedPost:
    (post,) = source(name, **settings).parse(fragment(record))
    return post


def counts(*numbers: Count | int | None) -> dict[Metric, Count]:
    order = (Metric.VIEWS, Metric.LIKES, Metric.COMMENTS, Metric.SHARES, Metric.FAVOURITES)
    pairs = zip(order, numbers, strict=True)
    return {m: n if isinstance(n, Count) else Count(n) for m, n in pairs if n is not None}


# ---- Xiaohongshu ------------------------------------------------------------------------------------

XHS_POST = ParsedPost(
    platform=Platform.XIAOHONGSHU,
    platform_post_id="70aa00000000000021004f11",
    account_id="c0ffee0011223344",
    account_name="跑***圆",
    url="https://www.xiaohongshu.com/explore/70aa00000000000021004f11",
    posted_at=EIGHT,
    edited_at=NINE,
    observed_at=SEEN,
    title="晨跑半年的变化",
    text="晨跑半年的变化\n体重没怎么变，睡得倒是香了[笑哭R] #晨跑[话题]#",
    counts=counts(None, 12000, None, Count(999, True), Count(8000, True)),
    has_media=True,
)


def test_a_xiaohongshu_note_of_the_new_generation() -> None:
    assert parse("xiaohongshu-mediacrawler", XHS_NEW) == XHS_POST


def test_a_xiaohongshu_note_of_the_old_generation() -> None:
    assert parse("xiaohongshu-mediacrawler", XHS_OLD) == replace(
        XHS_POST,
        account_id="5b77000000000000110a22cc",
        account_name="跑步的阿圆",
        edited_at=None,
        counts=counts(None, 1520, 44, 12, 310),
    )


def test_a_xiaohongshu_address_carries_no_token() -> None:
    assert "xsec" not in parse("xiaohongshu-mediacrawler", XHS_NEW).url


# ---- Douyin and TikTok ------------------------------------------------------------------------------

DOUYIN_POST = ParsedPost(
    platform=Platform.DOUYIN,
    platform_post_id="7600000000000000123",
    account_id="beef00112233aabb",
    account_name="灶***哥",
    url="https://www.douyin.com/video/7600000000000000123",
    posted_at=EIGHT,
    observed_at=SEEN,
    text="厨房小白也会的番茄牛腩 #家常菜",
    counts=counts(None, 88210, None, 415, 3120),
    has_media=True,
)


def test_a_douyin_video_says_its_title_once_and_none_is_unknown() -> None:
    assert parse("douyin-mediacrawler", DOUYIN) == DOUYIN_POST


def test_a_douyin_title_of_its_own_is_kept() -> None:
    assert parse("douyin-mediacrawler", {**DOUYIN, "title": "番茄牛腩"}).title == "番茄牛腩"


def test_a_douyin_post_of_pictures_has_the_address_of_a_note() -> None:
    post = parse("douyin-mediacrawler", {**DOUYIN, "aweme_type": "68"})
    assert post.url == "https://www.douyin.com/note/7600000000000000123"


def test_a_douyin_author_of_the_old_generation() -> None:
    old = {**DOUYIN, "user_id": "4400", "sec_uid": "MS4wExample"}
    assert parse("douyin-mediacrawler", old).account_id == "MS4wExample"
    assert parse("douyin-mediacrawler", {**old, "sec_uid": ""}).account_id == "4400"


def test_a_tiktok_video_has_its_speech_as_transcript() -> None:
    assert parse("tiktok-researchapi", TIKTOK) == ParsedPost(
        platform=Platform.TIKTOK,
        platform_post_id="7610000000000000321",
        account_id="anmian_xiaozhan",
        account_name="anmian_xiaozhan",
        url="https://www.tiktok.com/@anmian_xiaozhan/video/7610000000000000321",
        posted_at=EIGHT,
        text="晚上喝什么睡得好 #睡眠",
        transcript="今天聊聊晚上喝什么",
        counts=counts(20480, 640, 21, 9, 77),
        has_media=True,
    )


def test_tiktoks_older_spelling_of_favourites_is_read() -> None:
    older = {k: v for k, v in TIKTOK.items() if k != "favorites_count"} | {"favourites_count": 8}
    assert parse("tiktok-researchapi", older).counts[Metric.FAVOURITES] == Count(8)


# ---- Youku ------------------------------------------------------------------------------------------

YOUKU_POST = ParsedPost(
    platform=Platform.YOUKU,
    platform_post_id="XNjAwMDAwMDEy",
    account_id="900100200",
    account_name="公园晨练",
    url="https://v.youku.com/v_show/id_XNjAwMDAwMDEy.html",
    posted_at=EIGHT,
    title="太极拳二十四式慢动作",
    text="跟着师傅慢慢练",
    counts=counts(43210, 510, 35, None, 60),
    has_media=True,
)


def test_a_youku_video_was_published_in_beijing_time() -> None:
    assert parse("youku-openapi", YOUKU) == YOUKU_POST


def test_a_youku_video_of_generation_3() -> None:
    record = {k: v for k, v in YOUKU.items() if k not in ("id", "description")}
    record |= {"videoid": "XNjAwMDAwMDEy", "showdesc": "跟着师傅慢慢练"}
    assert parse("youku-openapi", record) == YOUKU_POST


@pytest.mark.parametrize("written", ["XNTgxMjM0NQ==", "XNTgxMjM0NQ", "XNTgxMjM0NQ%3D%3D"])
def test_a_youku_id_is_one_however_it_is_padded(written: str) -> None:
    assert parse("youku-openapi", {**YOUKU, "id": written}).platform_post_id == "XNTgxMjM0NQ=="


@pytest.mark.parametrize("written", ["plain-id", "XNTgxM", "12345"])
def test_a_youku_id_that_no_padding_completes_stays_as_it_is(written: str) -> None:
    assert parse("youku-openapi", {**YOUKU, "id": written}).platform_post_id == written


@pytest.mark.parametrize(
    ("changed", "is_private"),
    [
        ({"public_type": "friend"}, True),
        ({"public_type": "password"}, True),
        ({"state": "in_review"}, True),
        ({"state": "limited"}, True),
        ({"state": None, "public_type": None}, False),
    ],
)
def test_only_what_youku_shows_to_all_is_public(changed: dict[str, Any], is_private: bool) -> None:
    assert parse("youku-openapi", {**YOUKU, **changed}).is_private is is_private


# ---- Qzone ------------------------------------------------------------------------------------------

QZONE_POST = ParsedPost(
    platform=Platform.QZONE,
    platform_post_id="00c0ffee5a5a5a5a00010000",
    account_id="300000007",
    account_name="云上的小林",
    url="https://user.qzone.qq.com/300000007/mood/00c0ffee5a5a5a5a00010000",
    posted_at=EIGHT,
    text="今天包了饺子 @{uin:300000008,nick:小周,who:1,auto:1} [em]e113[/em]",
    counts=counts(None, Count(2, True), 4, 2, None),
    has_media=True,
)


def test_a_mood_of_the_export() -> None:
    assert parse("qzone-qzoneexport", QZONE) == QZONE_POST


def test_a_mood_of_a_page_has_the_fans_of_its_owner() -> None:
    page = document(PAGES["qzone-msglistv6"].replace("%s", "[%s]") % fragment(QZONE_PAGE).body.decode())
    (record,) = source("qzone-msglistv6").split(page)
    assert source("qzone-msglistv6").parse(record) == [
        replace(QZONE_POST, follower_count=Count(5200), counts=counts(None, None, 4, 2, None))
    ]


@pytest.mark.parametrize("context", [b'{"usrinfo":{"uin":300000007,"fans":0}}', b'{"usrinfo":{"uin":1,"fans":9}}'])
def test_no_fans_and_another_owners_fans_are_unknown(context: bytes) -> None:
    record = Fragment(body=fragment(QZONE_PAGE).body, origin="p", line=1, context=context)
    assert source("qzone-msglistv6").parse(record)[0].follower_count == Count()


@pytest.mark.parametrize("changed", [{"secret": 1}, {"secret": "1"}, {"ugc_right": 4}, {"ugc_right": 64}])
def test_a_mood_for_friends_or_oneself_is_private(changed: dict[str, Any]) -> None:
    assert parse("qzone-qzoneexport", {**QZONE, **changed}).is_private


def test_a_cut_mood_is_marked() -> None:
    assert parse("qzone-qzoneexport", {**QZONE, "has_more_con": 1}).is_truncated


@pytest.mark.parametrize(
    "words", ["原文", {"content": "原文"}, {"conlist": [{"type": 0, "con": "@"}, {"type": 2, "con": "原文"}]}]
)
def test_the_words_of_a_reposted_mood_are_kept_apart(words: object) -> None:
    post = parse("qzone-qzoneexport", {**QZONE, "rt_con": words})
    assert (post.text, post.reposted_text) == (QZONE["content"], "原文")


def test_a_blog_is_a_post_with_html() -> None:
    blog = {
        "blogid": 17,
        "title": "晒被子",
        "pubTime": "2025-11-12 08:00",
        "replynum": 3,
        "custom_html": "<p>好天气</p>",
    }
    post = parse("qzone-qzoneexport", blog, account_id="300000007", account_name="云上的小林")
    assert (post.platform_post_id, post.title, post.text, post.is_html, post.posted_at) == (
        "blog_300000007_17", "晒被子", "<p>好天气</p>", True, EIGHT,
    )  # fmt: skip


def test_a_message_on_the_board_is_not_a_post() -> None:
    with pytest.raises(RecordError, match="not_a_post"):
        parse("qzone-qzoneexport", {"uin": 1, "nickname": "客人", "htmlContent": "路过", "pubtime": "2025-11-12 08:00"})


# ---- WeChat -----------------------------------------------------------------------------------------

WECHAT_POST = ParsedPost(
    platform=Platform.WECHAT,
    platform_post_id="MzEXAMPLE==_2660000009_2",
    account_id="MzEXAMPLE==",
    account_name="社区厨房笔记",
    url="https://mp.weixin.qq.com/s?__biz=MzEXAMPLE==&mid=2660000009&idx=2&sn=0f0f",
    posted_at=EIGHT,
    edited_at=NINE,
    title="冬天怎么囤白菜",
    text="<p>白菜先晒两天，<br/>再用纸包好。</p>",
    is_html=True,
    counts=counts(Count(100000, True), 230, 18, 900, 61),
    has_media=True,
)


def test_a_wechat_article_has_10w_plus_as_a_lower_bound_and_an_address_without_signature() -> None:
    assert parse("wechat-articleexporter", WECHAT) == WECHAT_POST


def test_a_wechat_article_that_was_not_downloaded_has_its_digest_and_is_truncated() -> None:
    post = parse("wechat-articleexporter", {k: v for k, v in WECHAT.items() if k != "content"})
    assert (post.text, post.is_html, post.is_truncated) == ("三个办法", False, True)


def test_plain_text_of_a_wechat_article_is_not_html() -> None:
    assert not parse("wechat-articleexporter", {**WECHAT, "content": "体温 < 37 度 > 36 度"}).is_html


def test_a_deleted_wechat_article_is_a_tombstone() -> None:
    post = parse("wechat-articleexporter", {**WECHAT, "is_deleted": True, "content": ""})
    assert (post.is_deleted, post.is_truncated) == (True, False)


@pytest.mark.parametrize(
    ("changed", "settings", "wanted"),
    [
        ({"aid": None}, {}, "MzEXAMPLE==_2660000009_2"),
        ({"aid": None, "appmsgid": None, "itemidx": None}, {}, "MzEXAMPLE==_2660000009_2"),
        ({"link": "https://mp.weixin.qq.com/s/AbCdEf"}, {"account_id": "gh_1"}, "gh_1_2660000009_2"),
        ({"link": ""}, {}, "社区厨房笔记_2660000009_2"),
    ],
)
def test_a_wechat_article_is_named_by_account_message_and_index(
    changed: dict[str, Any], settings: dict[str, str], wanted: str
) -> None:
    assert parse("wechat-articleexporter", {**WECHAT, **changed}, **settings).platform_post_id == wanted


def test_one_send_is_as_many_posts_as_it_has_articles() -> None:
    first, second = source("wechat-freepublish", account_id="gh_1", account_name="门诊").parse(fragment(WECHAT_SEND))
    assert first == ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id="MzEXAMPLE==_2660000011_1",
        account_id="gh_1",
        account_name="门诊",
        url="https://mp.weixin.qq.com/s?__biz=MzEXAMPLE==&mid=2660000011&idx=1&sn=aa",
        posted_at=EIGHT,
        title="门诊停诊通知",
        text="<p>周三停诊半天</p>",
        is_html=True,
        has_media=True,
    )
    assert (second.platform_post_id, second.is_deleted, second.title) == (
        "MzEXAMPLE==_2660000011_2", True, "旧文",
    )  # fmt: skip


def test_a_send_without_configured_account_has_the_one_of_its_address() -> None:
    send = {**WECHAT_SEND, "content": {"news_item": WECHAT_SEND["content"]["news_item"][:1]}}  # type: ignore[index]
    assert parse("wechat-freepublish", send).account_id == "MzEXAMPLE=="


def test_a_send_without_articles_is_an_error_and_not_nothing() -> None:
    with pytest.raises(RecordError, match="news_item"):
        parse("wechat-freepublish", {**WECHAT_SEND, "content": {"news_item": []}}, account_id="gh_1")


def test_a_channels_video_has_its_transcript() -> None:
    assert parse("wechatchannels-wxchannelsdownload", CHANNELS) == ParsedPost(
        platform=Platform.WECHAT_CHANNELS,
        platform_post_id="14600000000000000042",
        account_id="v2_example@finder",
        account_name="老街理发店",
        posted_at=EIGHT,
        text="给九十岁爷爷理发 #日常",
        transcript="爷爷坐好别动",
        has_media=True,
    )


# ---- pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_gives_its_records(name: str) -> None:
    body = fragment(RECORDS[name]).body.decode()
    found = list(source(name).split(document(PAGES[name] % f"[{body},{body}]")))
    assert [(f.body.decode(), f.origin) for f in found] == [(body, "export.json")] * 2


@pytest.mark.parametrize("name", sorted(PAGES))
@pytest.mark.parametrize("empty", ["null", "[]"])
def test_an_empty_page_has_no_records_and_is_no_error(name: str, empty: str) -> None:
    assert list(source(name).split(document(PAGES[name] % empty))) == []


def test_jsonp_with_a_bare_undefined_is_read() -> None:
    page = (
        '_preloadCallback({"code":0,"msglist":[{"tid":"aa","uin":1,"content":"晴","extra":undefined}],"usrinfo":{}});'
    )
    opened = source("qzone-msglistv6")
    ((post,),) = [opened.parse(f) for f in opened.split(document(page))]
    assert (post.platform_post_id, post.text) == ("aa", "晴")


@pytest.mark.parametrize(
    ("name", "page", "said"),
    [
        (
            "tiktok-researchapi",
            {"data": {}, "error": {"code": "rate_limit_exceeded"}},
            "rate_limit_exceeded.*00:00 UTC",
        ),
        ("wechat-freepublish", {"errcode": 40001, "errmsg": "invalid credential"}, "40001 .invalid credential.*token"),
        ("wechat-articleexporter", {"base_resp": {"ret": 200003}}, "200003.*log in again"),
        ("wechat-articleexporter", {"base_resp": {"ret": 200013, "err_msg": "freq"}}, "200013 .freq.*wait"),
        ("qzone-msglistv6", {"code": -3000, "message": "请先登录"}, "-3000 .请先登录.*log in again"),
        ("youku-openapi", {"error": {"code": 1004, "description": "Client id null"}}, "1004 .Client id null"),
        ("wechatchannels-wxchannelsdownload", {"code": 400, "msg": "no client"}, "400 .no client"),
    ],
)
def test_an_error_inside_a_success_stops_the_source_and_says_what_to_do(
    name: str, page: dict[str, Any], said: str
) -> None:
    with pytest.raises(SourceError, match=rf"export\.json: .*{said}"):
        list(source(name).split(document(fragment(page).body)))


@pytest.mark.parametrize("name", ["长" * 5000, "a\x1bb", "a\nb"])
def test_an_account_name_that_can_be_no_id_is_refused(name: str) -> None:
    unlinked = {k: v for k, v in WECHAT.items() if k != "link"} | {"_accountName": name}
    with pytest.raises(RecordError, match="bad_id"):
        parse("wechat-articleexporter", unlinked)
