"""Any route of RSSHub: the platform is told by the host of an item's address.

Platforms with a format of their own for RSSHub are read by it; Weibo, Bilibili, Zhihu and Tieba are read here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pipeline.errors import RecordError
from pipeline.records import Fragment, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.feeds import feed_decode, feed_split
from pipeline.sources.contract import Format, Record
from pipeline.sources.formats import (
    bilibili,
    douyin,
    feeditem,
    kuaishou,
    qq,
    tiktok,
    toutiao,
    wechat_feeds,
    weibo_posts,
    xiaohongshu,
    youku,
)

_NO_POST = re.compile(r"[?&]pid=")
"""A reply in a thread of Tieba is no post here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """How a platform's addresses name posts and accounts, and where another's words begin in a post."""

    platform: Platform
    hosts: tuple[str, ...]
    posts: tuple[tuple[str, re.Pattern[str]], ...]
    """What stands before the id in the name of a post of this kind, and the path of its address."""
    account: re.Pattern[str] | None = None
    canonical: Callable[[str], str] = str
    quoted: re.Pattern[str] | None = None
    has_titles: bool = True
    """If not, RSSHub makes titles of the beginnings of texts, and of quoted ones."""


_SITES = (
    _Site(
        platform=Platform.WEIBO,
        hosts=("weibo.com", "weibo.cn"),
        posts=(("", re.compile(r"/(?:\d{5,12}|status|detail)/([0-9A-Za-z]{6,20})/?")),),
        account=re.compile(r"weibo\.c(?:om|n)/(?:u/|profile/)?(\d{5,12})(?=[/?]|\Z)", re.ASCII),
        canonical=weibo_posts.canonical_id,
        quoted=re.compile(r"<blockquote\b[^<>]*>"),
        has_titles=False,
    ),
    _Site(
        platform=Platform.BILIBILI,
        hosts=("bilibili.com",),
        posts=(
            ("", re.compile(r"/video/((?:BV|bv|av)[0-9A-Za-z]{1,16})/?")),
            ("", re.compile(r"/(?:opus/)?(\d{15,20})/?", re.ASCII)),
            ("cv", re.compile(r"/read/cv(\d{1,12})/?", re.ASCII)),
        ),
        account=re.compile(r"space\.bilibili\.com/(\d{1,20})(?=[/?]|\Z)", re.ASCII),
        canonical=bilibili.canonical_id,
        quoted=re.compile(r"//转发自[:：]"),
    ),
    _Site(
        platform=Platform.ZHIHU,
        hosts=("zhihu.com",),
        posts=(
            ("answer_", re.compile(r"(?:/question/\d{1,20})?/answers?/(\d{1,20})/?", re.ASCII)),
            ("article_", re.compile(r"/p/(\d{1,20})/?", re.ASCII)),
            ("zvideo_", re.compile(r"/zvideo/(\d{1,20})/?", re.ASCII)),
            ("pin_", re.compile(r"/pin/(\d{1,20})/?", re.ASCII)),
        ),
        account=re.compile(r"zhihu\.com/(?:people|org)/([\w-]{1,128})", re.ASCII),
    ),
    _Site(
        platform=Platform.TIEBA,
        hosts=("tieba.baidu.com",),
        posts=(("", re.compile(r"/p/(\d{1,20})/?", re.ASCII)),),
    ),
)


# ---- the four that are read here ----------------------------------------------------------------------


def _post_id(record: Record, site: _Site) -> str:
    address = feeditem.address(record)
    if site.platform is Platform.TIEBA and _NO_POST.search(address):
        raise RecordError("not_a_post", "a reply in a thread; take a route that gives threads")
    path = urlsplit(address).path
    for kind, pattern in site.posts:
        if found := pattern.fullmatch(path):
            return kind + site.canonical(found[1])
    raise RecordError("bad_id", f"{address[:120]!r} is no address of a post of {site.platform}")


def _account(record: Record, site: _Site, source: SourceSettings) -> str:
    """The account in the address of the author, of the post or of the page whose feed this is; else a name."""
    places = (values.web_address(feeditem.author(record), "url"), feeditem.address(record), feeditem.home(record))
    found = next(filter(None, map(site.account.search, places)), None) if site.account else None
    return found[1] if found else feeditem.account_of_name(record, source)


def _read_of_site(record: Record, site: _Site, source: SourceSettings) -> ParsedPost:
    post = feeditem.post(
        record,
        source,
        platform=site.platform,
        post_id=_post_id(record, site),
        account_id=_account(record, site, source),
    )
    quote = site.quoted.search(post.text) if site.quoted else None
    own, reposted = (post.text[: quote.start()], post.text[quote.end() :]) if quote else (post.text, "")
    own, is_cut = weibo_posts.without_more(own) if site.platform is Platform.WEIBO else (own, False)
    title = post.title if site.has_titles or not post.text else ""
    return replace(post, title=title, text=own, reposted_text=reposted, is_truncated=is_cut)


# ---- all of them ----------------------------------------------------------------------------------------

_ROUTED: Mapping[str, Format] = {
    "mp.weixin.qq.com": wechat_feeds.RSSHUB,
    **dict.fromkeys(qq.HOSTS, qq.RSSHUB),
    "douyin.com": douyin.RSSHUB,
    "tiktok.com": tiktok.RSSHUB,
    "youku.com": youku.RSSHUB,
    "kuaishou.com": kuaishou.RSSHUB,
    "toutiao.com": toutiao.RSSHUB,
    "xiaohongshu.com": xiaohongshu.RSSHUB,
}
"""The formats of single platforms, by the hosts of their items."""
_READ_HERE: Mapping[str, _Site] = {host: site for site in _SITES for host in site.hosts}


def _place(record: Record) -> str:
    """The known host that an item is at. Without an address, as Kuaishou's are, it is for the formats to know it."""
    host = values.host(feeditem.address(record))
    if host:
        known = next((k for k in (*_ROUTED, *_READ_HERE) if host == k or host.endswith(f".{k}")), "")
    else:
        known = next((k for k, f in _ROUTED.items() if f.recognises(record)), "")
    if known:
        return known
    platforms = sorted({site.platform for site in _SITES} | {f.platform for f in _ROUTED.values() if f.platform})
    shown = host[:80] or "an item without an address"
    raise RecordError("unknown_platform", f"{shown!r} is at none of the platforms known: {', '.join(platforms)}")


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    place = _place(record)
    if place in _READ_HERE:
        return _post_id(record, _READ_HERE[place])
    return _ROUTED[place].identify(record, fragment, source)


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    place = _place(record)
    if place in _READ_HERE:
        return [_read_of_site(record, _READ_HERE[place], source)]
    return list(_ROUTED[place].read(record, fragment, source))


JSON_FEED = Format(
    name="rsshub-jsonfeed",
    platform=None,
    split=feed_split,
    decode=feed_decode,
    recognises=lambda record: "feed" in record and feeditem.is_at(record, *_READ_HERE),
    identify=_identify,
    read=_read,
)

FORMATS = (JSON_FEED,)
