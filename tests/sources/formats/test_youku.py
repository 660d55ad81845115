"""Youku beside its open API, which test_formats.py has: little more than titles."""

from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import ParsedPost, Platform
from pipeline.sources.formats import youku
from tests.sources.samples import YOUKU, document, fragment, source
from tests.sources.samples_youku import LUX, PAGES, RECORDS, RSSHUB, YOU_GET, YT_DLP

TITLE_ONLY = ParsedPost(
    platform=Platform.YOUKU,
    platform_post_id="XNjAwMDAwMDEy",
    account_id="900100200",
    account_name="公园晨练",
    url="https://v.youku.com/v_show/id_XNjAwMDAwMDEy.html",
    title="太极拳二十四式慢动作",
    has_media=True,
)


def read(name: str, record: dict[str, Any], **settings: str) -> ParsedPost:
    (post,) = source(name, **settings).parse(fragment(record))
    return post


@pytest.mark.parametrize(("name", "record"), [("youku-lux", LUX), ("youku-youget", YOU_GET)])
def test_a_title_is_all_that_lux_and_you_get_know(name: str, record: dict[str, Any]) -> None:
    assert read(name, record, account_id="900100200", account_name="公园晨练") == TITLE_ONLY


def test_a_video_that_lux_could_not_read_is_refused() -> None:
    with pytest.raises(RecordError, match=r"missing: lux could not read https://v\.youku"):
        read("youku-lux", {**LUX, "title": "", "err": {}}, account_id="1")


def test_a_feed_names_the_account_and_its_date_is_no_date() -> None:
    opened = source("youku-rsshub")
    (item,) = opened.split(document(PAGES["youku-rsshub"] % f"[{fragment(RSSHUB).body.decode()}]"))
    assert opened.parse(item) == [TITLE_ONLY]


def test_yt_dlp_has_keywords_in_the_place_of_a_description() -> None:
    post = read("youku-ytdlp", YT_DLP)
    assert (post.title, post.text, post.posted_at, post.url) == (TITLE_ONLY.title, "#太极 #晨练", None, TITLE_ONLY.url)


def test_subtitles_that_were_added_are_the_transcript() -> None:
    assert read("youku-ytdlp", {**YT_DLP, "transcript": "马步要稳"}).transcript == "马步要稳"


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_one_video_is_one_post_of_one_account_in_every_format(name: str) -> None:
    known = read("youku-openapi", YOUKU)
    post = read(name, RECORDS[name], account_id="900100200")
    assert (post.platform_post_id, post.account_id) == (known.platform_post_id, known.account_id)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://v.youku.com/v_show/id_XNTgxMjM0NQ==.html", "XNTgxMjM0NQ=="),
        ("https://v.youku.com/v_show/id_XNTgxMjM0NQ%3D%3D.html?spm=1", "XNTgxMjM0NQ=="),
        ("https://v.youku.com/v_show/id_XNTgxMjM0NQ.html", "XNTgxMjM0NQ=="),
        ("https://v.youku.com/video?vid=XNTgxMjM0NQ==&x=1", "XNTgxMjM0NQ=="),
        ("https://player.youku.com/embed/XNTgxMjM0NQ==", "XNTgxMjM0NQ=="),
        ("https://v.youku.com/v_show/id_" + "X" * 300 + ".html", ""),
        ("https://notyouku.com/v_show/id_XNTgxMjM0NQ.html", ""),
        ("https://www.youku.com/", ""),
    ],
)
def test_the_id_of_a_video_is_in_its_address(address: str, wanted: str) -> None:
    assert youku.id_of_address(address) == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://i.youku.com/i/UMzYwMDQwMDgwMA==", "900100200"),
        ("https://i.youku.com/u/UMzYwMDQwMDgwMA/videos", "900100200"),
        ("https://www.youku.com/profile/index/?uid=UMzYwMDQwMDgwMA==", "900100200"),
        ("https://i.youku.com/i/UMw==", ""),
        ("https://i.youku.com/i/UA", ""),
        ("https://i.youku.com/i/Uw7_w", ""),
    ],
)
def test_the_number_of_a_user_is_in_its_address(address: str, wanted: str) -> None:
    assert youku.account_of_address(address) == wanted


@pytest.mark.parametrize("name", ["youku-lux", "youku-rsshub"])
def test_an_address_without_a_video_is_refused(name: str) -> None:
    with pytest.raises(RecordError, match="missing: no video of Youku in `url`"):
        read(name, {**RECORDS[name], "url": "https://v.youku.com/", "id": ""}, account_id="1")
