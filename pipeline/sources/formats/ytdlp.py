"""What yt-dlp says of a video, whatever the site: the info JSON of one video, or a playlist with its videos inside.

Each platform's module names its site, and changes what yt-dlp calls otherwise there.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import RecordError
from pipeline.records import Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Record
from pipeline.sources.values import SECONDS

COUNTS: Mapping[Metric, tuple[str, ...]] = {
    Metric.VIEWS: ("view_count",),
    Metric.LIKES: ("like_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.SHARES: ("repost_count",),
    Metric.FAVOURITES: ("save_count",),
}
SPLIT = splitter(Page(records=(("entries",),), nested=2))
"""A list of channels holds channels, a channel may hold videos of several parts."""

_VIDEO = ("", "video", "multi_video")
_SHOWN_TO_ALL = ("", "public")
"""Values of `availability`; what is for friends is subscriber_only to yt-dlp, what is for followers unlisted."""
_CHINESE = re.compile(r"(?:ai-)?(?:zh|zho|chi|cmn|yue)(?:[-_].*)?", re.IGNORECASE)
_SIMPLIFIED = re.compile(r".*(?:hans|[-_]cn)", re.IGNORECASE)
_CUE = re.compile(r"^(?:\d+[ \t]*\n)?[ \t]*[\d:.,]+[ \t]+-->[^\n]*\n?", re.MULTILINE)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What yt-dlp calls a site, and where it puts what there."""

    platform: Platform
    extractor: str
    """The `extractor_key` of the site's videos."""
    account: tuple[str, ...] = ("uploader_id", "channel_id")
    account_name: tuple[str, ...] = ("uploader", "channel")
    counts: Mapping[Metric, tuple[str, ...]] = field(default_factory=lambda: COUNTS)


def is_of(*sites: Site) -> Callable[[Record], bool]:
    """A `recognises` by the sites a record may be of."""
    extractors = [site.extractor for site in sites]
    return lambda record: record.get("extractor_key") in extractors


def video_id(record: Record, site: Site) -> str:
    """The site's id of a video. Raises RecordError where the record is no video, or another site's."""
    if values.text(record, "_type") not in _VIDEO:
        detail = "a playlist without its videos; take it out of the path, or export with -J and not --flat-playlist"
        raise RecordError("not_a_post", detail)
    extractor = values.text(record, "extractor_key") or site.extractor
    if extractor != site.extractor:
        raise RecordError("other_site", f"a video of {extractor[:80]}; give it a source of that site's format")
    return values.required_id(record, "id")


def read_video(record: Record, source: SourceSettings, site: Site, post_id: str) -> ParsedPost:
    """The video as any site has it."""
    return ParsedPost(
        platform=site.platform,
        platform_post_id=post_id,
        account_id=values.account(values.identifier(record, *site.account), source, *site.account),
        account_name=values.text(record, *site.account_name) or source.account_name,
        follower_count=values.count(record, "channel_follower_count"),
        url=values.web_address(record, "webpage_url"),
        # Not `upload_date`: a bare day of UTC, which in the morning of Shanghai is still the day before.
        posted_at=values.epoch(record, "timestamp", unit=SECONDS),
        observed_at=values.epoch(record, "epoch", unit=SECONDS),
        title=values.text(record, "title"),
        text=values.text(record, "description"),
        transcript=values.text(record, "transcript") or spoken(record),
        counts=values.counts(record, site.counts),
        has_media=True,
        is_private=values.text(record, "availability") not in _SHOWN_TO_ALL,
    )


# ---- subtitles --------------------------------------------------------------------------------------


def spoken(record: Record) -> str:
    """The Chinese subtitles where the record holds them and not just their address: a person's before a machine's.

    Danmaku lie beside them as if they were a language, and are never what the author says.
    """
    for kind in ("subtitles", "automatic_captions"):
        by_language = values.mapping(record, kind)
        for language in sorted(filter(_CHINESE.fullmatch, by_language), key=_preference):
            for track in values.sequence(by_language, language):
                if found := _words(track):
                    return found
    return ""


def _preference(language: str) -> tuple[bool, bool, str]:
    return language.lower().startswith("ai-"), not _SIMPLIFIED.match(language), language


def _words(track: Any) -> str:
    if not isinstance(track, dict) or track.get("ext") not in ("srt", "vtt"):
        return ""
    return "\n".join(_lines(values.text(track, "data").replace("\r\n", "\n")))


def _lines(subtitles: str) -> Iterator[str]:
    """The lines of SubRip or WebVTT; one that rolls on through the next cue is said once."""
    previous = ""
    for cue in _CUE.split(subtitles)[1:]:
        for line in html.unescape(_TAG.sub("", cue.strip().split("\n\n")[0])).split("\n"):
            words = line.strip()
            if words and words != previous:
                yield words
                previous = words
