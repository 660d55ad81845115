"""Qzone moods (说说) and blogs: the export of QZoneExport, pages of emotion_cgi_msglist_v6, and what aioqzone reads.

The first two carry the platform's own objects; the export adds `custom_*` members, the pages an envelope with
`usrinfo`. aioqzone reads those of the mobile site, which are built otherwise.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.jsontext import decode_object
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record
from pipeline.sources.values import SECONDS

_MEDIA = (
    *("pic", "video", "voice", "audio", "magic"),
    *("custom_images", "custom_videos", "custom_voices", "custom_audios", "custom_magics"),
)
_COUNTS = {Metric.COMMENTS: ("cmtnum", "commenttotal", "replynum"), Metric.SHARES: ("fwdnum", "rt_sum")}
_SHOWN_TO_ALL = ("", "0", "1")
"""Values of ugc_right: 4 is friends, 16 some of them, 64 oneself, 128 all but some."""
_MOOD = "311"
"""The appid of a mood; the others are albums, blogs, shares, likes, advertisements."""
_SHOWN_OF_SUMMARY = 499
"""Characters; the mobile site cuts a text there, and does not always say so."""
_TEXT_PART = 2
"""The type of a text in `conlist`; the others are links, pictures and people."""


def _refuse(members: Members, origin: str) -> None:
    code = member(members, "code")
    if code in (None, 0, "0", ""):
        return
    message = member(members, "message") or "no message"
    raise SourceError(
        f"{origin}: Qzone answered with code {code} ({message}); log in again (-3000), or wait and fetch the page anew"
    )


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    if "blogid" in record:
        return f"blog_{_account(record, source)}_{values.required_id(record, 'blogid')}"
    return values.required_id(record, "tid")


def _account(record: Record, source: SourceSettings) -> str:
    return values.account(values.identifier(record, "uin"), source, "uin")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    if "htmlContent" in record and "tid" not in record:
        raise RecordError("not_a_post", "a guest's message on the board; take Boards out of the source's path")
    return [_read_blog(record, fragment, source) if "blogid" in record else _read_mood(record, fragment, source)]


def _read_mood(record: Record, fragment: Fragment, source: SourceSettings) -> ParsedPost:
    tid, uin = _identify(record, fragment, source), _account(record, source)
    return ParsedPost(
        platform=Platform.QZONE,
        platform_post_id=tid,
        account_id=uin,
        account_name=values.text(record, "name") or source.account_name,
        follower_count=_fans(fragment, uin),
        url=f"https://user.qzone.qq.com/{uin}/mood/{tid}",
        posted_at=_posted_at(record),
        edited_at=values.epoch(record, "lastmodify", unit=SECONDS),
        text=values.text(record, "content") or _text_of_parts(record, "conlist"),
        reposted_text=_reposted(record),
        counts=_counts(record),
        has_media=any(record.get(key) for key in _MEDIA),
        is_private=_is_private(record),
        is_truncated=values.flag(record, "has_more_con"),
    )


def _read_blog(record: Record, fragment: Fragment, source: SourceSettings) -> ParsedPost:
    uin = _account(record, source)
    html = values.text(record, "custom_html")
    return ParsedPost(
        platform=Platform.QZONE,
        platform_post_id=_identify(record, fragment, source),
        account_id=uin,
        account_name=values.text(record, "name", "nickname") or source.account_name,
        url=f"https://user.qzone.qq.com/{uin}/blog/{values.required_id(record, 'blogid')}",
        posted_at=values.clock_text(record, "pubTime", "pubtime"),
        title=values.text(record, "title"),
        text=html or values.text(record, "content"),
        is_html=bool(html),
        counts=_counts(record),
        is_private=_is_private(record),
        is_truncated=not html,
    )


def _posted_at(record: Record) -> datetime | None:
    return values.epoch(record, "created_time", unit=SECONDS) or values.clock_text(record, "custom_create_time")


def _text_of_parts(record: Record, key: str) -> str:
    parts: Sequence[object] = values.sequence(record, key)
    return "".join(values.text(p, "con") for p in parts if isinstance(p, dict) and p.get("type") == _TEXT_PART)


def _reposted(record: Record) -> str:
    if isinstance(record.get("rt_con"), str):
        return values.text(record, "rt_con")
    original = values.mapping(record, "rt_con")
    return values.text(original, "content") or _text_of_parts(original, "conlist")


def _counts(record: Record) -> dict[Metric, Count]:
    found = values.counts(record, _COUNTS)
    likes = record.get("likes")
    if isinstance(likes, list) and likes:
        # The export lists those it could fetch, which may not be all.
        found[Metric.LIKES] = Count(len(likes), lower_bound=True)
    return found


def _is_private(record: Record) -> bool:
    shown_to = values.text(record, "ugc_right").strip()
    return values.flag(record, "secret") or shown_to not in _SHOWN_TO_ALL


def _fans(fragment: Fragment, uin: str) -> Count:
    """The page owner's fans. Qzone gives 0 for every space that is not certified, so 0 is unknown."""
    owner = values.mapping(decode_object(fragment.context), "usrinfo") if fragment.context else {}
    fans = values.count(owner, "fans")
    return fans if fans.value and values.identifier(owner, "uin") == uin else values.UNKNOWN


def _is_mood(record: Record) -> bool:
    return "tid" in record and ("conlist" in record or "ugc_right" in record)


def _is_exported(record: Record) -> bool:
    """The export's own members begin with custom_."""
    return (_is_mood(record) or "blogid" in record) and any(name.startswith("custom_") for name in record)


def _is_of_a_page(record: Record) -> bool:
    return _is_mood(record) and not _is_exported(record)


QZONE_EXPORT = Format(
    name="qzone-qzoneexport",
    platform=Platform.QZONE,
    split=splitter(Page()),
    recognises=_is_exported,
    identify=_identify,
    read=_read,
)
MSGLIST_V6 = Format(
    name="qzone-msglistv6",
    platform=Platform.QZONE,
    split=splitter(Page(records=(("msglist",),), context=("usrinfo",), refuse=_refuse)),
    recognises=_is_of_a_page,
    identify=_identify,
    read=_read,
)

# ---- aioqzone -----------------------------------------------------------------------------------------


def _feed_id(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """A mood's `tid`, as in the other two; what else is in the stream is numbered apart."""
    cell = values.identifier(record, "fid") or values.required_id(values.mapping(record, "id"), "cellid")
    kind = _kind(record)
    return cell if kind == _MOOD else f"{kind}_{_feed_account(record, source)}_{cell}"


def _kind(record: Record) -> str:
    return values.identifier(values.mapping(record, "comm", "common"), "appid") or _MOOD


def _feed_account(record: Record, source: SourceSettings) -> str:
    return values.account(values.identifier(_user(record), "uin"), source, "userinfo.user.uin")


def _user(record: Record) -> Record:
    """What aioqzone writes out itself has the user one level up."""
    about = values.mapping(record, "userinfo")
    return values.mapping(about, "user") or about


def _read_feed(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """Only a mood holds its author's own words; in the rest of the stream they are of what was shared or liked."""
    feed_id, uin = _feed_id(record, fragment, source), _feed_account(record, source)
    common, summary = values.mapping(record, "comm", "common"), values.mapping(record, "summary")
    is_mood = _kind(record) == _MOOD
    words = values.text(summary, "summary")
    quoted = ["" if is_mood else words, *_shared(record)]
    return [
        ParsedPost(
            platform=Platform.QZONE,
            platform_post_id=feed_id,
            account_id=uin,
            account_name=values.text(_user(record), "nickname") or source.account_name,
            url=f"https://user.qzone.qq.com/{uin}/mood/{feed_id}" if is_mood else "",
            posted_at=values.epoch(common, "time", unit=SECONDS),
            text=words if is_mood else "",
            reposted_text="\n".join(filter(None, quoted)),
            counts=_feed_counts(record),
            has_media=any(record.get(key) for key in ("pic", "video")),
            is_private=_is_private(values.mapping(common, "right_info")),
            is_truncated=values.flag(summary, "hasmore") or len(words) >= _SHOWN_OF_SUMMARY,
        )
    ]


def _shared(record: Record) -> Iterator[str]:
    """The words of the post or page that is shared; those of a post of Qzone have `cell_` before their names."""
    original = values.mapping(record, "original")
    yield values.text(values.mapping(original, "cell_summary", "summary"), "summary")
    operation = values.mapping(record, "operation")
    share = values.mapping(operation, "share_info") or values.mapping(record, "share_info")
    yield from (values.text(share, name) for name in ("title", "summary"))


def _feed_counts(record: Record) -> dict[Metric, Count]:
    return {
        **values.counts(values.mapping(record, "like"), {Metric.LIKES: ("num", "likeNum")}),
        **values.counts(values.mapping(record, "comment"), {Metric.COMMENTS: ("num",)}),
    }


AIOQZONE = Format(
    name="qzone-aioqzone",
    platform=Platform.QZONE,
    split=splitter(Page(records=(("data", "vFeeds"), ("vFeeds",)), refuse=_refuse)),
    recognises=lambda record: "userinfo" in record and "summary" in record and ("comm" in record or "common" in record),
    identify=_feed_id,
    read=_read_feed,
)

FORMATS = (QZONE_EXPORT, MSGLIST_V6, AIOQZONE)
