"""What Xiaohongshu's formats beside MediaCrawler make of a note."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Metric, ParsedPost, Platform
from pipeline.sources import FORMATS
from pipeline.sources.formats.xiaohongshu import id_of_address
from tests.sources.samples import document, fragment, source
from tests.sources.samples_xiaohongshu import PAGES, REAJASON, RSSHUB, XHS_DOWNLOADER, YT_DLP

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
NINE = datetime(2025, 11, 12, 1, 0, tzinfo=UTC)
POST = ParsedPost(
    platform=Platform.XIAOHONGSHU,
    platform_post_id="70aa00000000000021004f11",
    account_id="5b77000000000000110a22cc",
    account_name="跑步的阿圆",
    url="https://www.xiaohongshu.com/explore/70aa00000000000021004f11",
    posted_at=EIGHT,
    edited_at=NINE,
    title="晨跑半年的变化",
    text="体重没怎么变，睡得倒是香了[笑哭R] #晨跑[话题]#",
    counts={Metric.LIKES: Count(12000), Metric.FAVOURITES: Count(310), Metric.COMMENTS: Count(100000, True)},
    has_media=True,
)


def parse(name: str, record: dict[str, Any], **settings: str) -> ParsedPost:
    (post,) = source(name, **settings).parse(fragment(record))
    return post


def of_feed(item: dict[str, Any], **feed: str) -> ParsedPost:
    page = {"version": "https://jsonfeed.org/version/1.1", **feed, "items": [item]}
    opened = source("xiaohongshu-rsshub")
    ((post,),) = [opened.parse(f) for f in opened.split(document(fragment(page).body))]
    return post


HOME = {
    "title": "跑步的阿圆 - 笔记 • 小红书 / RED",
    "home_page_url": f"https://www.xiaohongshu.com/user/profile/{POST.account_id}",
}


# ---- MediaCrawler -------------------------------------------------------------------------------------


def test_a_comment_is_refused_and_has_not_the_id_of_its_note() -> None:
    comment = fragment({"comment_id": "68c0", "note_id": "70aa00000000000021004f11", "content": "学到了"})
    opened = source("xiaohongshu-mediacrawler", account_id="gh_1")
    with pytest.raises(RecordError, match="not_a_post"):
        opened.parse(comment)
    assert opened.external_id(comment) == ""


# ---- xhs ----------------------------------------------------------------------------------------------


def test_a_card_is_a_note() -> None:
    assert parse("xiaohongshu-reajason", REAJASON) == POST


def test_the_librarys_own_note_has_its_counts_outside() -> None:
    flat = {k: v for k, v in REAJASON.items() if k not in ("interact_info", "image_list")}
    note = flat | REAJASON["interact_info"] | {"img_urls": ["https://sns-webpic.example/1.webp"], "video_url": ""}
    assert parse("xiaohongshu-reajason", note) == POST


def test_an_item_of_a_page_has_the_card_inside() -> None:
    bare = {k: v for k, v in REAJASON.items() if k != "note_id"}
    assert parse("xiaohongshu-reajason", {"id": POST.platform_post_id, "model_type": "note", "note_card": bare}) == POST


def test_an_item_of_a_list_has_no_text_and_is_cut() -> None:
    listed = {"note_id": "70aa", "display_title": "晨跑", "user": REAJASON["user"]}
    post = parse("xiaohongshu-reajason", listed)
    assert (post.title, post.text, post.is_truncated) == ("晨跑", "", True)


def test_an_item_without_a_card_is_no_post() -> None:
    with pytest.raises(RecordError, match=r"not_a_post.*rec_query"):
        parse("xiaohongshu-reajason", {"id": "1", "model_type": "rec_query"})


def test_an_answer_that_failed_stops_the_source() -> None:
    page = '{"success":false,"code":-100,"msg":"登录已过期"}'
    with pytest.raises(SourceError, match=r"-100 .登录已过期.; log in again"):
        list(source("xiaohongshu-reajason").split(document(page)))


# ---- XHS-Downloader -----------------------------------------------------------------------------------


def test_a_row_of_the_downloader_is_a_note() -> None:
    wanted = replace(POST, observed_at=datetime(2025, 11, 13, 2, 0, tzinfo=UTC))
    assert parse("xiaohongshu-xhsdownloader", XHS_DOWNLOADER) == wanted


def test_an_answer_of_the_downloaders_server_has_the_note_inside() -> None:
    answer = {"message": "获取小红书作品数据成功", "params": {"url": "https://x"}, "data": XHS_DOWNLOADER}
    opened = source("xiaohongshu-xhsdownloader")
    assert opened.parse(fragment(answer)) == opened.parse(fragment(XHS_DOWNLOADER))
    assert FORMATS["xiaohongshu-xhsdownloader"].recognises(answer)


def test_an_answer_without_a_note_says_what_the_server_said() -> None:
    with pytest.raises(RecordError, match=r"not_a_post.*数据失败"):
        parse("xiaohongshu-xhsdownloader", {"message": "获取小红书作品数据失败", "params": {}, "data": None})


@pytest.mark.parametrize("unknown", ["未知", "unknown", ""])
def test_what_the_downloader_does_not_know_is_unknown(unknown: str) -> None:
    row = {**XHS_DOWNLOADER, "时间戳": None, "发布时间": unknown, "最后更新时间": unknown, "作品类型": unknown}
    post = parse("xiaohongshu-xhsdownloader", row)
    assert (post.posted_at, post.edited_at, post.has_media) == (None, None, False)


def test_without_a_timestamp_the_written_time_is_taken() -> None:
    assert parse("xiaohongshu-xhsdownloader", {**XHS_DOWNLOADER, "时间戳": None}).posted_at == EIGHT


# ---- yt-dlp -------------------------------------------------------------------------------------------


def test_yt_dlp_knows_when_it_looked_and_not_when_the_note_was_published() -> None:
    assert parse("xiaohongshu-ytdlp", YT_DLP, account_name="阿圆") == replace(
        POST,
        account_name="阿圆",
        posted_at=None,
        edited_at=None,
        observed_at=datetime(2025, 11, 13, 2, 13, 20, tzinfo=UTC),
        counts={},
    )


# ---- RSSHub -------------------------------------------------------------------------------------------


def test_an_item_of_a_feed_has_the_account_of_the_feed() -> None:
    assert of_feed(RSSHUB, **HOME) == replace(
        POST, edited_at=None, text=RSSHUB["content_html"], is_html=True, counts={}
    )


@pytest.mark.parametrize(
    ("item", "feed", "said"),
    [
        ({"id": "晨跑", "url": "https://sns-webpic.example/cover.jpg", "title": "晨跑"}, HOME, "XIAOHONGSHU_COOKIE"),
        (RSSHUB, {**HOME, "title": "跑步的阿圆 - 收藏 • 小红书 / RED"}, "collected"),
        (RSSHUB, {**HOME, "feed_url": "https://rsshub.example/xiaohongshu/user/5b77/collect"}, "collected"),
        (RSSHUB, {"title": "x"}, "account_id"),
    ],
)
def test_an_item_without_note_or_author_is_refused(item: dict[str, Any], feed: dict[str, str], said: str) -> None:
    with pytest.raises(RecordError, match=f"missing.*{said}"):
        of_feed(item, **feed)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (f"https://www.xiaohongshu.com/discovery/item/{POST.platform_post_id}?x=1", POST.platform_post_id),
        (f"https://www.xiaohongshu.com/user/profile/{POST.account_id}/{POST.platform_post_id}", POST.platform_post_id),
        (f"https://www.xiaohongshu.com/user/profile/{POST.account_id}", ""),
        (f"https://www.xiaohongshu.com.example/explore/{POST.platform_post_id}", ""),
    ],
)
def test_a_note_is_found_in_any_of_its_addresses(address: str, found: str) -> None:
    assert id_of_address(address) == found


def test_a_page_of_a_feed_is_the_one_of_these_tests() -> None:
    opened = source("xiaohongshu-rsshub")
    (record,) = opened.split(document(PAGES["xiaohongshu-rsshub"] % f"[{fragment(RSSHUB).body.decode()}]"))
    assert opened.parse(record)[0].account_id == POST.account_id


def test_a_time_by_the_clock_of_a_machine_elsewhere_is_read_in_its_zone() -> None:
    assert parse("xiaohongshu-xhsdownloader", {**XHS_DOWNLOADER, "时间戳": None}, zone="UTC").posted_at == datetime(
        2025, 11, 12, 8, 0, tzinfo=UTC
    )
