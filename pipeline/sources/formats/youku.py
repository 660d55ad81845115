"""Youku videos: answers of the open API, generations 2 and 3."""

import re

from pipeline.errors import SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has

_COUNTS = {
    Metric.VIEWS: ("view_count",),
    Metric.LIKES: ("up_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.FAVOURITES: ("favorite_count", "favorites_count"),
}
_ENCODED_ID = re.compile(r"X[A-Za-z0-9_+/-]+")


def _refuse(members: Members, origin: str) -> None:
    code = member(members, "error", "code")
    if code in (None, 0, "0", ""):
        return
    message = member(members, "error", "description") or member(members, "error", "type") or "no message"
    raise SourceError(f"{origin}: Youku answered with error {code} ({message}); mend the request and fetch it again")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return canonical_id(values.required_id(record, "id", "videoid"))


def canonical_id(video_id: str) -> str:
    """The id with the padding that addresses often leave out or escape: `XNTgx` and `XNTgx%3D` are one video."""
    bare = video_id.replace("%3D", "=").replace("%3d", "=").rstrip("=")
    if not _ENCODED_ID.fullmatch(bare):
        return video_id
    padding = -(len(bare) - 1) % 4
    return bare if padding > 2 else bare + "=" * padding


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    video_id = _identify(record, fragment, source)
    user = values.mapping(record, "user")
    return [
        ParsedPost(
            platform=Platform.YOUKU,
            platform_post_id=video_id,
            account_id=values.account(_account(record, user), source, "user.id", "userid"),
            account_name=values.text(user, "name") or values.text(record, "username") or source.account_name,
            follower_count=values.count(user, "followers_count"),
            url=f"https://v.youku.com/v_show/id_{video_id}.html",
            posted_at=values.clock_text(record, "published", "created"),
            title=values.text(record, "title"),
            text=values.text(record, "description", "showdesc"),
            counts=values.counts(record, _COUNTS),
            has_media=True,
            is_private=_is_private(record),
        )
    ]


def _account(record: Record, user: Record) -> str:
    return values.identifier(user, "id") or values.identifier(record, "userid")


def _is_private(record: Record) -> bool:
    """Only what is shown to all and has passed is public; nobody else sees one in review, limited or failed."""
    shown_to = values.text(record, "public_type") or "all"
    state = values.text(record, "state") or "normal"
    return shown_to != "all" or state != "normal"


OPEN_API = Format(
    name="youku-openapi",
    platform=Platform.YOUKU,
    split=splitter(Page(records=(("videos",), ("data", "videos")), refuse=_refuse)),
    recognises=has("id", "public_type"),
    identify=_identify,
    read=_read,
)

FORMATS = (OPEN_API,)
