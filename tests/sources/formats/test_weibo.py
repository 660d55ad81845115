"""What Weibo's formats make of a post."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from pipeline.sources import FORMATS
from pipeline.sources.formats.weibo_posts import canonical_id, with_its_year
from tests.sources.samples import document, fragment, source
from tests.sources.samples_weibo import CRAWLER, MEDIACRAWLER, NGHUYONG, OPEN_API, PAGES, RECORDS, SEARCH, SPIDER

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
POST = ParsedPost(
    platform=Platform.WEIBO,
    platform_post_id="5232067658919993",
    account_id="1700000009",
    account_name="湖边走走",
    url="https://m.weibo.cn/detail/5232067658919993",
    posted_at=EIGHT,
    text="早起先空腹散步半小时，回来再吃早饭",
    counts={Metric.LIKES: Count(560), Metric.COMMENTS: Count(34), Metric.SHARES: Count(12)},
)
SEEN = datetime(2025, 11, 13, 2, 13, 20, tzinfo=UTC)


def parse(name: str, record: dict[str, Any], **settings: str) -> list[ParsedPost]:
    return list(source(name, **settings).parse(fragment(record)))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("weibo-openapi", {"follower_count": Count(1201000)}),
        (
            "weibo-mediacrawler",
            {
                "account_id": "aa00bb11cc22dd33",
                "account_name": "湖***走",
                "observed_at": SEEN.replace(microsecond=456000),
            },
        ),
        (
            "weibo-nghuyong",
            {
                "follower_count": Count(1201000),
                "observed_at": SEEN,
                "counts": {**POST.counts, Metric.VIEWS: Count(9000)},
            },
        ),
        ("weibo-weibocrawler", {}),
        ("weibo-weibosearch", {}),
        ("weibo-weibospider", {"account_name": ""}),
    ],
)
def test_one_post_is_one_whoever_exported_it(name: str, told: dict[str, Any]) -> None:
    assert parse(name, RECORDS[name]) == [replace(POST, **told)]


# ---- ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("z0JH2lOMb", "3501756485200075"),
        ("Qdse1BquR", "5232067658919993"),
        ("5232067658919993", "5232067658919993"),
        ("ZZZZZZZZZ", "ZZZZZZZZZ"),  # four digits of it would be eight of the number
        ("a-b", "a-b"),
    ],
)
def test_the_short_name_of_a_post_is_its_number(written: str, number: str) -> None:
    assert canonical_id(written) == number


def test_a_table_ends_its_ids_with_a_tab() -> None:
    (post,) = parse(
        "weibo-weibocrawler", {"id": "5232067658919993\t", "bid": "Qdse1BquR", "正文": "早"}, account_id="9"
    )
    assert post.platform_post_id == "5232067658919993"


# ---- times --------------------------------------------------------------------------------------------


def test_the_open_interfaces_time_has_the_zone_it_says() -> None:
    (post,) = parse("weibo-openapi", {**OPEN_API, "created_at": "Tue Nov 11 19:00:00 -0500 2025"})
    assert post.posted_at == EIGHT


def test_weibo_crawlers_times_are_those_of_its_machine() -> None:
    (post,) = parse("weibo-weibocrawler", CRAWLER, zone="UTC")
    assert post.posted_at == datetime(2025, 11, 12, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("shown", ["Wed Foo 12 08:00:00 +0800 2025", "Wed Nov 99 08:00:00 +0800 2025", "刚刚"])
def test_a_time_that_is_none_is_refused(shown: str) -> None:
    with pytest.raises(RecordError, match="bad_time"):
        parse("weibo-openapi", {**OPEN_API, "created_at": shown})


def test_a_post_of_december_found_in_january_gets_its_year_back() -> None:
    guessed = {**SEARCH, "发布时间": "2026-11-12 08:00"}
    assert parse("weibo-weibosearch", guessed)[0].posted_at == EIGHT


@pytest.mark.parametrize("guessed", [datetime(2026, 9, 1, tzinfo=UTC), datetime(2025, 11, 12, tzinfo=UTC), None])
def test_any_other_year_is_left_alone(guessed: datetime | None) -> None:
    assert with_its_year(guessed, "5232067658919993") == guessed


# ---- texts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["...全文", " …全文 ", "……全文", '...<a href="/status/52">全文</a>', "...展开c"])
def test_a_text_cut_for_a_list_is_marked_and_loses_the_link(end: str) -> None:
    (post,) = parse("weibo-openapi", {**OPEN_API, "text": "走路的好处" + end})
    assert (post.text, post.is_truncated) == ("走路的好处", True)


def test_a_text_that_speaks_of_the_full_text_is_not_cut() -> None:
    (post,) = parse("weibo-mediacrawler", {**MEDIACRAWLER, "content": "昨天的采访，看全文"})
    assert (post.text, post.is_truncated) == ("昨天的采访，看全文", False)


def test_entities_that_mediacrawler_leaves_are_read() -> None:
    (post,) = parse("weibo-mediacrawler", {**MEDIACRAWLER, "content": "血压&lt;120&amp;心率 ...全文"})
    assert (post.text, post.is_truncated) == ("血压<120&心率", True)


def test_a_long_text_is_cut_unless_the_whole_is_there() -> None:
    long = {**OPEN_API, "isLongText": True}
    assert parse("weibo-openapi", long)[0].is_truncated
    (whole,) = parse("weibo-openapi", {**long, "longText": {"longTextContent": "全部的话"}})
    assert (whole.text, whole.is_truncated) == ("全部的话", False)


@pytest.mark.parametrize(("text", "is_cut"), [("走" * 141, True), ("走" * 500, False)])
def test_weibospider_fetches_long_texts_and_leaves_the_mark(text: str, is_cut: bool) -> None:
    (post,) = parse("weibo-nghuyong", {**NGHUYONG, "content": text, "isLongText": True})
    assert post.is_truncated is is_cut


def test_a_text_of_the_mobile_page_is_html() -> None:
    (post,) = parse("weibo-openapi", {**OPEN_API, "text": '散步<br /><a href="/s">#健走#</a>'})
    assert post.is_html
    assert not parse("weibo-openapi", {**OPEN_API, "text": "心率<120 且 >60"})[0].is_html


# ---- reposts ------------------------------------------------------------------------------------------

ORIGINAL = {**OPEN_API, "idstr": "5232067658919994", "text": "原话", "user": {"id": 1700000010, "screen_name": "乙"}}
ORIGINAL_ID = {"id": 5232067658919994, "bid": "", "user_id": 1700000010, "screen_name": "乙", "text": "原话"}


def said(posts: list[ParsedPost]) -> list[tuple[str, str, str, str, str]]:
    return [(p.platform_post_id, p.account_id, p.account_name, p.text, p.reposted_text) for p in posts]


TWO = [
    ("5232067658919993", "1700000009", "湖边走走", POST.text, "原话"),
    ("5232067658919994", "1700000010", "乙", "原话", ""),
]


def test_a_repost_is_two_posts_and_tells_whose_words_are_whose() -> None:
    assert said(parse("weibo-openapi", {**OPEN_API, "retweeted_status": ORIGINAL})) == TWO
    assert said(parse("weibo-weibocrawler", {**CRAWLER, "retweet": ORIGINAL_ID})) == TWO


def test_a_repost_in_a_table_has_its_original_in_columns() -> None:
    row = {
        "id": "5232067658919993\t", "bid": "Qdse1BquR", "正文": POST.text, "点赞数": "560",
        "日期": "2025-11-12T08:00:00", "是否原创": "False", "源用户id": "1700000010", "源用户昵称": "乙",
        "源微博id": "5232067658919994\t", "源微博bid": "x", "源微博正文": "原话", "源微博点赞数": "1.2万+",
    }  # fmt: skip
    own, original = parse("weibo-weibocrawler", row, account_id="1700000009", account_name="湖边走走")
    assert said([own, original]) == TWO
    assert (own.counts[Metric.LIKES], original.counts[Metric.LIKES]) == (Count(560), Count(12000, True))
    assert own.posted_at == EIGHT


def test_a_row_that_is_no_repost_has_empty_columns() -> None:
    row = {"id": "52320676589199930", "bid": "", "正文": "早", "源用户id": "", "源微博id": "", "源微博正文": ""}
    assert len(parse("weibo-weibocrawler", row, account_id="9")) == 1


def test_of_a_deleted_original_nothing_is_said() -> None:
    deleted = {"idstr": "5232067658919994", "deleted": "1", "text": "抱歉，此微博已被作者删除"}
    (post,) = parse("weibo-openapi", {**OPEN_API, "retweeted_status": deleted})
    assert post.reposted_text == ""


@pytest.mark.parametrize("user", ["原始用户: 乙\n", ""])
def test_weibospider_writes_own_and_reposted_words_into_one_text(user: str) -> None:
    content = f"转发理由:说得对//@丙:是\n{user}转发内容: 原话"
    (post,) = parse("weibo-weibospider", {**SPIDER, "original": False, "content": content})
    assert (post.text, post.reposted_text) == ("说得对//@丙:是", "原话")


# ---- tables -------------------------------------------------------------------------------------------


def test_a_table_of_weibospider_that_was_gone_on_with_is_read() -> None:
    header = "微博id,微博正文,头条文章url,原始图片url,微博视频url,发布位置,发布时间,发布工具,点赞数,转发数,评论数\r\n"
    row = f"Qdse1BquR,{POST.text},,无,无,无,2025-11-12 08:00,网页版,560,12,34\r\n"
    opened = source("weibo-weibospider", account_id="1700000009", account_name="湖边走走")
    table = document(("\ufeff" + header + row + header + row).encode())
    assert [opened.parse(record) for record in opened.split(table)] == [[POST], [POST]]


# ---- who may see it, and what is no post ------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "is_private"), [(0, False), (1, True), (3, True), (6, True), (10, True), (None, False)]
)
def test_a_post_for_some_is_private(kind: int | None, is_private: bool) -> None:
    (post,) = parse("weibo-openapi", {**OPEN_API, "visible": {"type": kind}})
    assert post.is_private is is_private


@pytest.mark.parametrize(("event", "is_deleted"), [("add", False), ("delete", True)])
def test_the_push_service_tells_of_posts_and_deletions(event: str, is_deleted: bool) -> None:
    message = {"id": 7, "text": {"type": "status", "event": event, "status": OPEN_API}}
    (post,) = parse("weibo-openapi", message)
    assert (post.platform_post_id, post.is_deleted) == ("5232067658919993", is_deleted)


def test_a_card_has_its_post_inside() -> None:
    assert parse("weibo-openapi", {"card_type": 9, "mblog": OPEN_API})[0].text == POST.text


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("weibo-openapi", {"card_type": 11, "show_type": 1}),
        ("weibo-openapi", {"id": 8, "text": {"type": "comment", "event": "add", "comment": {"text": "好"}}}),
        ("weibo-mediacrawler", {**MEDIACRAWLER, "comment_id": "4900"}),
        ("weibo-weibospider", {"id": "1700000009", "nickname": "湖边走走", "followers": 5}),
    ],
)
def test_what_is_no_post_is_refused(name: str, record: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="not_a_post"):
        parse(name, record, account_id="9")
    assert source(name).external_id(fragment(record)) == ""


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"error": "expired_token", "error_code": 21327, "request": "/2/x"}, "21327 .expired_token.*access token"),
        ({"ok": -100, "url": "https://passport.example"}, "log in again"),
        ({"ok": 0, "msg": "请求过于频繁"}, "请求过于频繁"),
    ],
)
def test_an_error_in_the_clothes_of_a_page_stops_the_source(page: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(source("weibo-openapi").split(document(fragment(page).body)))


def test_the_last_page_of_the_mobile_site_is_no_error() -> None:
    assert list(source("weibo-openapi").split(document('{"ok":0,"msg":"这里还没有内容","data":{"cards":[]}}'))) == []


# ---- accounts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "record"), [("weibo-weibocrawler", CRAWLER), ("weibo-weibospider", SPIDER)])
@pytest.mark.parametrize(("owner", "fans"), [("1700000009", Count(1201000)), ("1700000008", Count())])
def test_the_fans_are_those_of_the_files_owner(name: str, record: dict[str, Any], owner: str, fans: Count) -> None:
    page = PAGES[name].replace("1700000009", owner) % f"[{fragment(record).body.decode()}]"
    opened = source(name)
    ((post,),) = [opened.parse(f) for f in opened.split(document(page))]
    assert (post.account_id, post.follower_count) == ("1700000009", fans)


@pytest.mark.parametrize(
    ("origin", "configured", "found"),
    [
        ("湖边走走/1700000009.csv", "", "1700000009"),
        ("1700000009.csv.gz", "", "1700000009"),
        ("1700000009.csv", "42", "42"),
    ],
)
def test_a_table_without_an_account_is_named_after_it(origin: str, configured: str, found: str) -> None:
    row = Fragment(body=fragment({"id": "52320676589199930", "bid": "", "正文": "早"}).body, origin=origin, line=2)
    (post,) = source("weibo-weibocrawler", account_id=configured).parse(row)
    assert post.account_id == found


def test_a_date_is_no_account() -> None:
    row = Fragment(body=fragment({"微博id": "Qdse1BquR", "微博正文": "早"}).body, origin="20251112.csv", line=2)
    with pytest.raises(RecordError, match="account_id"):
        source("weibo-weibospider").parse(row)


# ---- recognition --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("weibo-openapi", {"id": 7, "text": {"type": "status", "status": OPEN_API}}),
        ("weibo-openapi", {"card_type": 9, "mblog": OPEN_API}),
        ("weibo-openapi", {**OPEN_API, "bid": "Qdse1BquR"}),
        ("weibo-weibocrawler", {"id": "1", "bid": "x", "正文": "早", "点赞数": "1"}),
        ("weibo-weibospider", {"微博id": "x", "微博正文": "早", "点赞数": "1"}),
        ("weibo-weibosearch", {"id": "1", "bid": "x", "text": "早", "user_authentication": "普通用户"}),
    ],
)
def test_each_shape_of_a_format_is_recognised(name: str, record: dict[str, Any]) -> None:
    assert FORMATS[name].recognises(record)
