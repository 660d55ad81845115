"""Youku videos: answers of the open API, generations 2 and 3, and what yt-dlp, RSSHub, lux and you-get say of them.

Only the open API knows a video's description and when it was published.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import replace

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import feeditem, ytdlp

_COUNTS = {
    Metric.VIEWS: ("view_count",),
    Metric.LIKES: ("up_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.FAVOURITES: ("favorite_count", "favorites_count"),
}
_ENCODED_ID = re.compile(r"X[A-Za-z0-9_+/-]+")
_VIDEO_IN_ADDRESS = re.compile(r"(?:/id_|/embed/|/sid/|[?&]vid=)(X[A-Za-z0-9_-]{1,64}(?![A-Za-z0-9_-])(?:=|%3[Dd])*)")
_USER_IN_ADDRESS = re.compile(r"(?:/[iu]/|[?&]uid=)U([A-Za-z0-9]{1,64})(?![A-Za-z0-9])")
_HOST = "youku.com"


def canonical_id(video_id: str) -> str:
    """The id with the padding that addresses often leave out or escape: `XNTgx` and `XNTgx%3D` are one video."""
    bare = video_id.replace("%3D", "=").replace("%3d", "=").rstrip("=")
    if not _ENCODED_ID.fullmatch(bare):
        return video_id
    padding = -(len(bare) - 1) % 4
    return bare if padding > 2 else bare + "=" * padding


def id_of_address(address: str) -> str:
    """The id of the video at an address; empty where it leads to none."""
    found = _VIDEO_IN_ADDRESS.search(address) if f".{values.host(address)}".endswith(f".{_HOST}") else None
    return canonical_id(found[1]) if found else ""


def account_of_address(address: str) -> str:
    """The number of the user at an address, which writes it as `U`, four times the number, in base64."""
    found = _USER_IN_ADDRESS.search(address)
    try:
        written = base64.b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode("ascii") if found else ""
        return str(int(written) // 4) if written.isdecimal() and int(written) % 4 == 0 else ""
    except (binascii.Error, ValueError):
        return ""


def _address(video_id: str) -> str:
    return f"https://v.youku.com/v_show/id_{video_id}.html"


# ---- the open API -----------------------------------------------------------------------------------


def _refuse(members: Members, origin: str) -> None:
    code = member(members, "error", "code")
    if code in (None, 0, "0", ""):
        return
    message = member(members, "error", "description") or member(members, "error", "type") or "no message"
    raise SourceError(f"{origin}: Youku answered with error {code} ({message}); mend the request and fetch it again")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return canonical_id(values.required_id(record, "id", "videoid"))


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
            url=_address(video_id),
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

# ---- what knows little more than the title ----------------------------------------------------------


def _identify_at(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    found = id_of_address(feeditem.address(record))
    if not found:
        raise RecordError("missing", "no video of Youku in `url`")
    return found


def _read_title(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    video_id = _identify_at(record, fragment, source)
    if record.get("err") not in (None, ""):
        raise RecordError("missing", f"lux could not read {_address(video_id)}; let it read the video again")
    return [_titled(record, source, video_id, values.account("", source, "the tool names none"))]


def _read_feed_item(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """The feed's dates are guesses of the year, and its content is a player."""
    video_id = _identify_at(record, fragment, source)
    account_id = values.account(account_of_address(feeditem.home(record)), source, "the feed's address")
    name = feeditem.account_name(record, source) or values.text(values.mapping(record, "feed"), "title")
    return [replace(_titled(record, source, video_id, account_id), account_name=name)]


def _titled(record: Record, source: SourceSettings, video_id: str, account_id: str) -> ParsedPost:
    return ParsedPost(
        platform=Platform.YOUKU,
        platform_post_id=video_id,
        account_id=account_id,
        account_name=source.account_name,
        url=_address(video_id),
        title=values.text(record, "title"),
        has_media=True,
    )


def _is_at_youku(wanted: str, unwanted: str) -> Callable[[Record], bool]:
    """A `recognises` for records that say little: a member they have, and one that others have."""
    return lambda record: wanted in record and unwanted not in record and feeditem.is_at(record, _HOST)


LUX = Format(
    name="youku-lux",
    platform=Platform.YOUKU,
    split=splitter(Page()),
    recognises=_is_at_youku("caption", "feed"),
    identify=_identify_at,
    read=_read_title,
)
YOU_GET = Format(
    name="youku-youget",
    platform=Platform.YOUKU,
    split=splitter(Page()),
    recognises=_is_at_youku("site", "caption"),
    identify=_identify_at,
    read=_read_title,
)
RSSHUB = Format(
    name="youku-rsshub",
    platform=Platform.YOUKU,
    split=feed_split,
    decode=feed_decode,
    recognises=_is_at_youku("feed", "site"),
    identify=_identify_at,
    read=_read_feed_item,
)

# ---- yt-dlp -----------------------------------------------------------------------------------------

_SITE = ytdlp.Site(platform=Platform.YOUKU, extractor="Youku", account=("uploader_id",))


def _identify_info(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return canonical_id(ytdlp.video_id(record, _SITE))


def _read_info(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """yt-dlp leaves the description out and has the author's keywords."""
    video_id = _identify_info(record, fragment, source)
    post = ytdlp.read_video(record, source, _SITE, video_id)
    words = " ".join(f"#{word}" for word in values.sequence(record, "tags") if isinstance(word, str))
    return [replace(post, url=_address(video_id), text=post.text or values.text({"tags": words}, "tags"))]


YT_DLP = Format(
    name="youku-ytdlp",
    platform=Platform.YOUKU,
    split=ytdlp.SPLIT,
    recognises=ytdlp.is_of(_SITE),
    identify=_identify_info,
    read=_read_info,
)

FORMATS = (OPEN_API, LUX, YOU_GET, RSSHUB, YT_DLP)
