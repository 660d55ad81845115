"""Xiaohongshu notes: the export of MediaCrawler, both generations."""

from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import mediacrawler
from pipeline.sources.values import MILLISECONDS

_COUNTS = {
    Metric.LIKES: ("liked_count",),
    Metric.FAVOURITES: ("collected_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.SHARES: ("share_count",),
}


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return mediacrawler.post_id(record, "note_id")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    note_id = _identify(record, fragment, source)
    return [
        ParsedPost(
            platform=Platform.XIAOHONGSHU,
            platform_post_id=note_id,
            account_id=mediacrawler.account_id(record, source),
            account_name=values.text(record, "nickname") or source.account_name,
            url=f"https://www.xiaohongshu.com/explore/{note_id}",
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
    identify=_identify,
    read=_read,
)

FORMATS = (MEDIACRAWLER,)
