"""Douyin videos and picture posts: MediaCrawler, Evil0ctal's API, the open platform, TikTokDownloader and RSSHub.

An account is its `sec_uid`, as addresses write it, where a record has it. Two of the tools read TikTok too.
"""

from dataclasses import replace
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import dates, values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats import aweme, feeditem, mediacrawler
from pipeline.sources.values import SECONDS, SHANGHAI

_PICTURES = ("68", "2", "150")
"""Values of aweme_type: a post of pictures of Douyin, its older kind, and TikTok's."""
_NO_NUMBER = ("", "0")

# ---- MediaCrawler -----------------------------------------------------------------------------------

_AUTHOR = ("sec_uid", "user_id", "creator_hash")
_COUNTS = {
    Metric.LIKES: ("liked_count",),
    Metric.FAVOURITES: ("collected_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.SHARES: ("share_count",),
}


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return mediacrawler.post_id(record, "aweme_id")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    aweme_id = _identify(record, fragment, source)
    account_id = values.account(values.identifier(record, *_AUTHOR), source, *_AUTHOR)
    title, text = values.text(record, "title"), values.text(record, "desc")
    is_pictures = values.text(record, "aweme_type") in _PICTURES
    return [
        ParsedPost(
            platform=Platform.DOUYIN,
            platform_post_id=aweme_id,
            account_id=account_id,
            account_name=values.text(record, "nickname") or source.account_name,
            url=aweme.address(Platform.DOUYIN, aweme_id, account_id, is_pictures=is_pictures),
            posted_at=values.epoch(record, "create_time", unit=SECONDS),
            observed_at=mediacrawler.observed_at(record),
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

# ---- Evil0ctal's API --------------------------------------------------------------------------------

_STATISTICS = {
    Metric.VIEWS: ("play_count",),
    Metric.LIKES: ("digg_count",),
    Metric.COMMENTS: ("comment_count",),
    Metric.SHARES: ("share_count", "forward_count"),
    Metric.FAVOURITES: ("collect_count",),
}


def _refuse_api(members: Members, origin: str) -> None:
    """The tool's own errors have a code in the place of 200, Douyin's a `status_code` inside of the data."""
    for path in (("code",), ("detail", "code"), ("data", "status_code")):
        code = member(members, *path)
        if code in (None, "", 0, "0", 200, "200"):
            continue
        said = member(members, *path[:-1], "message") or member(members, *path[:-1], "status_msg") or "no message"
        error = f"{' '.join(path)} {code} ({str(said)[:300]})"
        raise SourceError(f"{origin}: the API answered with {error}; look at its cookie, then fetch the page again")


def _identify_aweme(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    if "cid" in record:
        raise RecordError("not_a_post", "a comment; take the comments out of the source's path")
    return values.required_id(record, "aweme_id")


def _read_aweme(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """An aweme as the platform has it, or what the tool keeps of it (`minimal`)."""
    aweme_id = _identify_aweme(record, fragment, source)
    platform = _platform(record)
    author = values.mapping(record, "author")
    keys = ("unique_id", "uid") if platform is Platform.TIKTOK else ("sec_uid", "uid")
    account_id = values.account(values.identifier(author, *keys), source, *(f"author.{key}" for key in keys))
    status = values.mapping(record, "status")
    return [
        ParsedPost(
            platform=platform,
            platform_post_id=aweme_id,
            account_id=account_id,
            account_name=values.text(author, "nickname") or source.account_name,
            follower_count=_followers(author),
            url=aweme.address(platform, aweme_id, account_id, is_pictures=_is_pictures(record)),
            posted_at=values.epoch(record, "create_time", unit=SECONDS),
            text=values.text(record, "desc"),
            counts=aweme.counts(values.mapping(record, "statistics"), _STATISTICS),
            has_media=True,
            is_deleted=values.flag(status, "is_delete"),
            is_private=_is_private(status),
            is_sponsored=None if record.get("is_ads") is None else values.flag(record, "is_ads"),
        )
    ]


def _platform(record: Record) -> Platform:
    if values.text(record, "platform") == "tiktok":
        return Platform.TIKTOK
    return aweme.platform_at(values.web_address(record, "share_url"))


def _followers(author: Record) -> Count:
    """Lists of posts give 0 for everybody."""
    found = values.count(author, "follower_count")
    return found if found.value else values.UNKNOWN


def _is_pictures(record: Record) -> bool:
    return values.text(record, "type") == "image" or values.text(record, "aweme_type") in _PICTURES


def _is_private(status: Record) -> bool:
    """private_status is 1 for oneself and 2 for friends, part_see says that some may see it."""
    marks = (values.text(status, key) for key in ("private_status", "part_see"))
    return values.flag(status, "is_private") or any(mark not in _NO_NUMBER for mark in marks)


EVIL0CTAL = Format(
    name="douyin-evil0ctal",
    platform=None,
    split=splitter(
        Page(records=(("data", "aweme_list"), ("data", "aweme_detail"), ("data",)), refuse=_refuse_api),
    ),
    recognises=has("aweme_id", "author", "statistics"),
    identify=_identify_aweme,
    read=_read_aweme,
)

# ---- the open platform ------------------------------------------------------------------------------

_NOT_PUBLIC = ("2", "4", "6", "7")
"""Values of video_status: unfit to be shown, in review, for friends, for oneself."""
_OPEN_ADVICE = {
    "2190002": "the access token is wrong: get a new one",
    "2190008": "the access token has expired: refresh it",
    "10008": "the access token has expired: refresh it",
    "2190004": "ask Douyin for the scope video.list.bind",
    "10020": "too many requests: fetch the page later",
}


def _refuse_open(members: Members, origin: str) -> None:
    for where in ("data", "extra"):
        code = member(members, where, "error_code")
        if code in (None, "", 0, "0"):
            continue
        message = member(members, where, "description") or "no message"
        advice = _OPEN_ADVICE.get(str(code), "mend the request and fetch the page anew")
        raise SourceError(f"{origin}: Douyin answered with error {code} ({str(message)[:300]}); {advice}")


def _identify_own(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """The number that all others name a video by, where its address still shows it; else the open platform's own id."""
    item_id = values.required_id(record, "item_id")
    return aweme.id_of_address(values.web_address(record, "share_url")) or unquote(item_id)


def _read_own(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    post_id = _identify_own(record, fragment, source)
    account_id = values.account("", source, "the open platform names none")
    shared = values.web_address(record, "share_url").partition("?")[0]
    is_reviewed = record.get("is_reviewed") is None or values.flag(record, "is_reviewed")
    return [
        ParsedPost(
            platform=Platform.DOUYIN,
            platform_post_id=post_id,
            account_id=account_id,
            account_name=source.account_name,
            url=aweme.address(Platform.DOUYIN, post_id, account_id) if post_id.isdecimal() else shared,
            posted_at=values.epoch(record, "create_time", unit=SECONDS),
            text=values.text(record, "title"),
            counts=aweme.counts(values.mapping(record, "statistics"), _STATISTICS),
            has_media=True,
            is_private=not is_reviewed or values.text(record, "video_status") in _NOT_PUBLIC,
        )
    ]


OPEN_PLATFORM = Format(
    name="douyin-openplatform",
    platform=Platform.DOUYIN,
    split=splitter(Page(records=(("data", "list"),), refuse=_refuse_open)),
    recognises=has("item_id", "share_url", "statistics"),
    identify=_identify_own,
    read=_read_own,
)

# ---- TikTokDownloader -------------------------------------------------------------------------------

_ROW_ID = ("作品ID", "id")
_ROW_COUNTS = {
    Metric.VIEWS: ("播放数量", "play_count"),
    Metric.LIKES: ("点赞数量", "digg_count"),
    Metric.COMMENTS: ("评论数量", "comment_count"),
    Metric.SHARES: ("分享数量", "share_count"),
    Metric.FAVOURITES: ("收藏数量", "collect_count"),
}


def _identify_row(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return values.required_id(record, *_ROW_ID)


def _read_row(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """A row of the table, under its Chinese titles, or of the database, under English ones.

    Its times are in the zone of the machine that the tool ran on.
    """
    aweme_id = _identify_row(record, fragment, source)
    platform = aweme.platform_at(values.web_address(record, "作品链接", "share_url"))
    keys = ("ID", "unique_id") if platform is Platform.TIKTOK else ("SEC_UID", "sec_uid", "UID", "uid")
    account_id = values.account(values.identifier(record, *keys), source, *keys)
    text = values.text(record, "作品描述", "desc")
    is_video = values.text(record, "作品类型", "type") in ("", "视频", "video")
    zone = ZoneInfo(source.zone) if source.zone else SHANGHAI
    return [
        ParsedPost(
            platform=platform,
            platform_post_id=aweme_id,
            account_id=account_id,
            account_name=values.text(record, "账号昵称", "nickname") or source.account_name,
            url=aweme.address(platform, aweme_id, account_id, is_pictures=not is_video),
            posted_at=dates.time_of_any_layout(record, "发布时间", "create_time", zone=zone),
            observed_at=dates.time_of_any_layout(record, "采集时间", "collection_time", zone=zone),
            text="" if text == aweme_id else text,  # the tool's stand-in for a description that is not there
            counts=aweme.counts(record, _ROW_COUNTS),
            has_media=True,
        )
    ]


def _is_row(record: Record) -> bool:
    return ("作品ID" in record and "作品描述" in record and "作品标题" not in record) or (
        "collection_time" in record and "digg_count" in record and "id" in record
    )


TIKTOK_DOWNLOADER = Format(
    name="douyin-tiktokdownloader",
    platform=None,
    split=splitter(Page()),
    recognises=_is_row,
    identify=_identify_row,
    read=_read_row,
)

# ---- RSSHub -----------------------------------------------------------------------------------------


def _identify_item(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    address = feeditem.address(record)
    if found := aweme.id_of_address(address):
        return found
    if address:
        raise RecordError("not_a_post", f"{address[:200]} is no video; take feeds of live rooms out of the source")
    raise RecordError("missing", "no video of Douyin in `url`")


def _read_item(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """The title is the first line of the text. Feeds of a hashtag name their authors, by nickname only."""
    aweme_id, home = _identify_item(record, fragment, source), feeditem.home(record)
    user = aweme.user_of_address(home)
    account_id = user or feeditem.account_of_name(record, source)
    post = feeditem.post(record, source, platform=Platform.DOUYIN, post_id=aweme_id, account_id=account_id)
    name = post.account_name or (values.text(values.mapping(record, "feed"), "title") if user else "")
    is_pictures = "/note/" in feeditem.address(record)
    url = aweme.address(Platform.DOUYIN, aweme_id, account_id, is_pictures=is_pictures)
    return [replace(post, url=url, account_name=name, has_media=True)]


def _is_item(record: Record) -> bool:
    return "feed" in record and feeditem.is_at(record, "douyin.com")


RSSHUB = Format(
    name="douyin-rsshub",
    platform=Platform.DOUYIN,
    split=feed_split,
    decode=feed_decode,
    recognises=_is_item,
    identify=_identify_item,
    read=_read_item,
)

FORMATS = (MEDIACRAWLER, EVIL0CTAL, OPEN_PLATFORM, TIKTOK_DOWNLOADER, RSSHUB)
