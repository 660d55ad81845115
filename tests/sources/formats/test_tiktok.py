"""TikTok beside its Research API, which test_formats.py has."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Metric, ParsedPost, Platform
from tests.sources.samples import TIKTOK, document, fragment, source
from tests.sources.samples_tiktok import AD, PAGES, RECORDS, RSSHUB, YT_DLP

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
NINE = datetime(2025, 11, 12, 1, 0, tzinfo=UTC)
ADDRESS = "https://www.tiktok.com/@anmian_xiaozhan/video/7610000000000000321"


def read(name: str, record: dict[str, Any], **settings: str) -> ParsedPost:
    (post,) = source(name, **settings).parse(fragment(record))
    return post


def with_ad(**changed: Any) -> dict[str, Any]:
    return {**AD, "ad": {**AD["ad"], **changed}}


def test_an_ad_says_what_was_heard_in_it() -> None:
    assert read("tiktok-commercialcontent", AD) == ParsedPost(
        platform=Platform.TIKTOK,
        platform_post_id="ad_120009001",
        account_id="5500000000007",
        account_name="晚安茶铺",
        url="https://library.tiktok.com/ads/detail/?ad_id=120009001",
        posted_at=EIGHT,
        transcript="睡前一杯暖茶",
        counts={Metric.VIEWS: Count(10_000, lower_bound=True)},
        has_media=True,
        is_sponsored=True,
    )


def test_the_details_of_an_ad_have_a_title_and_followers() -> None:
    page = {"data": {**with_ad(title="暖茶助眠"), "ad_group": {}}, "error": {"code": "ok"}}
    page["data"]["advertiser"] = {**AD["advertiser"], "follower_count": 700}
    opened = source("tiktok-commercialcontent")
    ((post,),) = [opened.parse(f) for f in opened.split(document(fragment(page).body))]
    assert (post.title, post.follower_count) == ("暖茶助眠", Count(700))


@pytest.mark.parametrize(
    ("shown", "wanted"), [("0-1K", None), ("1K-10K", 1000), ("1.2M-2M", 1_200_000), ("10M+", 10**7), (None, None)]
)
def test_the_reach_of_an_ad_is_a_lower_bound(shown: str | None, wanted: int | None) -> None:
    post = read("tiktok-commercialcontent", with_ad(reach={"unique_users_seen": shown}))
    assert post.counts == ({} if wanted is None else {Metric.VIEWS: Count(wanted, lower_bound=True)})


def test_an_error_of_the_ads_stops_the_source() -> None:
    with pytest.raises(SourceError, match=r"scope_not_authorized.*ask TikTok for the scope"):
        list(source("tiktok-commercialcontent").split(document('{"error":{"code":"scope_not_authorized"}}')))


def test_a_feed_has_the_description_as_its_title() -> None:
    assert read("tiktok-rsshub", RSSHUB) == ParsedPost(
        platform=Platform.TIKTOK,
        platform_post_id="7610000000000000321",
        account_id="anmian_xiaozhan",
        account_name="安眠小站",
        url=ADDRESS,
        posted_at=EIGHT,
        text="晚上喝什么睡得好 #睡眠",
        has_media=True,
    )


def test_the_account_is_the_feeds_where_an_address_does_not_name_it() -> None:
    opened = source("tiktok-rsshub")
    item = {**RSSHUB, "url": "https://www.tiktok.com/embed/video/7610000000000000321"}
    (cut,) = opened.split(document(PAGES["tiktok-rsshub"] % f"[{fragment(item).body.decode()}]"))
    assert opened.parse(cut)[0].account_id == "anmian_xiaozhan"


def test_an_address_without_a_video_is_refused() -> None:
    with pytest.raises(RecordError, match="missing: no video of TikTok"):
        read("tiktok-rsshub", {**RSSHUB, "url": "https://www.tiktok.com/@anmian_xiaozhan"})


def test_yt_dlp_has_the_handle_as_uploader_and_a_title_cut_short() -> None:
    assert read("tiktok-ytdlp", YT_DLP) == ParsedPost(
        platform=Platform.TIKTOK,
        platform_post_id="7610000000000000321",
        account_id="anmian_xiaozhan",
        account_name="安眠小站",
        url=ADDRESS,
        posted_at=EIGHT,
        observed_at=NINE,
        text="晚上喝什么睡得好 #睡眠",
        transcript="今天聊聊晚上喝什么",
        counts=dict(zip(Metric, map(Count, (20480, 640, 21, 9, 77)), strict=True)),
        has_media=True,
    )


def test_a_video_of_douyin_through_yt_dlp_is_a_post_of_douyin() -> None:
    post = read("tiktok-ytdlp", {**YT_DLP, "extractor_key": "Douyin", "view_count": 0})
    assert (post.platform, post.account_id) == (Platform.DOUYIN, "MS4wLjABAAAAexample")
    assert (post.url, Metric.VIEWS in post.counts) == ("https://www.douyin.com/video/7610000000000000321", False)


@pytest.mark.parametrize("name", ["tiktok-rsshub", "tiktok-ytdlp"])
def test_one_video_is_one_post_of_one_account_in_every_format(name: str) -> None:
    known, post = read("tiktok-researchapi", TIKTOK), read(name, RECORDS[name])
    assert (post.platform_post_id, post.account_id) == (known.platform_post_id, known.account_id)
    assert (post.url, post.posted_at, post.text) == (known.url, known.posted_at, known.text)
