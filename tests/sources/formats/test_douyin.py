"""Douyin beside MediaCrawler, which test_formats.py has."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Metric, ParsedPost, Platform
from tests.sources.samples import DOUYIN, document, fragment, source
from tests.sources.samples_douyin import EVIL0CTAL, OPEN_PLATFORM, RECORDS, RSSHUB, TIKTOK_DOWNLOADER

NINE = datetime(2025, 11, 12, 1, 0, tzinfo=UTC)
POST = ParsedPost(
    platform=Platform.DOUYIN,
    platform_post_id="7600000000000000123",
    account_id="MS4wLjABAAAAexample",
    account_name="灶台哥",
    url="https://www.douyin.com/video/7600000000000000123",
    posted_at=datetime(2025, 11, 12, 0, 0, tzinfo=UTC),
    text="厨房小白也会的番茄牛腩 #家常菜",
    counts={
        Metric.LIKES: Count(88210),
        Metric.COMMENTS: Count(260),
        Metric.SHARES: Count(415),
        Metric.FAVOURITES: Count(3120),
    },
    has_media=True,
)


def read(name: str, record: dict[str, Any], **settings: str) -> ParsedPost:
    (post,) = source(name, **settings).parse(fragment(record))
    return post


def refused(name: str, page: object) -> str:
    with pytest.raises(SourceError) as error:
        list(source(name).split(document(fragment(page).body)))
    return str(error.value)


# ---- Evil0ctal's API --------------------------------------------------------------------------------


def test_what_the_api_keeps_of_a_video() -> None:
    assert read("douyin-evil0ctal", EVIL0CTAL) == POST


@pytest.mark.parametrize(
    "data", [EVIL0CTAL, {"aweme_detail": EVIL0CTAL, "status_code": 0}, {"aweme_list": [EVIL0CTAL], "max_cursor": 1}]
)
def test_a_video_is_found_in_every_envelope(data: dict[str, Any]) -> None:
    opened = source("douyin-evil0ctal")
    answer = document(fragment({"code": 200, "router": "/api", "data": data}).body)
    assert [opened.parse(record) for record in opened.split(answer)] == [[POST]]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"code": 400, "message": "bad link", "params": {}}, "code 400 (bad link)"),
        ({"detail": {"code": 400, "message": "bad link"}}, "detail code 400 (bad link)"),
        ({"code": 200, "data": {"status_code": 8, "status_msg": "请登录"}}, "data status_code 8 (请登录)"),
    ],
)
def test_an_error_of_the_api_stops_the_source(page: dict[str, Any], said: str) -> None:
    assert f"export.json: the API answered with {said}; look at its cookie" in refused("douyin-evil0ctal", page)


def test_a_video_of_tiktok_is_a_post_of_tiktok() -> None:
    url = "https://www.tiktok.com/@zaotai_gege/video/7600000000000000123"
    wanted = replace(POST, platform=Platform.TIKTOK, account_id="zaotai_gege", url=url)
    assert read("douyin-evil0ctal", {**EVIL0CTAL, "platform": "tiktok"}) == wanted
    whole = {k: v for k, v in EVIL0CTAL.items() if k != "platform"} | {"share_url": "https://www.tiktok.com/@x/video/1"}
    assert read("douyin-evil0ctal", whole).platform is Platform.TIKTOK


@pytest.mark.parametrize("changed", [{"type": "image"}, {"type": None, "aweme_type": 68}])
def test_pictures_have_the_address_of_a_note(changed: dict[str, Any]) -> None:
    post = read("douyin-evil0ctal", {**EVIL0CTAL, **changed})
    assert post.url == "https://www.douyin.com/note/7600000000000000123"


@pytest.mark.parametrize(
    ("status", "is_private", "is_deleted"),
    [
        ({"private_status": 0, "is_delete": False, "part_see": 0}, False, False),
        ({"private_status": 1}, True, False),
        ({"private_status": 2}, True, False),
        ({"is_private": True}, True, False),
        ({"part_see": 1}, True, False),
        ({"is_delete": True}, False, True),
    ],
)
def test_the_status_of_a_whole_aweme_counts(status: dict[str, Any], is_private: bool, is_deleted: bool) -> None:
    post = read("douyin-evil0ctal", {**EVIL0CTAL, "status": status})
    assert (post.is_private, post.is_deleted) == (is_private, is_deleted)


@pytest.mark.parametrize(("mark", "wanted"), [(True, True), (False, False), (None, None)])
def test_an_ad_is_marked(mark: bool | None, wanted: bool | None) -> None:
    assert read("douyin-evil0ctal", {**EVIL0CTAL, "is_ads": mark}).is_sponsored is wanted


@pytest.mark.parametrize("name", ["douyin-evil0ctal", "douyin-mediacrawler"])
def test_a_comment_is_not_a_post(name: str) -> None:
    comment = {"cid": "7", "comment_id": "7", "aweme_id": "7600000000000000123", "text": "馋了", "content": "馋了"}
    with pytest.raises(RecordError, match="not_a_post"):
        read(name, comment, account_id="1")


# ---- the open platform ------------------------------------------------------------------------------


def test_a_video_of_the_open_platform_is_that_of_the_others_where_its_address_says_so() -> None:
    post = read("douyin-openplatform", OPEN_PLATFORM, account_id=POST.account_id, account_name="灶台哥")
    numbers = {Metric.VIEWS: 910000, Metric.LIKES: 88210, Metric.COMMENTS: 260, Metric.SHARES: 415}
    assert post == replace(POST, counts={metric: Count(number) for metric, number in numbers.items()})


@pytest.mark.parametrize("written", ["@9exampleBBB==", "%409exampleBBB%3D%3D"])
def test_an_encrypted_id_is_kept_and_its_address_loses_what_follows_readers(written: str) -> None:
    shared = {"item_id": written, "share_url": "https://www.iesdouyin.com/share/video/QDlleGFtcGxl/?mid=1&u_code=2"}
    post = read("douyin-openplatform", {**OPEN_PLATFORM, **shared}, account_id="1")
    assert (post.platform_post_id, post.url) == (
        "@9exampleBBB==",
        "https://www.iesdouyin.com/share/video/QDlleGFtcGxl/",
    )


@pytest.mark.parametrize(
    ("changed", "is_private"),
    [
        ({"is_reviewed": False}, True),
        ({"is_reviewed": None}, False),
        ({"video_status": 4}, True),
        ({"video_status": 6}, True),
        ({"video_status": 5}, False),
    ],
)
def test_what_is_in_review_or_for_friends_is_private(changed: dict[str, Any], is_private: bool) -> None:
    assert read("douyin-openplatform", {**OPEN_PLATFORM, **changed}, account_id="1").is_private is is_private


@pytest.mark.parametrize("where", ["data", "extra"])
def test_an_error_inside_a_success_stops_the_source(where: str) -> None:
    page: dict[str, Any] = {"data": {"list": []}, "extra": {}} | {
        where: {"error_code": 2190008, "description": "token expired"}
    }
    assert "Douyin answered with error 2190008 (token expired); the access token has expired" in refused(
        "douyin-openplatform", page
    )


# ---- TikTokDownloader -------------------------------------------------------------------------------

ENGLISH = {
    "作品类型": "type", "采集时间": "collection_time", "UID": "uid", "SEC_UID": "sec_uid", "ID": "unique_id",
    "作品ID": "id", "作品描述": "desc", "作品链接": "share_url", "发布时间": "create_time", "账号昵称": "nickname",
    "点赞数量": "digg_count", "评论数量": "comment_count", "收藏数量": "collect_count", "分享数量": "share_count",
    "播放数量": "play_count",
}  # fmt: skip


def test_a_row_is_read_under_its_chinese_and_its_english_names() -> None:
    row = {ENGLISH[name]: value for name, value in TIKTOK_DOWNLOADER.items() if name in ENGLISH}
    assert read("douyin-tiktokdownloader", TIKTOK_DOWNLOADER) == replace(POST, observed_at=NINE)
    assert read("douyin-tiktokdownloader", row | {"digg_count": 88210, "play_count": -1}) == replace(
        POST, observed_at=NINE
    )


@pytest.mark.parametrize("written", ["2025年11月12日 08时00分00秒", "2025.11.12 08.00.00", "20251112_080000"])
def test_the_layout_of_times_is_the_users_choice(written: str) -> None:
    assert read("douyin-tiktokdownloader", {**TIKTOK_DOWNLOADER, "发布时间": written}).posted_at == POST.posted_at


def test_times_are_in_the_zone_of_the_tools_machine() -> None:
    post = read("douyin-tiktokdownloader", TIKTOK_DOWNLOADER, zone="UTC")
    assert post.posted_at == datetime(2025, 11, 12, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["图集", "实况"])
def test_a_row_of_pictures_has_the_address_of_a_note(kind: str) -> None:
    assert "/note/" in read("douyin-tiktokdownloader", {**TIKTOK_DOWNLOADER, "作品类型": kind}).url


def test_a_row_of_tiktok_is_a_post_of_tiktok() -> None:
    row = {**TIKTOK_DOWNLOADER, "作品链接": "https://www.tiktok.com/@zaotai_gege/photo/7600000000000000123"}
    post = read("douyin-tiktokdownloader", row | {"作品类型": "图集"})
    assert (post.platform, post.account_id, post.url) == (Platform.TIKTOK, "zaotai_gege", row["作品链接"])


def test_the_id_in_the_place_of_a_description_is_no_text() -> None:
    row = {**TIKTOK_DOWNLOADER, "作品描述": TIKTOK_DOWNLOADER["作品ID"]}
    assert read("douyin-tiktokdownloader", row).text == ""


# ---- RSSHub -----------------------------------------------------------------------------------------


def items(feed: dict[str, str], **changed: Any) -> ParsedPost:
    opened = source("douyin-rsshub")
    page = {"version": "https://jsonfeed.org/version/1.1", **feed, "items": [{**RSSHUB, **changed}]}
    ((post,),) = [opened.parse(item) for item in opened.split(document(fragment(page).body))]
    return post


def test_the_feed_of_a_user_names_the_account() -> None:
    feed = {"title": "灶台哥", "home_page_url": "https://www.douyin.com/user/MS4wLjABAAAAexample"}
    wanted = replace(POST, counts={}, title=RSSHUB["title"], text=RSSHUB["content_html"], is_html=True)
    assert items(feed) == wanted


def test_the_feed_of_a_hashtag_names_its_authors_only() -> None:
    feed = {"title": "家常菜", "home_page_url": "https://www.douyin.com/hashtag/160000"}
    post = items(feed, authors=[{"name": "灶台哥"}])
    assert (post.account_id, post.account_name) == ("灶台哥", "灶台哥")


@pytest.mark.parametrize("url", ["https://live.douyin.com/68531", "https://www.douyin.com/user/MS4wLjABAAAAexample"])
def test_a_broadcast_is_not_a_post(url: str) -> None:
    with pytest.raises(RecordError, match="not_a_post"):
        items({}, url=url, id="7700000000000000001")


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_one_video_is_one_post_in_every_format(name: str) -> None:
    known = read("douyin-mediacrawler", {**DOUYIN, "sec_uid": POST.account_id})
    post = read(name, RECORDS[name], account_id=POST.account_id)
    assert (post.platform_post_id, post.account_id) == (known.platform_post_id, known.account_id)
    assert (post.url, post.posted_at) == (known.url, known.posted_at)
