"""Weibo posts as Weibo itself gives them, and the exports of MediaCrawler and of WeiboSpider (nghuyong)."""

import html
import re

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import mediacrawler
from pipeline.sources.formats.weibo_posts import address, canonical_id, without_more, written_at
from pipeline.sources.values import SECONDS

_COUNTS = {
    Metric.VIEWS: ("reads_count",),
    Metric.LIKES: ("attitudes_count",),
    Metric.COMMENTS: ("comments_count",),
    Metric.SHARES: ("reposts_count",),
}
_TAG = re.compile(r"<(?:a|span|img|br)\b[^<>]*>", re.IGNORECASE)

# ---- the open interface, its push service, and the pages of m.weibo.cn -------------------------------

_MEDIA = ("pic_ids", "pic_urls", "pics", "thumbnail_pic", "original_pic")


def _refuse(members: Members, origin: str) -> None:
    code, message = member(members, "error_code"), member(members, "error")
    if code not in (None, 0, "0", ""):
        advice = "get a new access token" if str(code).startswith("213") else "mend the request and fetch the page anew"
        raise SourceError(f"{origin}: Weibo answered with error {code} ({message or 'no message'}); {advice}")
    if member(members, "ok") not in (None, 1) and not member(members, "data"):
        message = member(members, "msg") or "no message"
        raise SourceError(f"{origin}: Weibo answered with no page ({message}); log in again, or wait and fetch it anew")


def _status(record: Record) -> Record:
    """The post itself: a message of the push service and a card of a page have it inside."""
    is_message = isinstance(record.get("text"), dict)
    if not is_message and "mblog" not in record and "card_type" not in record:
        return record
    message = values.mapping(record, "text") if is_message else record
    status = values.mapping(message, "status", "mblog")
    if not status:
        kind = values.text(message, "type", "card_type")
        raise RecordError("not_a_post", f"a message or card without a post (of type {kind or 'unknown'})")
    return {**status, "deleted": True} if values.text(message, "event").startswith("del") else status


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return canonical_id(values.required_id(_status(record), "idstr", "mid", "id"))


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """A repost is two posts if its original says whose it is; that of a deleted one does not."""
    status = _status(record)
    original = values.mapping(status, "retweeted_status")
    posts = [_read_status(status, source)]
    if _user_id(original):
        posts.append(_read_status(original, source))
    return posts


def _user_id(status: Record) -> str:
    return values.identifier(values.mapping(status, "user"), "idstr", "id")


def _read_status(status: Record, source: SourceSettings) -> ParsedPost:
    post_id = canonical_id(values.required_id(status, "idstr", "mid", "id"))
    user, user_id = values.mapping(status, "user"), _user_id(status)
    text, is_cut = _words(status)
    original = values.mapping(status, "retweeted_status")
    reposted = "" if values.flag(original, "deleted") else _words(original)[0]
    return ParsedPost(
        platform=Platform.WEIBO,
        platform_post_id=post_id,
        account_id=values.account(user_id, source, "user.idstr", "user.id"),
        account_name=values.text(user, "screen_name") or ("" if user_id else source.account_name),
        follower_count=values.count(user, "followers_count"),
        url=address(post_id),
        posted_at=written_at(status, "created_at"),
        text=text,
        is_html=bool(_TAG.search(text) or _TAG.search(reposted)),
        reposted_text=reposted,
        counts=values.counts(status, _COUNTS),
        has_media=any(status.get(key) for key in _MEDIA) or "media_info" in values.mapping(status, "page_info"),
        is_deleted=values.flag(status, "deleted"),
        is_private=_is_private(status),
        is_truncated=is_cut,
    )


def _words(status: Record) -> tuple[str, bool]:
    """What a post says, and whether that is only its head."""
    if whole := values.text(values.mapping(status, "longText"), "longTextContent"):
        return whole, False
    text, is_cut = without_more(values.text(status, "text", "text_raw"))
    return text, is_cut or values.flag(status, "isLongText") or values.flag(status, "truncated")


def _is_private(status: Record) -> bool:
    """Only type 0 is shown to all: 1 is oneself, 3 a group, 4 close friends, 6 friends, 10 fans."""
    return values.text(values.mapping(status, "visible"), "type").strip() not in ("", "0")


def _is_status(record: Record) -> bool:
    inside = record.get("text")
    if isinstance(inside, dict):
        return "status" in inside
    return "mblog" in record or {"created_at", "text", "reposts_count", "attitudes_count", "user"} <= record.keys()


OPEN_API = Format(
    name="weibo-openapi",
    platform=Platform.WEIBO,
    split=splitter(Page(records=(("statuses",), ("data", "cards")), refuse=_refuse)),
    recognises=_is_status,
    identify=_identify,
    read=_read,
)

# ---- MediaCrawler ------------------------------------------------------------------------------------

_CRAWLED_COUNTS = {
    Metric.LIKES: ("liked_count",),
    Metric.COMMENTS: ("comments_count",),
    Metric.SHARES: ("shared_count",),
}


def _identify_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return canonical_id(mediacrawler.post_id(record, "note_id"))


def _read_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """Tags are gone from the text but its entities are not; line ends went with the tags."""
    post_id = _identify_crawled(record, fragment, source)
    text, is_cut = without_more(html.unescape(values.text(record, "content")))
    posted_at = values.epoch(record, "create_time", unit=SECONDS) or values.clock_text(record, "create_date_time")
    return [
        ParsedPost(
            platform=Platform.WEIBO,
            platform_post_id=post_id,
            account_id=mediacrawler.account_id(record, source),
            account_name=values.text(record, "nickname") or source.account_name,
            url=address(post_id),
            posted_at=posted_at,
            observed_at=mediacrawler.observed_at(record),
            text=text,
            counts=values.counts(record, _CRAWLED_COUNTS),
            is_truncated=is_cut,
        )
    ]


MEDIACRAWLER = Format(
    name="weibo-mediacrawler",
    platform=Platform.WEIBO,
    split=splitter(Page()),
    recognises=has("note_id", "comments_count", "shared_count"),
    identify=_identify_crawled,
    read=_read_crawled,
)

# ---- WeiboSpider of nghuyong -------------------------------------------------------------------------

_CUT_AT = 150
"""A long post is cut at some 140 characters; one marked as long that has more was fetched whole."""


def _identify_spidered(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return canonical_id(values.required_id(record, "_id", "mblogid"))


def _read_spidered(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    post_id = _identify_spidered(record, fragment, source)
    user = values.mapping(record, "user")
    text, is_cut = without_more(values.text(record, "content"))
    return [
        ParsedPost(
            platform=Platform.WEIBO,
            platform_post_id=post_id,
            account_id=values.account(values.identifier(user, "_id"), source, "user._id"),
            account_name=values.text(user, "nick_name") or source.account_name,
            follower_count=values.count(user, "followers_count"),
            url=address(post_id),
            posted_at=written_at(record, "created_at"),
            observed_at=values.epoch(record, "crawl_time", unit=SECONDS),
            text=text,
            counts=values.counts(record, _COUNTS),
            has_media=bool(record.get("pic_urls") or record.get("video")),
            is_truncated=is_cut or (values.flag(record, "isLongText") and len(text) <= _CUT_AT),
        )
    ]


NGHUYONG = Format(
    name="weibo-nghuyong",
    platform=Platform.WEIBO,
    split=splitter(Page()),
    recognises=has("_id", "mblogid", "attitudes_count"),
    identify=_identify_spidered,
    read=_read_spidered,
)

FORMATS = (OPEN_API, MEDIACRAWLER, NGHUYONG)
