"""Douyin videos and picture posts: the export of MediaCrawler."""

from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.values import MILLISECONDS, SECONDS

_AUTHOR = ("user_id", "sec_uid", "creator_hash")
_COUNTS = {
    Metric.LIKES: ("liked_count",),
    Metric.FAVOURITES: ("collected_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.SHARES: ("share_count",),
}
_PICTURES = "68"
"""The aweme_type of a post of pictures."""


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(record, "aweme_id")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    aweme_id = _identify(record, fragment, source)
    title, text = values.text(record, "title"), values.text(record, "desc")
    kind = "note" if values.text(record, "aweme_type") == _PICTURES else "video"
    return [
        ParsedPost(
            platform=Platform.DOUYIN,
            platform_post_id=aweme_id,
            account_id=values.account(values.identifier(record, *_AUTHOR), source, *_AUTHOR),
            account_name=values.text(record, "nickname") or source.account_name,
            url=f"https://www.douyin.com/{kind}/{aweme_id}",
            posted_at=values.epoch(record, "create_time", unit=SECONDS),
            observed_at=values.epoch(record, "last_modify_ts", unit=MILLISECONDS),
            title="" if title == text else title,
            text=text,
            counts=values.counts(record, _COUNTS),
            has_media=True,
        )
    ]


MEDIACRAWLER = Format(
    name="douyin-mediacrawler",
    platform=Platform.DOUYIN,
    split=splitter(Page()),
    recognises=has("aweme_id", "aweme_url", "liked_count"),
    identify=_identify,
    read=_read,
)

FORMATS = (MEDIACRAWLER,)
