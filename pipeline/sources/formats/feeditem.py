"""What the formats made of feed items share: an item under JSON Feed's names becomes a post.

What differs from platform to platform, the ids of a post and of its account, is read off addresses by the format.
"""

import re
from collections.abc import Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from pipeline.records import ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.contract import Record

_MEDIA = re.compile(r"<(?:img|video|audio|iframe)\b", re.IGNORECASE)


def address(record: Record) -> str:
    """Where the item is; feeds without links have it as their id."""
    return values.web_address(record, "url", "id")


def is_at(record: Record, *hosts: str) -> bool:
    """Whether a record is a feed's item at one of these hosts; for `recognises`, so that nothing may raise."""
    if "title" not in record and "content_html" not in record and "content_text" not in record:
        return False
    places = (values.host(place) for key in ("url", "id") if isinstance(place := record.get(key), str))
    found = next(filter(None, places), "")
    return any(found == host or found.endswith(f".{host}") for host in hosts)


def home(record: Record) -> str:
    """The page whose feed this is."""
    return values.web_address(values.mapping(record, "feed"), "home_page_url")


def author(record: Record) -> Record:
    """The first author; empty where the item names none."""
    authors: Sequence[object] = values.sequence(record, "authors")
    return authors[0] if authors and isinstance(authors[0], dict) else {}


def account_name(record: Record, source: SourceSettings) -> str:
    return values.text(author(record), "name").strip() or source.account_name


def account_of_name(record: Record, source: SourceSettings) -> str:
    """The account where nothing in the item is an id: the configured one, else the name of its author."""
    return values.account(source.account_id or account_name(record, source), source, "authors")


def post(
    record: Record, source: SourceSettings, *, platform: Platform, post_id: str, account_id: str, zone: tzinfo = UTC
) -> ParsedPost:
    """The item as a post; a feed counts nothing. `zone` is that of times without one, if the source does not say."""
    zone = ZoneInfo(source.zone) if source.zone else zone
    html = values.text(record, "content_html")
    return ParsedPost(
        platform=platform,
        platform_post_id=post_id,
        account_id=account_id,
        account_name=account_name(record, source),
        url=address(record),
        posted_at=values.clock_text(record, "date_published", "date_modified", zone=zone),
        title=values.text(record, "title"),
        text=html or values.text(record, "content_text"),
        is_html=bool(html),
        has_media=bool(_MEDIA.search(html) or record.get("image") or record.get("attachments")),
    )
