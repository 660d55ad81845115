"""Kuaishou videos and picture posts: MediaCrawler, KS-Downloader, and the feeds of RSSHub, which have no words."""

import re
from dataclasses import replace

from pipeline.errors import RecordError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import feeditem, mediacrawler
from pipeline.sources.values import MILLISECONDS


def _address(video_id: str) -> str:
    return f"https://www.kuaishou.com/short-video/{video_id}"


# ---- MediaCrawler -----------------------------------------------------------------------------------

_CUT_AT = 500
"""Characters of a caption that MediaCrawler keeps."""
_CRAWLED_COUNTS = {Metric.LIKES: ("liked_count",), Metric.VIEWS: ("viewd_count",)}


def _identify_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return mediacrawler.post_id(record, "video_id")


def _read_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """Title and text are the same caption."""
    video_id = _identify_crawled(record, fragment, source)
    title, text = values.text(record, "title"), values.text(record, "desc")
    return [
        ParsedPost(
            platform=Platform.KUAISHOU,
            platform_post_id=video_id,
            account_id=mediacrawler.account_id(record, source),
            account_name=values.text(record, "nickname") or source.account_name,
            url=_address(video_id),
            posted_at=values.epoch(record, "create_time", unit=MILLISECONDS),
            observed_at=mediacrawler.observed_at(record),
            title="" if title == text else title,
            text=text,
            counts=values.counts(record, _CRAWLED_COUNTS),
            has_media=True,
            is_truncated=len(text) >= _CUT_AT,
        )
    ]


MEDIACRAWLER = Format(
    name="kuaishou-mediacrawler",
    platform=Platform.KUAISHOU,
    split=splitter(Page()),
    recognises=has("video_id", "viewd_count"),
    identify=_identify_crawled,
    read=_read_crawled,
)

# ---- KS-Downloader ------------------------------------------------------------------------------------

_COUNTS = {
    Metric.VIEWS: ("viewCount",),
    Metric.LIKES: ("realLikeCount", "likeCount"),
    Metric.COMMENTS: ("commentCount",),
    Metric.SHARES: ("shareCount",),
    Metric.FAVOURITES: ("collectionCount",),
}
_AUTHOR = ("authorID", "userEid")
"""The author's id of the site's addresses, under the names of the tool's present and former tables."""


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    found = values.required_id(record, "detailID")
    if found == "Unknown":
        raise RecordError("missing", "KS-Downloader did not find out the id (`detailID`); let it read the video again")
    return found


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    video_id = _identify(record, fragment, source)
    zone = values.local_zone(source)
    return [
        ParsedPost(
            platform=Platform.KUAISHOU,
            platform_post_id=video_id,
            account_id=values.account(values.identifier(record, *_AUTHOR), source, *_AUTHOR),
            account_name=values.text(record, "name", "userName") or source.account_name,
            follower_count=values.count(record, "fanCount"),
            url=_address(video_id),
            posted_at=values.clock_text(record, "timestamp", zone=zone),
            observed_at=values.clock_text(record, "collection_time", zone=zone),
            text=values.text(record, "caption"),
            counts=values.counts(record, _COUNTS),
            has_media=True,
        )
    ]


KS_DOWNLOADER = Format(
    name="kuaishou-ksdownloader",
    platform=Platform.KUAISHOU,
    split=splitter(Page()),
    recognises=has("detailID", "photoType", "caption"),
    identify=_identify,
    read=_read,
)

# ---- RSSHub -------------------------------------------------------------------------------------------

_PROFILE = re.compile(r"/profile/([\w-]{1,64})(?=[/?#]|\Z)", re.ASCII)
_VIDEO = re.compile(r"/short-video/([\w-]{1,64})(?=[/?#]|\Z)", re.ASCII)
_ITEM_ID = re.compile(r"3x[0-9a-z]{8,20}")


def _identify_item(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    named = values.required_id(record, "id", "url")
    found = _VIDEO.search(named)
    return found[1] if found else named


def _read_item(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """An item is a player: the post is known to be there, and is dropped for want of words."""
    video_id = _identify_item(record, fragment, source)
    feed = values.mapping(record, "feed")
    found = _PROFILE.search(values.text(feed, "feed_url")) or _PROFILE.search(values.text(feed, "home_page_url"))
    account_id = values.account(found[1] if found else "", source, "the feed's address")
    post = feeditem.post(record, source, platform=Platform.KUAISHOU, post_id=video_id, account_id=account_id)
    return [replace(post, url=_address(video_id), has_media=True)]


def _is_item(record: Record) -> bool:
    """A feed's item without an address, or one at the site."""
    named = record.get("id")
    is_named = isinstance(named, str) and bool(_ITEM_ID.fullmatch(named)) and "url" not in record
    return "feed" in record and (is_named or feeditem.is_at(record, "kuaishou.com"))


RSSHUB = Format(
    name="kuaishou-rsshub",
    platform=Platform.KUAISHOU,
    split=feed_split,
    decode=feed_decode,
    recognises=_is_item,
    identify=_identify_item,
    read=_read_item,
)

FORMATS = (MEDIACRAWLER, KS_DOWNLOADER, RSSHUB)
