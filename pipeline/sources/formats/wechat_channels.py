"""WeChat Channels (视频号): captures of wx_channels_download.

A caption is often empty: what a video claims is spoken. A `transcript` that the operator adds is read as such.
"""

from pipeline.errors import SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.values import SECONDS

_COUNTS = {
    Metric.VIEWS: ("readCount",),
    Metric.LIKES: ("likeCount",),
    Metric.COMMENTS: ("commentCount",),
    Metric.SHARES: ("forwardCount",),
    Metric.FAVOURITES: ("favCount",),
}


def _refuse(members: Members, origin: str) -> None:
    code = member(members, "code")
    if code in (None, 0, "0", ""):
        return
    message = member(members, "msg") or "no message"
    raise SourceError(f"{origin}: the capture answered with code {code} ({message}); open the page in WeChat again")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(record, "id")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    contact, described = values.mapping(record, "contact"), values.mapping(record, "objectDesc")
    return [
        ParsedPost(
            platform=Platform.WECHAT_CHANNELS,
            platform_post_id=_identify(record, fragment, source),
            account_id=values.account(values.identifier(contact, "username"), source, "contact.username"),
            account_name=values.text(contact, "nickname") or source.account_name,
            url=values.web_address(record, "source_url"),
            posted_at=values.epoch(record, "createtime", unit=SECONDS),
            text=values.text(described, "description"),
            transcript=values.text(record, "transcript"),
            counts=values.counts(record, _COUNTS),
            has_media=bool(described.get("media") or described.get("mediaType")),
        )
    ]


CHANNELS_DOWNLOAD = Format(
    name="wechatchannels-wxchannelsdownload",
    platform=Platform.WECHAT_CHANNELS,
    split=splitter(Page(records=(("data", "object"), ("data", "list"), ("data", "objects")), refuse=_refuse)),
    recognises=has("id", "objectDesc"),
    identify=_identify,
    read=_read,
)

FORMATS = (CHANNELS_DOWNLOAD,)
