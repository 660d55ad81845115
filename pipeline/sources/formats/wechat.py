"""WeChat official accounts: the export of wechat-article-exporter and the pages of freepublish/batchget."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.values import SECONDS

_COUNTS = {
    Metric.VIEWS: ("readNum",),
    Metric.LIKES: ("oldLikeNum",),
    Metric.FAVOURITES: ("likeNum",),
    Metric.SHARES: ("shareNum",),
    Metric.COMMENTS: ("commentNum",),
}
_COUNTED_TO = 100_000
"""WeChat shows 10万+ beyond this, which exports write as 100001."""
_LASTING = ("__biz", "mid", "idx", "sn")
"""What an address needs to open; the rest (chksm, scene, key, pass_ticket …) are signatures that change."""
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


def canonical_address(address: str) -> str:
    """The address of an article without the signatures that differ from reader to reader."""
    if values.host(address) != "mp.weixin.qq.com":
        return address
    kept = [(key, value) for key, value in parse_qsl(urlsplit(address).query) if key in _LASTING]
    return address.split("?", 1)[0] + ("?" + urlencode(kept, safe="=") if kept else "")


def _of_address(address: str) -> dict[str, str]:
    """The parts of an article's long address (`__biz`, `mid`, `idx`); empty for a short one."""
    return dict(parse_qsl(urlsplit(address).query)) if values.host(address) == "mp.weixin.qq.com" else {}


# ---- wechat-article-exporter ------------------------------------------------------------------------


def _exported_account(record: Record, source: SourceSettings) -> str:
    """The account's `__biz`, which other exports name too; a name is unique among official accounts."""
    biz = _of_address(values.web_address(record, "link")).get("__biz", "")
    found = values.identifier({"__biz": biz}, "__biz") or source.account_id
    return values.account(found or values.text(record, "_accountName").strip(), source, "__biz of link", "_accountName")


def _identify_exported(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """`account_message_index`: message numbers are counted per account, so they need the account's name."""
    return f"{_exported_account(record, source)}_{_article_number(record)}"


def _article_number(record: Record) -> str:
    if found := values.identifier(record, "aid"):
        return found
    in_address = _of_address(values.web_address(record, "link"))
    message = values.identifier(record, "appmsgid") or values.identifier(in_address, "mid")
    if not message:
        raise RecordError("missing", "no `aid`, `appmsgid` or mid in `link`")
    return f"{message}_{values.identifier(record, 'itemidx') or values.identifier(in_address, 'idx') or '1'}"


def _read_exported(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    posted_at = values.epoch(record, "create_time", "update_time", unit=SECONDS)
    updated_at = values.epoch(record, "update_time", unit=SECONDS)
    content = values.text(record, "content")
    return [
        ParsedPost(
            platform=Platform.WECHAT,
            platform_post_id=_identify_exported(record, fragment, source),
            account_id=_exported_account(record, source),
            account_name=values.text(record, "_accountName") or source.account_name,
            url=canonical_address(values.web_address(record, "link")),
            posted_at=posted_at,
            edited_at=updated_at if posted_at and updated_at and updated_at > posted_at else None,
            title=values.text(record, "title"),
            text=content or values.text(record, "digest"),
            is_html=bool(_TAG.search(content)),
            counts=values.counts(record, _COUNTS, cap=_COUNTED_TO),
            has_media=bool(record.get("cover")) or (values.text(record, "item_show_type") or "0") in ("5", "7", "8"),
            is_deleted=values.flag(record, "is_deleted"),
            is_truncated=not content and not values.flag(record, "is_deleted"),
        )
    ]


ARTICLE_EXPORTER = Format(
    name="wechat-articleexporter",
    platform=Platform.WECHAT,
    split=splitter(Page(records=(("articles",),), refuse=_refuse)),
    recognises=has("appmsgid", "link", "title"),
    identify=_identify_exported,
    read=_read_exported,
)

# ---- freepublish/batchget ---------------------------------------------------------------------------


def _identify_sent(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return f"{values.required_id(record, 'article_id')}_1"


def _read_sent(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    """One send holds up to eight articles."""
    articles = values.sequence(values.mapping(record, "content"), "news_item")
    if not articles:
        raise RecordError("missing", "no article in `content.news_item`")
    article_id = values.required_id(record, "article_id")
    return [_read_article(record, a, f"{article_id}_{index}", source) for index, a in enumerate(articles, 1)]


def _read_article(send: Record, article: object, post_id: str, source: SourceSettings) -> ParsedPost:
    if not isinstance(article, dict):
        raise values.bad_type("news_item", article, "an array of articles")
    url = canonical_address(values.web_address(article, "url"))
    biz = values.identifier(_of_address(url), "__biz")
    content = values.mapping(send, "content")
    text = values.text(article, "content")
    posted_at = values.epoch(content, "create_time", unit=SECONDS) or values.epoch(send, "update_time", unit=SECONDS)
    updated_at = values.epoch(content, "update_time", unit=SECONDS) or values.epoch(send, "update_time", unit=SECONDS)
    return ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id=post_id,
        account_id=values.account(source.account_id or biz, source, "__biz of url"),
        account_name=source.account_name,
        url=url,
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
