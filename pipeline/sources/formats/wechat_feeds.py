"""WeChat articles out of feeds: RSSHub's, those of we-mp-rss and wewe-rss, and rows of these two's databases."""

import hashlib
import re
from dataclasses import replace

from pipeline.errors import RecordError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.contract import Format, Record
from pipeline.sources.formats import feeditem
from pipeline.sources.formats.wechat_ids import (
    HOST,
    account_of,
    account_of_address,
    article_of_address,
    canonical_address,
)
from pipeline.sources.values import SECONDS, SHANGHAI

_MARKUP = re.compile(r"<[a-z]", re.IGNORECASE)
_FEED_ID = re.compile(r"/feeds?/(MP_WXS_\w+)")
_SHORT_NAME = re.compile(r"[\w-]{8,64}", re.ASCII)
_ARTICLE_ID = re.compile(r"(?:MP_WXS_)?([\w=+/]{1,64})-(\d{1,20}_\d{1,3})", re.ASCII)
_ESCAPED_DATA = re.compile(r"\s*<!\[CDATA\[(.*)\]\]>\s*", re.DOTALL)
_FAILED = "获取全文失败"
_REMOVED = "1000"
"""The status of an article that we-mp-rss found deleted."""
_OF_ALL = ("", "Mp-We-Rss")
"""Titles of we-mp-rss's feed of all accounts."""


def _full(post: ParsedPost, text: str, *, is_deleted: bool = False) -> ParsedPost:
    """The post with its article's text; without one it is its title, and truncated."""
    is_markup = bool(_MARKUP.search(text))
    return replace(post, text=text, is_html=is_markup, is_truncated=not text and not is_deleted, is_deleted=is_deleted)


# ---- RSSHub -----------------------------------------------------------------------------------------


def _identify_routed(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """The article its address names; a passing address (Sogou's) names none, but an account has no two of one title
    and moment."""
    if named := article_of_address(feeditem.address(record)):
        return named
    moment, title = values.clock_text(record, "date_published", "date_modified"), values.text(record, "title").strip()
    if moment is None or not title:
        raise RecordError("missing", "no lasting address, and without title and date nothing else names an article")
    told = f"{_routed_account(record, source)}\n{title}\n{moment.timestamp():.0f}"
    return f"t_{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def _routed_account(record: Record, source: SourceSettings) -> str:
    found = account_of_address(feeditem.address(record)) or account_of_address(feeditem.home(record))
    return found or feeditem.account_of_name(record, source)


def _read_routed(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    post = feeditem.post(
        record,
        source,
        platform=Platform.WECHAT,
        post_id=_identify_routed(record, fragment, source),
        account_id=_routed_account(record, source),
    )
    return [replace(post, url=canonical_address(post.url), is_truncated=not post.text)]


def _is_routed(record: Record) -> bool:
    return feeditem.is_at(record, HOST) and not _is_of_wewe(record) and not _is_of_wemp(record)


RSSHUB = Format(
    name="wechat-rsshub",
    platform=Platform.WECHAT,
    split=feed_split,
    decode=feed_decode,
    recognises=_is_routed,
    identify=_identify_routed,
    read=_read_routed,
)

# ---- wewe-rss ---------------------------------------------------------------------------------------


def _identify_wewe(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """The last part of the article's short address, which is all that WeRead knows of it."""
    if named := article_of_address(feeditem.address(record)):
        return named
    article_id = values.required_id(record, "id", "url")
    if not _SHORT_NAME.fullmatch(article_id):
        raise RecordError("bad_id", f"`id` is {article_id[:80]!r}, not the last part of an article's short address")
    return article_id


def _wewe_account(record: Record, source: SourceSettings) -> str:
    listed = values.identifier(record, "mp_id", "mpId")
    feed = values.mapping(record, "feed")
    found = _FEED_ID.search(values.text(feed, "home_page_url") + " " + values.text(feed, "feed_url"))
    if listed or found:
        return values.account(account_of(listed or (found[1] if found else "")), source, "mp_id")
    return values.account(source.account_id or _wewe_name(record, source), source, "the feed's address", "authors")


def _wewe_name(record: Record, source: SourceSettings) -> str:
    """Only the feed of all accounts names an item's; any other bears the name of its account."""
    return feeditem.account_name(record, source) or values.text(values.mapping(record, "feed"), "title").strip()


def _read_wewe(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    article_id = _identify_wewe(record, fragment, source)
    post = feeditem.post(
        record, source, platform=Platform.WECHAT, post_id=article_id, account_id=_wewe_account(record, source)
    )
    post = replace(
        post,
        account_name=_wewe_name(record, source),
        url=canonical_address(post.url) or f"https://{HOST}/s/{article_id}",
        posted_at=post.posted_at or values.epoch(record, "publish_time", "publishTime", unit=SECONDS),
        has_media=post.has_media or bool(record.get("pic_url") or record.get("picUrl")),
    )
    return [_full(post, "" if post.text.lstrip().startswith(_FAILED) else post.text)]


def _is_of_wewe(record: Record) -> bool:
    if _is_row(record):
        return "url" not in record and not _is_of_wemp(record)
    feed, name = record.get("feed"), record.get("id")
    is_from_it = isinstance(feed, dict) and bool(_FEED_ID.search(str(feed.get("home_page_url"))))
    is_short = isinstance(name, str) and bool(_SHORT_NAME.fullmatch(name))
    return feeditem.is_at(record, HOST) and (is_from_it or is_short) and not _is_of_wemp(record)


def _is_row(record: Record) -> bool:
    return ("mp_id" in record or "mpId" in record) and ("publish_time" in record or "publishTime" in record)


WEWE_RSS = Format(
    name="wechat-wewerss",
    platform=Platform.WECHAT,
    split=feed_split,
    decode=feed_decode,
    recognises=_is_of_wewe,
    identify=_identify_wewe,
    read=_read_wewe,
)

# ---- we-mp-rss --------------------------------------------------------------------------------------


def _identify_wemp(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """Its ids, `MP_WXS_<number>-<message>_<index>`, hold all that names an article."""
    written = values.required_id(record, "id")
    if parts := _ARTICLE_ID.fullmatch(written):
        return f"{account_of(parts[1])}_{parts[2]}"
    return article_of_address(feeditem.address(record)) or written


def _wemp_account(record: Record, source: SourceSettings) -> str:
    parts = _ARTICLE_ID.fullmatch(values.identifier(record, "id"))
    found = values.identifier(record, "mp_id") or (parts[1] if parts else "")
    return values.account(account_of(found), source, "mp_id")


def _read_wemp(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """An item, or a row of `articles`. Without the full text an item has the digest, which is never HTML.

    Its dates are the server's own and have no zone.
    """
    post = feeditem.post(
        record,
        source,
        platform=Platform.WECHAT,
        post_id=_identify_wemp(record, fragment, source),
        account_id=_wemp_account(record, source),
        zone=SHANGHAI,
    )
    title = values.text(values.mapping(record, "feed"), "title").strip()
    text = values.text(record, "content") or post.text
    if escaped := _ESCAPED_DATA.fullmatch(text):
        text = escaped[1]
    is_gone = text.strip() == "DELETED" or values.identifier(record, "status") == _REMOVED
    post = replace(
        post,
        account_name=post.account_name or ("" if title in _OF_ALL else title),
        url=canonical_address(post.url),
        posted_at=values.epoch(record, "publish_time", unit=SECONDS) or post.posted_at,
        has_media=post.has_media or bool(record.get("pic_url")),
    )
    if is_gone:
        return [_full(post, "", is_deleted=True)]
    post = _full(post, text or values.text(record, "description"))
    return [replace(post, is_truncated=not post.is_html)]


def _is_of_wemp(record: Record) -> bool:
    written = record.get("id")
    is_article = isinstance(written, str) and bool(_ARTICLE_ID.fullmatch(written))
    return is_article and (_is_row(record) or feeditem.is_at(record, HOST))


WE_MP_RSS = Format(
    name="wechat-wemprss",
    platform=Platform.WECHAT,
    split=feed_split,
    decode=feed_decode,
    recognises=_is_of_wemp,
    identify=_identify_wemp,
    read=_read_wemp,
)

FORMATS = (RSSHUB, WEWE_RSS, WE_MP_RSS)
