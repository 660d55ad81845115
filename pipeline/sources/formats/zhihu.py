"""Zhihu answers, articles and videos: the export of MediaCrawler.

Answers, articles and videos are counted apart, so a number alone names no post.
"""

from pipeline.errors import RecordError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import mediacrawler
from pipeline.sources.values import SECONDS

_COUNTS = {Metric.LIKES: ("voteup_count",), Metric.COMMENTS: ("comment_count",)}
_ADDRESSES = {
    "answer": "https://www.zhihu.com/question/{question}/answer/{id}",
    "article": "https://zhuanlan.zhihu.com/p/{id}",
    "zvideo": "https://www.zhihu.com/zvideo/{id}",
}


def _kind(record: Record) -> str:
    kind = values.text(record, "content_type").strip()
    if kind in _ADDRESSES:
        return kind
    raise RecordError("not_a_post", f"`content_type` is {kind[:80]!r}, none of {', '.join(_ADDRESSES)}")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    number = mediacrawler.post_id(record, "content_id")
    return f"{_kind(record)}_{number}"


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """The title of an answer is the question, without which many an answer says nothing."""
    post_id, kind = _identify(record, fragment, source), _kind(record)
    posted_at = values.epoch(record, "created_time", unit=SECONDS)
    updated_at = values.epoch(record, "updated_time", unit=SECONDS)
    content = values.text(record, "content_text")
    return [
        ParsedPost(
            platform=Platform.ZHIHU,
            platform_post_id=post_id,
            account_id=mediacrawler.account_id(record, source),
            account_name=values.text(record, "user_nickname") or source.account_name,
            url=_ADDRESSES[kind].format(
                question=values.identifier(record, "question_id"), id=values.identifier(record, "content_id")
            ),
            posted_at=posted_at,
            edited_at=updated_at if posted_at and updated_at and updated_at > posted_at else None,
            observed_at=mediacrawler.observed_at(record),
            title=values.text(record, "title"),
            text=content or values.text(record, "desc"),
            counts=values.counts(record, _COUNTS),
            has_media=kind == "zvideo",
            is_truncated=not content and kind != "zvideo",
        )
    ]


MEDIACRAWLER = Format(
    name="zhihu-mediacrawler",
    platform=Platform.ZHIHU,
    split=splitter(Page()),
    recognises=has("content_id", "content_type", "voteup_count"),
    identify=_identify,
    read=_read,
)

FORMATS = (MEDIACRAWLER,)
