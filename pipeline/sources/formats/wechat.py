"""WeChat official accounts: the export of wechat-article-exporter and the pages of freepublish/batchget."""

import re
from collections.abc import Sequence

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats.wechat_ids import (
    account_of_address,
    articles_of_send,
    canonical_address,
    of_address,
)
from pipeline.sources.values import SECONDS

_COUNTS = {
    Metric.VIEWS: ("readNum", "阅读"),
    Metric.LIKES: ("oldLikeNum", "点赞"),
    Metric.FAVOURITES: ("likeNum", "喜欢"),
    Metric.SHARES: ("shareNum", "分享"),
    Metric.COMMENTS: ("commentNum", "留言"),
}
_COUNTED_TO = 100_000
"""WeChat shows 10万+ beyond this, which exports write as 100001."""
_TAG = re.compile(r"<(?:p|div|section|span|br|img|strong|h[1-6]|a|ul|ol|blockquote|figure)\b[^<>]*>", re.IGNORECASE)
_ADVICE = {
    200003: "the session has expired: log in again and export anew",
    200013: "rate limited: wait some hours and export anew",
    40001: "the access token is wrong or has expired: get a new one",
    42001: "the access token has expired: get a new one",
    45009: "the day's quota is spent: fetch the page tomorrow",
    48001: "the account has no right to this interface",
}


def _refuse(members: Members, origin: str) -> None:
    for code, message in (
        (member(members, "errcode"), member(members, "errmsg")),
        (member(members, "base_resp", "ret"), member(members, "base_resp", "err_msg")),
    ):
        if code in (None, 0, "0", ""):
            continue
        advice = next((text for known, text in _ADVICE.items() if str(known) == str(code)), "fetch the page anew")
        raise SourceError(f"{origin}: WeChat answered with error {code} ({message or 'no message'}); {advice}")


# ---- wechat-article-exporter ------------------------------------------------------------------------


def _exported_account(record: Record, source: SourceSettings) -> str:
    """The account's `__biz`, which other exports name too; a name is unique among official accounts."""
    found = account_of_address(_link(record)) or source.account_id
    return values.account(found or _name(record), source, "__biz of link", "_accountName")


def _link(record: Record) -> str:
    return values.web_address(record, "link", "链接")


def _name(record: Record) -> str:
    return values.text(record, "_accountName", "公众号").strip()


def _identify_exported(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return f"{_exported_account(record, source)}_{_article_number(record)}"


def _article_number(record: Record) -> str:
    if found := values.identifier(record, "aid", "ID"):
        return found
    in_address = of_address(_link(record))
    message = values.identifier(record, "appmsgid") or values.identifier(in_address, "mid")
    if not message:
        raise RecordError("missing", "no `aid`, `appmsgid` or mid in `link`")
    return f"{message}_{values.identifier(record, 'itemidx') or values.identifier(in_address, 'idx') or '1'}"


def _read_exported(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """A record of the JSON, or a row of the table, whose headers are Chinese and call the time of a change 发布时间."""
    created_at = values.epoch(record, "create_time", unit=SECONDS) or values.clock_text(record, "创建时间")
    updated_at = values.epoch(record, "update_time", unit=SECONDS) or values.clock_text(record, "发布时间")
    content = values.text(record, "content", "文章内容")
    return [
        ParsedPost(
            platform=Platform.WECHAT,
            platform_post_id=_identify_exported(record, fragment, source),
            account_id=_exported_account(record, source),
            account_name=_name(record) or source.account_name,
            url=canonical_address(_link(record)),
            posted_at=created_at or updated_at,
            edited_at=updated_at if created_at and updated_at and updated_at > created_at else None,
            title=values.text(record, "title", "标题"),
            text=content or values.text(record, "digest", "摘要"),
            is_html=bool(_TAG.search(content)),
            counts=values.counts(record, _COUNTS, cap=_COUNTED_TO),
            has_media=_has_media(record),
            is_deleted=values.flag(record, "is_deleted"),
            is_truncated=not content and not values.flag(record, "is_deleted"),
        )
    ]


def _has_media(record: Record) -> bool:
    kind = values.text(record, "item_show_type") or "0"
    return bool(record.get("cover") or record.get("封面")) or kind in ("5", "7", "8")


def _is_exported(record: Record) -> bool:
    return all(name in record for name in ("appmsgid", "link", "title")) or "公众号" in record


ARTICLE_EXPORTER = Format(
    name="wechat-articleexporter",
    platform=Platform.WECHAT,
    split=splitter(Page(records=(("articles",),), refuse=_refuse)),
    recognises=_is_exported,
    identify=_identify_exported,
    read=_read_exported,
)

# ---- freepublish/batchget ---------------------------------------------------------------------------


def _identify_sent(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return _article_ids(record, _articles(record))[0]


def _articles(record: Record) -> Sequence[Record]:
    """One send holds up to eight articles."""
    articles = values.sequence(values.mapping(record, "content"), "news_item")
    for found in articles:
        if not isinstance(found, dict):
            raise values.bad_type("news_item", found, "an array of articles")
    if not articles:
        raise RecordError("missing", "no article in `content.news_item`")
    return articles


def _article_ids(record: Record, articles: Sequence[Record]) -> list[str]:
    return articles_of_send([values.web_address(a, "url") for a in articles], values.required_id(record, "article_id"))


def _read_sent(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    articles = _articles(record)
    named = filter(None, (account_of_address(values.web_address(article, "url")) for article in articles))
    account_id = values.account(source.account_id or next(named, ""), source, "__biz of url")
    pairs = zip(articles, _article_ids(record, articles), strict=True)
    return [_read_article(record, article, post_id, account_id, source) for article, post_id in pairs]


def _read_article(send: Record, article: Record, post_id: str, account_id: str, source: SourceSettings) -> ParsedPost:
    content = values.mapping(send, "content")
    text = values.text(article, "content")
    posted_at = values.epoch(content, "create_time", unit=SECONDS) or values.epoch(send, "update_time", unit=SECONDS)
    updated_at = values.epoch(content, "update_time", unit=SECONDS) or values.epoch(send, "update_time", unit=SECONDS)
    return ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id=post_id,
        account_id=account_id,
        account_name=source.account_name,
        url=canonical_address(values.web_address(article, "url")),
        posted_at=posted_at,
        edited_at=updated_at if posted_at and updated_at and updated_at > posted_at else None,
        title=values.text(article, "title"),
        text=text or values.text(article, "digest"),
        is_html=bool(text),
        has_media=any(article.get(key) for key in ("thumb_media_id", "thumb_url")),
        is_deleted=values.flag(article, "is_deleted"),
        is_truncated=not text and not values.flag(article, "is_deleted"),
    )


FREE_PUBLISH = Format(
    name="wechat-freepublish",
    platform=Platform.WECHAT,
    split=splitter(Page(records=(("item",),), refuse=_refuse)),
    recognises=has("article_id", "content"),
    identify=_identify_sent,
    read=_read_sent,
)

FORMATS = (ARTICLE_EXPORTER, FREE_PUBLISH)
