"""Toutiao articles, micro posts and videos: the feeds of RSSHub, and yt-dlp (also for its sister Xigua)."""

import re
from dataclasses import replace

from pipeline.errors import RecordError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.contract import Format, Record
from pipeline.sources.formats import feeditem, ytdlp
from pipeline.sources.values import SECONDS

_HOST = "toutiao.com"
_POST = re.compile(r"/(?:(?P<kind>article|w|video|item|group)/|[ai])(?P<id>[0-9]{8,24})(?=[/?#]|\Z)")

# ---- RSSHub -------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"/user/token/([\w-]{1,256})(?=[/?#]|\Z)", re.ASCII)
_PARAGRAPH = re.compile(r"<(?:p|div|h[1-6])\b", re.IGNORECASE)
"""What an article has and its abstract has not."""


def _at(record: Record) -> re.Match[str]:
    found = _POST.search(feeditem.address(record))
    if found is None:
        raise RecordError("missing", "no post of Toutiao in `url`")
    return found


def _identify_item(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return _at(record)["id"]


def _read_item(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """The feed of an account has its token in the address; that of a channel names many authors and no ids."""
    at, feed = _at(record), values.mapping(record, "feed")
    token = _TOKEN.search(feeditem.home(record)) or _TOKEN.search(values.text(feed, "feed_url"))
    account_id = token[1] if token else feeditem.account_of_name(record, source)
    post = feeditem.post(record, source, platform=Platform.TOUTIAO, post_id=at["id"], account_id=account_id)
    is_abstract = at["kind"] == "article" and not _PARAGRAPH.search(post.text)
    return [replace(post, is_truncated=is_abstract, has_media=post.has_media or at["kind"] == "video")]


RSSHUB = Format(
    name="toutiao-rsshub",
    platform=Platform.TOUTIAO,
    split=feed_split,
    decode=feed_decode,
    recognises=lambda record: "feed" in record and feeditem.is_at(record, _HOST),
    identify=_identify_item,
    read=_read_item,
)

# ---- yt-dlp -------------------------------------------------------------------------------------------

_TOUTIAO = ytdlp.Site(
    platform=Platform.TOUTIAO,
    extractor="Toutiao",
    counts={
        Metric.VIEWS: ("view_count",),
        Metric.FAVOURITES: ("like_count",),  # yt-dlp's name for how often it was collected
        Metric.COMMENTS: ("comment_count",),
    },
)
_XIGUA = ytdlp.Site(platform=Platform.TOUTIAO, extractor="Ixigua")
"""The same video has the same number at both."""


def _site(record: Record) -> ytdlp.Site:
    return _XIGUA if record.get("extractor_key") == _XIGUA.extractor else _TOUTIAO


def _identify_video(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return ytdlp.video_id(record, _site(record))


def _read_video(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    video_id = _identify_video(record, fragment, source)
    post = ytdlp.read_video(record, source, _site(record), video_id)
    posted_at = post.posted_at or values.epoch(record, "release_timestamp", unit=SECONDS)
    return [replace(post, posted_at=posted_at, url=f"https://www.{_HOST}/video/{video_id}/")]


YT_DLP = Format(
    name="toutiao-ytdlp",
    platform=Platform.TOUTIAO,
    split=ytdlp.SPLIT,
    recognises=ytdlp.is_of(_TOUTIAO, _XIGUA),
    identify=_identify_video,
    read=_read_video,
)

FORMATS = (RSSHUB, YT_DLP)
