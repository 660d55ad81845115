"""WeChat official accounts: the lists of messages that the app itself reads (general_msg_list)."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.errors import SourceError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Members, Page, member, splitter
from pipeline.sources.contract import Format, Record, has
from pipeline.sources.formats.wechat_ids import account_of, account_of_address, articles_of_send, canonical_address
from pipeline.sources.values import SECONDS

_TEXT = "1"
"""The type of a message that is nothing but text."""
_ADVICE = {
    "-3": "the session has expired: open the account in WeChat again",
    "-6": "rate limited: wait some hours and fetch the page anew",
}


def _refuse(members: Members, origin: str) -> None:
    for code, message in (
        (member(members, "code"), member(members, "msg")),
        (member(members, "data", "ret"), member(members, "data", "errmsg")),
        (member(members, "ret"), member(members, "errmsg")),
    ):
        if code in (None, 0, "0", ""):
            continue
        advice = _ADVICE.get(str(code), "fetch the page anew")
        raise SourceError(f"{origin}: WeChat answered with error {code} ({message or 'no message'}); {advice}")


_PAGE = Page(
    # The list is JSON inside a string, or has been taken out of it.
    records=(("data", "general_msg_list", "list"), ("general_msg_list", "list"), ("list",)),
    refuse=_refuse,
)


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return _ids(record, _articles(record), source)[0]


def _articles(record: Record) -> Sequence[Record]:
    """The head of a message and what comes under it; none where it is a text."""
    head = values.mapping(record, "app_msg_ext_info")
    if not head:
        return ()
    others = values.sequence(head, "multi_app_msg_item_list") if values.flag(head, "is_multi") else ()
    for found in others:
        if not isinstance(found, dict):
            raise values.bad_type("multi_app_msg_item_list", found, "an array of articles")
    return (head, *others)


def _ids(record: Record, articles: Sequence[Record], source: SourceSettings) -> list[str]:
    """A message's own number is not the one in its articles' addresses, so that it names texts only."""
    number = values.required_id(values.mapping(record, "comm_msg_info"), "id")
    message = f"{_account(record, articles, source)}_{number}"
    return articles_of_send([_address(article) for article in articles], message) or [f"{message}_0"]


def _address(article: Record) -> str:
    return values.web_address(article, "content_url")


def _account(record: Record, articles: Sequence[Record], source: SourceSettings) -> str:
    named = next(filter(None, (account_of_address(_address(article)) for article in articles)), "")
    written = values.identifier(values.mapping(record, "comm_msg_info"), "fakeid")
    return values.account(named or account_of(written), source, "__biz of content_url", "comm_msg_info.fakeid")


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    articles = _articles(record)
    ids = _ids(record, articles, source)
    message = values.mapping(record, "comm_msg_info")
    text = ParsedPost(
        platform=Platform.WECHAT,
        platform_post_id=ids[0],
        account_id=_account(record, articles, source),
        account_name=source.account_name,
        posted_at=values.epoch(message, "datetime", unit=SECONDS),
        text=values.text(message, "content"),
        is_html=True,
        has_media=values.text(message, "type") != _TEXT,
    )
    return [_article(text, *pair) for pair in zip(ids, articles, strict=True)] if articles else [text]


def _article(message: ParsedPost, post_id: str, article: Record) -> ParsedPost:
    """One without an address has been deleted; `del_flag` is 1 for those that are there."""
    address, content = _address(article), values.text(article, "content")
    return replace(
        message,
        platform_post_id=post_id,
        url=canonical_address(address),
        title=values.text(article, "title"),
        text=content or values.text(article, "digest"),
        is_html=bool(content),
        has_media=bool(values.text(article, "cover")),
        is_deleted=not address,
        is_truncated=bool(address) and not content,
    )


GENERAL_MSG_LIST = Format(
    name="wechat-generalmsglist",
    platform=Platform.WECHAT,
    split=splitter(_PAGE),
    recognises=has("comm_msg_info"),
    identify=_identify,
    read=_read,
)

FORMATS = (GENERAL_MSG_LIST,)
