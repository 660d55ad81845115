from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Metric, ParsedPost, Platform
from pipeline.sources import FORMATS
from pipeline.sources.formats import bilibili
from tests.sources.samples import document, fragment, source
from tests.sources.samples_bilibili import DYNAMIC, VIDEO, YT_DLP

EIGHT = datetime(2025, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
SEEN = datetime(2025, 11, 13, 2, 13, 20, 456000, tzinfo=UTC)


def read(name: str, record: dict[str, Any]) -> ParsedPost:
    (post,) = source(name).parse(fragment(record))
    return post


def counts(*numbers: int | None) -> dict[Metric, Count]:
    order = (Metric.VIEWS, Metric.LIKES, Metric.COMMENTS, Metric.SHARES, Metric.FAVOURITES)
    return {m: Count(n) for m, n in zip(order, numbers, strict=True) if n is not None}


def test_a_video_of_mediacrawler() -> None:
    assert read("bilibili-mediacrawler", VIDEO) == ParsedPost(
        platform=Platform.BILIBILI,
        platform_post_id="900000000000123",
        account_id="f00d00112233aabb",
        account_name="早***子",
        url="https://www.bilibili.com/video/av900000000000123",
        posted_at=EIGHT,
        observed_at=SEEN,
        title="早八人的三分钟早餐",
        text="燕麦提前泡好",
        counts=counts(203211, 15302, 899, 551, 1203),
        has_media=True,
    )


def test_a_post_of_the_dynamics_file() -> None:
    assert read("bilibili-mediacrawler", DYNAMIC) == ParsedPost(
        platform=Platform.BILIBILI,
        platform_post_id="1100000000000000042",
        account_id="f00d00112233aabb",
        account_name="早***子",
        url="https://t.bilibili.com/1100000000000000042",
        posted_at=EIGHT,
        observed_at=SEEN,
        text="明天停更一天，去体检",
        counts=counts(None, 88, 12, 3, None),
    )


def test_both_files_are_recognised() -> None:
    recognises = FORMATS["bilibili-mediacrawler"].recognises
    assert (recognises(VIDEO), recognises(DYNAMIC), recognises(YT_DLP)) == (True, True, False)


@pytest.mark.parametrize(("kind", "has_media"), [("DRAW", True), ("AV", True), ("FORWARD", False), ("WORD", False)])
def test_a_post_has_media_by_its_type(kind: str, has_media: bool) -> None:
    assert read("bilibili-mediacrawler", {**DYNAMIC, "type": kind}).has_media is has_media


@pytest.mark.parametrize("field", ["title", "desc"])
def test_what_was_cut_at_500_characters_is_marked(field: str) -> None:
    assert read("bilibili-mediacrawler", {**VIDEO, field: "长" * 500}).is_truncated
    assert not read("bilibili-mediacrawler", {**VIDEO, field: "长" * 499}).is_truncated


def test_a_long_post_is_whole() -> None:
    assert not read("bilibili-mediacrawler", {**DYNAMIC, "text": "长" * 500}).is_truncated


def test_a_dash_is_no_description() -> None:
    assert read("bilibili-mediacrawler", {**VIDEO, "desc": "-"}).text == ""
    assert read("bilibili-ytdlp", {**YT_DLP, "description": "-\n"}).text == ""


def test_an_author_of_the_old_generation() -> None:
    assert read("bilibili-mediacrawler", {**VIDEO, "user_id": 70000123}).account_id == "70000123"


def test_a_comment_is_not_a_post() -> None:
    comment = {"comment_id": "5", "video_id": "900000000000123", "content": "学到了", "creator_hash": "ab"}
    with pytest.raises(RecordError, match="not_a_post"):
        read("bilibili-mediacrawler", comment)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("BV17x411w7KC", "170001"),
        ("bv17x411w7KC", "170001"),
        ("BV1L9Uoa9EUx", "111298867365120"),
        ("av170001", "170001"),
        ("170001", "170001"),
        ("BV1", "BV1"),
        ("BV1FFFFFFFFF", "BV1FFFFFFFFF"),
        ("BV17x411w7K0", "BV17x411w7K0"),
        ("ep123", "ep123"),
    ],
)
def test_a_video_has_one_name_however_it_is_written(written: str, wanted: str) -> None:
    assert bilibili.canonical_id(written) == wanted


def test_a_video_of_yt_dlp_is_that_of_mediacrawler() -> None:
    post, known = read("bilibili-ytdlp", YT_DLP), read("bilibili-mediacrawler", VIDEO)
    assert (post.platform_post_id, post.url, post.posted_at) == (known.platform_post_id, known.url, known.posted_at)
    assert (post.title, post.text, post.account_id) == (known.title, known.text, "70000123")


def test_danmaku_and_comments_are_not_what_is_said() -> None:
    assert read("bilibili-ytdlp", YT_DLP).transcript == "先把燕麦泡上"


@pytest.mark.parametrize(
    ("video_id", "archived", "wanted"),
    [
        ("BV1MMTahJsZZ", [], "900000000000123"),
        ("BV1MMTahJsZZ_p1", [], "900000000000123"),
        ("BV1MMTahJsZZ_p2", [], "900000000000123_p2"),
        ("BV1MMTahJsZZ_p2", ["bilibili 900000000000123_part2"], "900000000000123_p2"),
        ("BV1zzzzzzzzz", ["other 1", 7, "bilibili 900000000000123_part1"], "900000000000123"),
    ],
)
def test_the_parts_of_a_video_are_posts_of_their_own(video_id: str, archived: list[object], wanted: str) -> None:
    post = read("bilibili-ytdlp", {**YT_DLP, "id": video_id, "_old_archive_ids": archived})
    assert post.platform_post_id == wanted
    assert post.url.endswith("av900000000000123?p=2" if wanted.endswith("_p2") else "av900000000000123")


def test_the_parts_of_a_video_come_out_of_a_users_playlist() -> None:
    video = {
        "_type": "playlist",
        "id": "BV1MMTahJsZZ",
        "entries": [{**YT_DLP, "id": f"BV1MMTahJsZZ_p{n}"} for n in (1, 2)],
    }
    opened = source("bilibili-ytdlp")
    page = document(fragment({"_type": "playlist", "entries": [video]}).body)
    assert [opened.external_id(part) for part in opened.split(page)] == ["900000000000123", "900000000000123_p2"]
