"""QQ beside Qzone, out of RSSHub: channels (频道), news accounts (新闻号), fact checks (较真), feedback (兔小巢)."""

import re
from urllib.parse import parse_qs, urlsplit

from pipeline.errors import RecordError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.contract import Format, Record
from pipeline.sources.formats import feeditem

HOSTS = ("pd.qq.com", "news.qq.com", "new.qq.com", "fact.qq.com", "support.qq.com", "txc.qq.com")
_CHANNEL = re.compile(r"/g/([\w-]{1,64})/post/([\w-]{1,128})", re.ASCII)
_NEWS = re.compile(r"(?:/rain/a|/omn(?:/\d{8})?|/a)/([\w-]{6,64})(?:\.html)?", re.ASCII)
_FEEDBACK = re.compile(r"/products?/(\d{1,12})/post/(\d{1,24})", re.ASCII)
_NEWS_ACCOUNT = re.compile(r"/omn/author/([\w=%+-]{1,128})", re.ASCII)


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    """What the address names: posts of channels and products are numbered per channel and product."""
    address = feeditem.address(record)
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    host = parts.hostname or ""
    if host.endswith("fact.qq.com") and (found := parse_qs(parts.query).get("id")):
        return f"fact_{values.required_id({'id': found[0]}, 'id')}"
    for what, pattern in (("pd", _CHANNEL), ("txc", _FEEDBACK), ("news", _NEWS)):
        if match := pattern.match(parts.path):
            return "_".join((what, *match.groups()))
    if not address:
        raise RecordError("missing", "no `url`; RSSHub's routes of QQ have one, so look at the feed")
    raise RecordError("bad_id", f"{address[:120]} is no post of a channel, news account, fact check or product of QQ")


def _account(record: Record, source: SourceSettings) -> str:
    """A news account is in the feed's own address; for the others an author's name is all there is."""
    named = _NEWS_ACCOUNT.search(feeditem.home(record))
    return named[1] if named else feeditem.account_of_name(_shown(record), source)


def _shown(record: Record) -> Record:
    """The record with the author's office taken off his name, as fact checks have it."""
    author = feeditem.author(record)
    name = values.text(author, "name").split(" - ")[0]
    return {**record, "authors": [{**author, "name": name}]} if feeditem.is_at(record, "fact.qq.com") else record


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    return [
        feeditem.post(
            _shown(record),
            source,
            platform=Platform.QQ,
            post_id=_identify(record, fragment, source),
            account_id=_account(record, source),
        )
    ]


RSSHUB = Format(
    name="qq-rsshub",
    platform=Platform.QQ,
    split=feed_split,
    decode=feed_decode,
    recognises=lambda record: "feed" in record and feeditem.is_at(record, *HOSTS),
    identify=_identify,
    read=_read,
)

FORMATS = (RSSHUB,)
