"""What yt-dlp says of a video on any site, read through a site of these tests."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources.formats import ytdlp
from tests.sources.samples import document

SITE = ytdlp.Site(platform=Platform.TOUTIAO, extractor="Somewhere")
SOURCE = SourceSettings(format="any")
INFO = {
    "id": "880001",
    "title": "立冬那天腌一缸酸菜",
    "description": "盐要放够",
    "timestamp": 1762905600,
    "upload_date": "20251112",
    "uploader": "灶台老许",
    "uploader_id": "77",
    "channel_follower_count": 5200,
    "view_count": 900,
    "like_count": 30,
    "comment_count": None,
    "repost_count": 4,
    "webpage_url": "https://video.example/880001#t=1",
    "extractor_key": "Somewhere",
    "epoch": 1762909200,
    "_type": "video",
}


def read(**changed: Any) -> ParsedPost:
    record = {**INFO, **changed}
    return ytdlp.read_video(record, SOURCE, SITE, ytdlp.video_id(record, SITE))


def subtitles(*lines: str, ext: str = "srt") -> list[dict[str, str]]:
    return [{"ext": "json", "data": "{}"}, {"ext": ext, "data": "\n".join(lines)}]


def test_a_video_is_read_field_by_field() -> None:
    assert read() == ParsedPost(
        platform=Platform.TOUTIAO,
        platform_post_id="880001",
        account_id="77",
        account_name="灶台老许",
        follower_count=Count(5200),
        url="https://video.example/880001",
        posted_at=datetime(2025, 11, 12, 0, 0, tzinfo=UTC),
        observed_at=datetime(2025, 11, 12, 1, 0, tzinfo=UTC),
        title="立冬那天腌一缸酸菜",
        text="盐要放够",
        counts={Metric.VIEWS: Count(900), Metric.LIKES: Count(30), Metric.SHARES: Count(4)},
        has_media=True,
    )


def test_a_day_without_its_time_is_no_time() -> None:
    assert read(timestamp=None).posted_at is None


@pytest.mark.parametrize("availability", ["private", "needs_auth", "subscriber_only", "unlisted"])
def test_what_is_not_shown_to_all_is_private(availability: str) -> None:
    assert read(availability=availability).is_private
    assert not read(availability="public").is_private


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"_type": "playlist"}, "not_a_post"), ({"_type": "url"}, "not_a_post"), ({"extractor_key": "X"}, "other_site")],
)
def test_what_is_no_video_of_the_site_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        read(**changed)


def test_a_playlist_of_playlists_gives_its_videos() -> None:
    listed = '{"_type":"playlist","entries":[{"id":"1"},{"_type":"playlist","entries":[{"id":"2"},null]}]}'
    assert [f.body for f in ytdlp.SPLIT(document(listed), SOURCE)] == [b'{"id":"1"}', b'{"id":"2"}', b"null"]


def test_subrip_is_speech_without_numbers_and_times() -> None:
    cues = subtitles(
        "1", "00:00:00,000 --> 00:00:02,500", "先洗菜", "再沥干", "", "2", "00:00:03,000 --> 00:00:04,000", "7"
    )
    assert read(subtitles={"zh-Hans": cues}).transcript == "先洗菜\n再沥干\n7"


def test_webvtt_is_speech_without_header_notes_tags_and_repeated_lines() -> None:
    head = ("WEBVTT", "Language: zh", "", "NOTE 别念", "", "intro", "00:01.000 --> 00:02.000 align:start")
    cues = (
        *head,
        "<c.red>先洗</c>菜&amp;果",
        "",
        "NOTE 也别念",
        "",
        "00:02.000 --> 00:03.000",
        "先洗菜&amp;果",
        "再沥干",
    )
    assert read(subtitles={"cmn-Hans-CN": subtitles(*cues, ext="vtt")}).transcript == "先洗菜&果\n再沥干"


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ({"danmaku": "弹幕", "en": "english"}, ""),
        ({"zh-HK": "粵語", "zh-Hans": "简体"}, "简体"),
        ({"ai-zh": "机器", "zh-TW": "繁體"}, "繁體"),
        ({"danmaku": "弹幕", "ai-zh": "机器"}, "机器"),
    ],
)
def test_only_chinese_speech_is_read_a_persons_first(held: dict[str, str], wanted: str) -> None:
    tracks = {language: subtitles("00:00:01,000 --> 00:00:02,000", words) for language, words in held.items()}
    assert read(subtitles=tracks).transcript == wanted


def test_captions_of_a_machine_are_read_where_there_are_no_subtitles() -> None:
    track = {"zh": subtitles("00:00:01,000 --> 00:00:02,000", "机器")}
    assert (
        read(subtitles={"zh": [{"ext": "vtt", "url": "https://x.example"}]}, automatic_captions=track).transcript
        == "机器"
    )


def test_a_transcript_that_was_added_comes_before_subtitles() -> None:
    track = {"zh": subtitles("00:00:01,000 --> 00:00:02,000", "字幕")}
    assert read(transcript="听写", subtitles=track).transcript == "听写"


def test_twenty_megabytes_without_a_cue_take_no_time() -> None:
    assert read(subtitles={"zh": subtitles("1" * 10_000_000, "<" * 10_000_000)}).transcript == ""
