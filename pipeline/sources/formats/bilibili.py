"""Bilibili: videos and posts (动态) of MediaCrawler, and what yt-dlp says of a video.

A video is named by its number (av) here; a BV id is that number written otherwise.
"""

import re
from dataclasses import replace

from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record
from pipeline.sources.formats import mediacrawler, ytdlp
from pipeline.sources.values import SECONDS

_BV_DIGITS = "FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf"
_BV = re.compile(rf"[Bb][Vv]1([{_BV_DIGITS}]{{9}})")
_AV = re.compile(r"(?:[Aa][Vv])?(\d{1,16})", re.ASCII)
_BV_ORDER = (6, 4, 2, 3, 1, 5, 0, 7, 8)
_BV_LIMIT = 2**51
"""The number is written with this bit set, so that all ids are of one length."""
_BV_XOR = 0x1552356C4CDB
_PART = re.compile(r"(.+)_p(\d{1,4})", re.ASCII)
_ARCHIVED = re.compile(r"bilibili (\d{1,16})_part(\d{1,4})", re.ASCII)
_LONGEST = 500
"""Characters of title and description that MediaCrawler keeps."""
_NO_DESCRIPTION = "-"


def canonical_id(video_id: str) -> str:
    """The number of a video, given as number, av or BV id; what is none of these stays as it is."""
    if plain := _AV.fullmatch(video_id):
        return plain[1]
    encoded = _BV.fullmatch(video_id)
    if encoded is None:
        return video_id
    number = 0
    for place in _BV_ORDER:
        number = number * len(_BV_DIGITS) + _BV_DIGITS.index(encoded[1][place])
    return str((number - _BV_LIMIT) ^ _BV_XOR) if _BV_LIMIT <= number < 2 * _BV_LIMIT else video_id


# ---- MediaCrawler -----------------------------------------------------------------------------------

_COUNTS = {
    Metric.VIEWS: ("video_play_count",),
    Metric.LIKES: ("liked_count", "total_liked"),
    Metric.COMMENTS: ("video_comment", "total_comments"),
    Metric.SHARES: ("video_share_count", "total_forwards"),
    Metric.FAVOURITES: ("video_favorite_count",),
}
_WITHOUT_MEDIA = ("WORD", "FORWARD")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """Posts have 19 digits, videos at most 16, so that one number cannot be both."""
    if "dynamic_id" in record:
        return mediacrawler.post_id(record, "dynamic_id")
    return canonical_id(mediacrawler.post_id(record, "video_id"))


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    post_id = _identify(record, fragment, source)
    is_video = "dynamic_id" not in record
    title, text = values.text(record, "title"), values.text(record, "desc" if is_video else "text")
    return [
        ParsedPost(
            platform=Platform.BILIBILI,
            platform_post_id=post_id,
            account_id=mediacrawler.account_id(record, source),
            account_name=values.text(record, "nickname", "user_name") or source.account_name,
            url=_address(post_id) if is_video else f"https://t.bilibili.com/{post_id}",
            posted_at=values.epoch(record, "create_time" if is_video else "pub_ts", unit=SECONDS),
            observed_at=mediacrawler.observed_at(record),
            title=title,
            text=_described(text),
            counts=values.counts(record, _COUNTS),
            has_media=is_video or values.text(record, "type") not in _WITHOUT_MEDIA,
            is_truncated=is_video and max(len(title), len(text)) >= _LONGEST,
        )
    ]


def _described(text: str) -> str:
    return "" if text.strip() == _NO_DESCRIPTION else text


def _address(post_id: str) -> str:
    number, _, part = post_id.partition("_p")
    return f"https://www.bilibili.com/video/av{number}" + (f"?p={part}" if part else "")


def _is_of_mediacrawler(record: Record) -> bool:
    return ("video_id" in record and "video_danmaku" in record) or ("dynamic_id" in record and "pub_ts" in record)


MEDIACRAWLER = Format(
    name="bilibili-mediacrawler",
    platform=Platform.BILIBILI,
    split=splitter(Page()),
    recognises=_is_of_mediacrawler,
    identify=_identify,
    read=_read,
)

# ---- yt-dlp -----------------------------------------------------------------------------------------

_SITE = ytdlp.Site(platform=Platform.BILIBILI, extractor="BiliBili", account=("uploader_id",))


def _identify_info(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """A part of a video has its own speech, and is a post of its own; the first has the video's address."""
    video_id = ytdlp.video_id(record, _SITE)
    part = _PART.fullmatch(video_id)
    archived = next(filter(None, map(_ARCHIVED.fullmatch, _archive_ids(record))), None)
    number = archived[1] if archived else canonical_id(part[1] if part else video_id)
    return number if part is None or int(part[2]) == 1 else f"{number}_p{int(part[2])}"


def _archive_ids(record: Record) -> list[str]:
    return [name for name in values.sequence(record, "_old_archive_ids") if isinstance(name, str)]


def _read_info(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    post_id = _identify_info(record, fragment, source)
    post = ytdlp.read_video(record, source, _SITE, post_id)
    return [replace(post, url=_address(post_id), text=_described(post.text))]


YT_DLP = Format(
    name="bilibili-ytdlp",
    platform=Platform.BILIBILI,
    split=ytdlp.SPLIT,
    recognises=ytdlp.is_of(_SITE),
    identify=_identify_info,
    read=_read_info,
)

FORMATS = (MEDIACRAWLER, YT_DLP)
