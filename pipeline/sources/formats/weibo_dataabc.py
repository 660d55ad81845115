"""Weibo posts of the three crawlers of dataabc: weibo-crawler, weibo-search and weiboSpider.

Each writes JSON or a database under English names and tables under Chinese ones. Their times have no zone.
"""

import re
from dataclasses import replace
from datetime import tzinfo
from pathlib import PurePosixPath

from pipeline.errors import RecordError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.jsontext import decode_object
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.contract import Format, Record
from pipeline.sources.formats.weibo_posts import address, canonical_id, with_its_year, without_more, written_at

_COUNTS = {
    Metric.LIKES: ("attitudes_count", "up_num", "点赞数"),
    Metric.COMMENTS: ("comments_count", "comment_num", "评论数"),
    Metric.SHARES: ("reposts_count", "retweet_num", "转发数"),
}
_PAGE = Page(records=(("weibo",),), context=("user",))
"""A file of one account: `{"user": …, "weibo": […]}`."""
_NONE = ("", "无")
_USER_ID = re.compile(r"[1-9][0-9]{9}")


def _owner(fragment: Fragment) -> Record:
    """The account that the whole file is of."""
    return values.mapping(decode_object(fragment.context), "user") if fragment.context else {}


def _account(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """The post's own account, else the file's, the configured one, or the one the file is named after."""
    found = values.identifier(record, "user_id") or values.identifier(_owner(fragment), "id") or source.account_id
    stem = PurePosixPath(fragment.origin).name.split(".")[0]
    return values.account(found or (stem if _USER_ID.fullmatch(stem) else ""), source, "user_id", "user.id")


def _has_media(record: Record, *keys: str) -> bool:
    return any(values.text(record, key).strip() not in _NONE for key in keys)


# ---- weibo-crawler -----------------------------------------------------------------------------------

_OF_ORIGINAL = "源微博"
"""What the names of the columns about a reposted post begin with."""
_CRAWLED_MEDIA = (
    *("pics", "video_url", "live_photo_url"),
    *("原始图片url", "视频url", "Live Photo视频url"),
)


def _identify_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return canonical_id(values.required_id(record, "id", "bid"))


def _read_crawled(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """A repost is two posts if its original says whose it is; that of a deleted one does not."""
    original = _original(record)
    owner, account_id = _owner(fragment), _account(record, fragment, source)
    known = owner if values.identifier(owner, "id") == account_id else {}
    zone = values.local_zone(source)
    own = _crawled(record, account_id, zone)
    own = replace(
        own,
        account_name=own.account_name or values.text(known, "screen_name") or source.account_name,
        follower_count=values.count(known, "followers_count"),
        reposted_text=_crawled_words(original)[0],
    )
    author = values.identifier(original, "user_id")
    return [own, _crawled(original, author, zone)] if author else [own]


def _original(record: Record) -> Record:
    """The reposted post: an object, or the columns named after it."""
    if found := values.mapping(record, "retweet"):
        return found
    columns = {
        name.removeprefix(_OF_ORIGINAL): value for name, value in record.items() if name.startswith(_OF_ORIGINAL)
    }
    return {**columns, "user_id": record.get("源用户id"), "screen_name": record.get("源用户昵称")}


def _crawled_words(record: Record) -> tuple[str, bool]:
    return without_more(values.text(record, "text", "正文"))


def _crawled(record: Record, account_id: str, zone: tzinfo) -> ParsedPost:
    post_id = canonical_id(values.required_id(record, "id", "bid"))
    text, is_cut = _crawled_words(record)
    return ParsedPost(
        platform=Platform.WEIBO,
        platform_post_id=post_id,
        account_id=account_id,
        account_name=values.text(record, "screen_name"),
        url=address(post_id),
        posted_at=written_at(record, "full_created_at", "created_at", "完整日期", "日期", zone=zone),
        text=text,
        counts=values.counts(record, _COUNTS),
        has_media=_has_media(record, *_CRAWLED_MEDIA),
        is_truncated=is_cut,
    )


def _is_crawled(record: Record) -> bool:
    return {"bid", "正文"} <= record.keys() or (
        {"bid", "text", "at_users", "attitudes_count"} <= record.keys() and "user_authentication" not in record
    )


WEIBO_CRAWLER = Format(
    name="weibo-weibocrawler",
    platform=Platform.WEIBO,
    split=splitter(_PAGE),
    recognises=_is_crawled,
    identify=_identify_crawled,
    read=_read_crawled,
)

# ---- weibo-search ------------------------------------------------------------------------------------

_FOUND_MEDIA = ("微博图片url", "微博视频url", "pics", "video_url")


def _read_found(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """A reposted post is a row of its own; a row has only its author's words."""
    post_id = _identify_crawled(record, fragment, source)
    text, is_cut = without_more(values.text(record, "微博正文", "text"))
    return [
        ParsedPost(
            platform=Platform.WEIBO,
            platform_post_id=post_id,
            account_id=values.account(values.identifier(record, "user_id"), source, "user_id"),
            account_name=values.text(record, "用户昵称", "screen_name") or source.account_name,
            url=address(post_id),
            posted_at=with_its_year(written_at(record, "发布时间", "created_at"), post_id),
            text=text,
            counts=values.counts(record, _COUNTS),
            has_media=_has_media(record, *_FOUND_MEDIA),
            is_truncated=is_cut,
        )
    ]


def _is_found(record: Record) -> bool:
    return "user_authentication" in record and ("微博正文" in record or "text" in record)


WEIBO_SEARCH = Format(
    name="weibo-weibosearch",
    platform=Platform.WEIBO,
    split=splitter(Page()),
    recognises=_is_found,
    identify=_identify_crawled,
    read=_read_found,
)

# ---- weiboSpider -------------------------------------------------------------------------------------

_QUOTED = re.compile(r"\n(?:原始用户: [^\n]*\n)?转发内容: ")
"""What the tool writes between the author's words and those of the reposted post."""
_REASON = "转发理由:"
_SPIDERED_MEDIA = ("original_pictures", "video_url", "原始图片url", "微博视频url")


def _identify_spidered(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    if "nickname" in record and "up_num" not in record:
        raise RecordError(
            "not_a_post", "an account; give accounts a Kafka topic of their own in weiboSpider's settings"
        )
    return canonical_id(values.required_id(record, "id", "微博id"))


def _read_spidered(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    post_id = _identify_spidered(record, fragment, source)
    owner, account_id = _owner(fragment), _account(record, fragment, source)
    known = owner if values.identifier(owner, "id") == account_id else {}
    own, reposted = _parted(values.text(record, "content", "微博正文"))
    text, is_cut = without_more(own)
    return [
        ParsedPost(
            platform=Platform.WEIBO,
            platform_post_id=post_id,
            account_id=account_id,
            account_name=values.text(known, "nickname") or source.account_name,
            follower_count=values.count(known, "followers"),
            url=address(post_id),
            posted_at=with_its_year(written_at(record, "publish_time", "发布时间"), post_id),
            text=text,
            reposted_text=reposted,
            counts=values.counts(record, _COUNTS),
            has_media=_has_media(record, *_SPIDERED_MEDIA),
            is_truncated=is_cut,
        )
    ]


def _parted(content: str) -> tuple[str, str]:
    """The author's own words and those of the reposted post."""
    mark = _QUOTED.search(content)
    if mark is None:
        return content, ""
    return content[: mark.start()].removeprefix(_REASON).strip(), content[mark.end() :]


def _is_spidered(record: Record) -> bool:
    return {"up_num", "retweet_num", "publish_time"} <= record.keys() or {"微博id", "微博正文"} <= record.keys()


WEIBO_SPIDER = Format(
    name="weibo-weibospider",
    platform=Platform.WEIBO,
    split=splitter(_PAGE),
    recognises=_is_spidered,
    identify=_identify_spidered,
    read=_read_spidered,
)

FORMATS = (WEIBO_CRAWLER, WEIBO_SEARCH, WEIBO_SPIDER)
