"""A company's own streams: events of Kafka, rows of a database and flat lines of an object store.

Each record names its platform.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from pipeline.errors import RecordError
from pipeline.records import Count, Fragment, Metric, ParsedPost
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.jsontext import decode_object
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record, has

_METRICS = {
    Metric.VIEWS: ("view",),
    Metric.LIKES: ("like",),
    Metric.COMMENTS: ("comment",),
    Metric.SHARES: ("share",),
    Metric.FAVOURITES: ("collect",),
}
_COLUMNS = {metric: (f"{name}_count", f"metrics_{name}") for metric, (name,) in _METRICS.items()}
_EVENTS = ("created", "edited", "deleted", "stats")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(record, "post_id")


def _account(found: str, source: SourceSettings, key: str, says_something: bool) -> str:
    """The account; unknown only of a post that says nothing and so is never kept."""
    return values.account(found, source, key) if found or says_something else ""


# ---- events -----------------------------------------------------------------------------------------


def _event(record: Record, fragment: Fragment) -> str:
    """What happened: the record says it, else the header of its message."""
    found = values.text(record, "event")
    if not found and fragment.context:
        found = values.text(values.mapping(decode_object(fragment.context), "headers"), "event-type")
    name = found.strip().removeprefix("post.")
    if name not in _EVENTS:
        raise RecordError("unknown_event", f"`event` is {name[:80]!r}, none of {', '.join(_EVENTS)}")
    return name


def _read_event(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    event, happened_at = _event(record, fragment), values.clock_text(record, "event_time")
    author, content = values.mapping(record, "author"), values.mapping(record, "content")
    text, html = values.text(content, "text"), values.text(content, "html")
    spoken = [found for key in ("transcript", "ocr") if (found := values.text(content, key))]
    title = values.text(content, "title")
    says_something = event != "deleted" and bool(title or text or html or spoken)
    account = values.identifier(author, "id")
    return [
        ParsedPost(
            platform=values.platform(record, "platform"),
            platform_post_id=_identify(record, fragment, source),
            account_id=_account(account, source, "author.id", says_something),
            account_name=values.text(author, "name") or source.account_name,
            follower_count=values.count(author, "followers"),
            url=values.web_address(record, "url"),
            posted_at=values.clock_text(record, "published_at"),
            edited_at=happened_at if event == "edited" else None,
            observed_at=happened_at,
            title=title,
            text=text or html,
            is_html=bool(html and not text),
            transcript="\n".join(spoken),
            counts=values.counts(values.mapping(record, "metrics"), _METRICS),
            has_media=bool(values.sequence(record, "media")),
            is_deleted=event == "deleted",
        )
    ]


# ---- rows of a database -----------------------------------------------------------------------------


def _identify_row(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(record, "id")


def _read_row(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    title, body = values.text(record, "title"), values.text(record, "body")
    deleted_at = values.clock_text(record, "deleted_at")
    account = values.identifier(record, "author_id")
    return [
        ParsedPost(
            platform=values.platform(record, "platform"),
            platform_post_id=_identify_row(record, fragment, source),
            account_id=_account(account, source, "author_id", bool(title or body) and not deleted_at),
            account_name=values.text(record, "author_name") or source.account_name,
            url=values.web_address(record, "url"),
            posted_at=values.clock_text(record, "created_at"),
            observed_at=values.clock_text(record, "updated_at"),
            title=title,
            text=body,
            counts=_row_counts(record),
            is_deleted=deleted_at is not None,
        )
    ]


def _row_counts(record: Record) -> dict[Metric, Count]:
    """`metrics` is an object, and text where the row came through a table that has no such type."""
    metrics = record.get("metrics")
    found: Mapping[str, Any] = (
        decode_object(metrics.encode("utf-8", "replace"))
        if isinstance(metrics, str) and metrics.strip()
        else values.mapping(record, "metrics")
    )
    return values.counts(found, _METRICS)


# ---- flat lines -------------------------------------------------------------------------------------


def _read_line(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    if "event" in record:  # some drops hold what Kafka had
        return _read_event(record, fragment, source)
    title, text = values.text(record, "title"), values.text(record, "text")
    account = values.identifier(record, "author_id")
    return [
        ParsedPost(
            platform=values.platform(record, "platform"),
            platform_post_id=_identify(record, fragment, source),
            account_id=_account(account, source, "author_id", bool(title or text)),
            account_name=values.text(record, "author_name") or source.account_name,
            url=values.web_address(record, "url"),
            posted_at=values.clock_text(record, "published_at", zone=UTC),
            title=title,
            text=text,
            counts=values.counts(record, _COLUMNS),
        )
    ]


def _is_line(record: Record) -> bool:
    return "event" not in record and all(name in record for name in ("platform", "post_id", "author_id"))


KAFKA = Format(
    name="internal-kafka",
    platform=None,
    split=splitter(Page()),
    recognises=has("event", "platform", "post_id"),
    identify=_identify,
    read=_read_event,
)
POSTGRES = Format(
    name="internal-postgres",
    platform=None,
    split=splitter(Page()),
    recognises=has("id", "platform", "body", "updated_at"),
    identify=_identify_row,
    read=_read_row,
)
OBJECT_STORE = Format(
    name="internal-objectstore",
    platform=None,
    split=splitter(Page()),
    recognises=_is_line,
    identify=_identify,
    read=_read_line,
)

FORMATS = (KAFKA, POSTGRES, OBJECT_STORE)
