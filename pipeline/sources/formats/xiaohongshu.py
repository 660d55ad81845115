"""Xiaohongshu notes: MediaCrawler, xhs (ReaJason), XHS-Downloader, yt-dlp and the feeds of RSSHub.

An address often carries a token (`xsec_token`) that changes; a note's own is made from its id.
"""

import re
from dataclasses import replace

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import feeditem, mediacrawler, ytdlp
from pipeline.sources.values import MILLISECONDS, SECONDS

_COUNTS = {
    Metric.LIKES: ("liked_count", "点赞数量"),
    Metric.FAVOURITES: ("collected_count", "收藏数量"),
    Metric.COMMENTS: ("comment_count", "评论数量"),
    Metric.SHARES: ("share_count", "分享数量"),
}
_HOST = "www.xiaohongshu.com"
_NOTE = re.compile(r"/(?:explore|discovery/item|user/profile/[0-9a-z]+)/([0-9a-z]{16,32})(?=[/?#]|\Z)", re.IGNORECASE)
_PROFILE = re.compile(r"/user/profile/([0-9a-z]{16,32})(?=[/?#]|\Z)", re.IGNORECASE)


def id_of_address(address: str) -> str:
    """The id of the note at an address; empty where there is none."""
    found = _NOTE.search(address) if values.host(address) == _HOST else None
    return found[1] if found else ""


def _address(note_id: str) -> str:
    return f"https://{_HOST}/explore/{note_id}"


# ---- MediaCrawler -----------------------------------------------------------------------------------


def _identify_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return mediacrawler.post_id(record, "note_id")


def _read_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    note_id = _identify_crawled(record, fragment, source)
    return [
        ParsedPost(
            platform=Platform.XIAOHONGSHU,
            platform_post_id=note_id,
            account_id=mediacrawler.account_id(record, source),
            account_name=values.text(record, "nickname") or source.account_name,
            url=_address(note_id),
            posted_at=values.epoch(record, "time", unit=MILLISECONDS),
            edited_at=values.epoch(record, "last_update_time", unit=MILLISECONDS),
            observed_at=mediacrawler.observed_at(record),
            title=values.text(record, "title"),
            text=values.text(record, "desc"),
            counts=values.counts(record, _COUNTS),
            has_media=bool(record.get("image_list") or record.get("video_url") or record.get("type") == "video"),
        )
    ]


MEDIACRAWLER = Format(
    name="xiaohongshu-mediacrawler",
    platform=Platform.XIAOHONGSHU,
    split=splitter(Page()),
    recognises=has("note_id", "collected_count", "note_url"),
    identify=_identify_crawled,
    read=_read_crawled,
)

# ---- xhs (ReaJason), and the answers of the site that it hands on --------------------------------------

_MEDIA = ("image_list", "img_urls", "video", "video_url")


def _refuse(members: Members, origin: str) -> None:
    if member(members, "success") is not False:
        return
    code, message = member(members, "code"), member(members, "msg") or "no message"
    raise SourceError(
        f"{origin}: Xiaohongshu answered with code {code} ({message}); log in again, or wait and fetch it anew"
    )


def _card(record: Record) -> Record:
    """The note itself: an item of a page has it inside."""
    if "note_card" not in record and "model_type" not in record:
        return record
    card = values.mapping(record, "note_card")
    if not card:
        raise RecordError("not_a_post", f"an item without a note (of type {values.text(record, 'model_type')})")
    return card if values.identifier(card, "note_id") else {**card, "note_id": record.get("id")}


def _identify_card(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(_card(record), "note_id")


def _read_card(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """The card of a list has a title and no text."""
    card = _card(record)
    note_id = values.required_id(card, "note_id")
    user = values.mapping(card, "user")
    counts = values.counts(values.mapping(card, "interact_info"), _COUNTS) or values.counts(card, _COUNTS)
    return [
        ParsedPost(
            platform=Platform.XIAOHONGSHU,
            platform_post_id=note_id,
            account_id=values.account(values.identifier(user, "user_id"), source, "user.user_id"),
            account_name=values.text(user, "nickname", "nick_name") or source.account_name,
            url=_address(note_id),
            posted_at=values.epoch(card, "time", unit=MILLISECONDS),
            edited_at=values.epoch(card, "last_update_time", unit=MILLISECONDS),
            title=values.text(card, "title", "display_title"),
            text=values.text(card, "desc"),
            counts=counts,
            has_media=any(card.get(key) for key in _MEDIA) or card.get("type") == "video",
            is_truncated="desc" not in card,
        )
    ]


def _is_card(record: Record) -> bool:
    return isinstance(record.get("note_card"), dict) or {"note_id", "user", "desc", "at_user_list"} <= record.keys()


REAJASON = Format(
    name="xiaohongshu-reajason",
    platform=Platform.XIAOHONGSHU,
    split=splitter(Page(records=(("items",), ("data", "items")), refuse=_refuse)),
    recognises=_is_card,
    identify=_identify_card,
    read=_read_card,
)

# ---- XHS-Downloader -----------------------------------------------------------------------------------

_UNKNOWN = ("", "未知", "unknown")


def _downloaded(record: Record) -> Record:
    """The note itself: an answer of the tool's server has it inside."""
    if "作品ID" in record or "data" not in record:
        return record
    found = values.mapping(record, "data")
    if not found:
        raise RecordError("not_a_post", f"an answer without a note: {values.text(record, 'message')[:200]}")
    return found


def _identify_downloaded(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(_downloaded(record), "作品ID")


def _read_downloaded(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    note = _downloaded(record)
    note_id = values.required_id(note, "作品ID")
    zone = values.local_zone(source)
    posted_at = values.epoch(note, "时间戳", unit=SECONDS) or values.clock_text(note, "发布时间", zone=zone)
    kind = values.text(note, "作品类型").strip().lower()
    return [
        ParsedPost(
            platform=Platform.XIAOHONGSHU,
            platform_post_id=note_id,
            account_id=values.account(values.identifier(note, "作者ID"), source, "作者ID"),
            account_name=values.text(note, "作者昵称") or source.account_name,
            url=_address(note_id),
            posted_at=posted_at,
            edited_at=values.clock_text(note, "最后更新时间", zone=zone),
            observed_at=values.clock_text(note, "采集时间", zone=zone),
            title=values.text(note, "作品标题"),
            text=values.text(note, "作品描述"),
            counts=values.counts(note, _COUNTS),
            has_media=kind not in _UNKNOWN or bool(note.get("下载地址") or note.get("动图地址")),
        )
    ]


def _is_downloaded(record: Record) -> bool:
    inside = record.get("data")
    note = inside if isinstance(inside, dict) else record
    return {"作品ID", "作品标题", "作者ID"} <= note.keys()


XHS_DOWNLOADER = Format(
    name="xiaohongshu-xhsdownloader",
    platform=Platform.XIAOHONGSHU,
    split=splitter(Page()),
    recognises=_is_downloaded,
    identify=_identify_downloaded,
    read=_read_downloaded,
)

# ---- yt-dlp -------------------------------------------------------------------------------------------

_SITE = ytdlp.Site(platform=Platform.XIAOHONGSHU, extractor="XiaoHongShu")


def _identify_video(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return ytdlp.video_id(record, _SITE)


def _read_video(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """Neither the time of the note nor its author's name is there."""
    note_id = _identify_video(record, fragment, source)
    return [replace(ytdlp.read_video(record, source, _SITE, note_id), url=_address(note_id))]


YT_DLP = Format(
    name="xiaohongshu-ytdlp",
    platform=Platform.XIAOHONGSHU,
    split=ytdlp.SPLIT,
    recognises=ytdlp.is_of(_SITE),
    identify=_identify_video,
    read=_read_video,
)

# ---- RSSHub -------------------------------------------------------------------------------------------

_COLLECTION = re.compile(r"收藏(?: • 小红书(?: / RED)?)?\Z")
"""How the title of the feed of what somebody collected ends."""


def _identify_item(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    if found := id_of_address(feeditem.address(record)):
        return found
    raise RecordError("missing", "no address of a note; RSSHub gives it only where XIAOHONGSHU_COOKIE is set")


def _read_item(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    note_id = _identify_item(record, fragment, source)
    feed = values.mapping(record, "feed")
    if _COLLECTION.search(values.text(feed, "title").strip()) or "/collect" in values.text(feed, "feed_url"):
        raise RecordError(
            "missing", "notes that somebody collected do not say whose they are; take the feed of `notes`"
        )
    found = _PROFILE.search(feeditem.home(record)) or _PROFILE.search(feeditem.address(record))
    account_id = values.account(found[1] if found else "", source, "the feed's address")
    post = feeditem.post(record, source, platform=Platform.XIAOHONGSHU, post_id=note_id, account_id=account_id)
    return [replace(post, url=_address(note_id))]


RSSHUB = Format(
    name="xiaohongshu-rsshub",
    platform=Platform.XIAOHONGSHU,
    split=feed_split,
    decode=feed_decode,
    recognises=lambda record: "feed" in record and feeditem.is_at(record, _HOST),
    identify=_identify_item,
    read=_read_item,
)

FORMATS = (MEDIACRAWLER, REAJASON, XHS_DOWNLOADER, YT_DLP, RSSHUB)
