"""Cut RSS 2.0, Atom 1.0 and JSON Feed 1.1 into the exact bytes of their items, also where the feed is broken.

An XML feed is walked tag by tag and not parsed as a whole, so that one item with a stray `&` costs that item alone. It
is handed on in UTF-8; one that arrived in another encoding says so in its items' context.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from pipeline.errors import RecordError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources.containers.feed_items import read_feed, read_item
from pipeline.sources.containers.jsontext import decode_object, utf8
from pipeline.sources.containers.split import MAX_PAGE, Members, Page, member, reading, split
from pipeline.sources.document import Document

MAX_ITEM = 64 * 2**20
"""Bytes of an item of an XML feed; of a longer one the head goes to quarantine."""
_KEPT_OF_LONG_ITEM = 2**20

_ABOUT = ("title", "home_page_url", "feed_url")
_PEEKED = 4096
_BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")
_CODECS = {b"big5": "big5hkscs", b"big5-hkscs": "big5hkscs"}
"""Encodings that cannot be told from GB18030 by their bytes."""
# In what never ends, the search for an end would begin again and again and take quadratic time: it reaches to the end.
_ROOT = re.compile(rb"<!--(?:.*?-->|.*)|<\?(?:.*?\?>|.*)|<([A-Za-z_][\w.:-]*)", re.DOTALL)
_ITEM_NAMES = {"rss": "item", "RDF": "item", "feed": "entry"}


def _refuse(members: Members, origin: str) -> None:
    """RSSHub answers an error as `{"error": {"message": …}}`."""
    if "items" in members or "error" not in members:
        return
    message = member(members, "error", "message") or member(members, "error") or "no message"
    raise SourceError(
        f"{origin}: the feed's server answered with an error ({str(message)[:300]}); fetch it again later"
    )


_JSON_FEED = Page(records=(("items",),), context=_ABOUT, refuse=_refuse)


def feed_split(document: Document, source: SourceSettings) -> Iterator[Fragment]:
    """Yield every item of a feed, in order; what is broken is a fragment too. JSON may also be items without a feed.

    Raises SourceError if the document is an error page or no feed, declares entities, or cannot be read to its end.
    """
    with reading(document) as stream:
        head = stream.read(_PEEKED)
        is_xml = is_markup(head)
        data = head + stream.read(MAX_PAGE + 1 - len(head)) if is_xml else b""
    if not is_xml:
        yield from split(document, source, _JSON_FEED)
        return
    if len(data) > MAX_PAGE:
        raise SourceError(f"{document.origin}: a feed of more than {MAX_PAGE // 2**20} MiB; ask for fewer items")
    yield from _of_xml(data, document.origin)


def feed_decode(fragment: Fragment) -> dict[str, Any]:
    """One item under JSON Feed's names, whatever kind of feed it came from; `feed` says what the feed is.

    Times stay as written but for those of RSS, which become ISO 8601 and have no zone where they had none.
    Raises RecordError.
    """
    context = decode_object(fragment.context) if fragment.context else {}
    if "size" in context:
        limit = MAX_ITEM // 2**20
        raise RecordError(
            "too_long", f"an item of {context['size']} bytes, more than {limit} MiB; take it out of the feed"
        )
    if fragment.body.lstrip().startswith(b"<"):
        item = read_item(fragment.body, context.get("xmlns"))
    else:
        item = decode_object(fragment.body)
        if item.get("author") and "authors" not in item:  # JSON Feed 1.0
            item["authors"] = [item["author"]]
    return {**item, "feed": {name: context[name] for name in _ABOUT if name in context}}


def is_markup(start: bytes) -> bool:
    """Whether what begins so is XML, or means to be."""
    return start[:_PEEKED].lstrip(_BEFORE_MARKUP).startswith(b"<")


def _of_xml(received: bytes, origin: str) -> Iterator[Fragment]:
    data = _utf8(received).lstrip(_BEFORE_MARKUP)
    root = _root(data, origin)
    prefix, _, name = root[1].rpartition(b":")
    item = (prefix + b":" if prefix else b"") + _ITEM_NAMES[name.decode()].encode()
    parts = _Parts(data, root.start(), item, root[1])
    said, namespaces = read_feed(parts.head)
    about: dict[str, Any] = {**said, "xmlns": namespaces, **_encoding(received, data)}
    context = json.dumps(about, ensure_ascii=False).encode()
    for position, body in enumerate(parts, 1):
        if len(body) > MAX_ITEM:
            sized = json.dumps({**about, "size": len(body)}, ensure_ascii=False).encode()
            yield Fragment(body=body[:_KEPT_OF_LONG_ITEM], origin=origin, line=position, context=sized)
        else:
            yield Fragment(body=body, origin=origin, line=position, context=context)


def _encoding(received: bytes, data: bytes) -> dict[str, str]:
    """What the feed arrived in, if not in UTF-8."""
    if received.endswith(data):
        return {}
    declared = _ENCODING.match(data)
    return {"encoding": declared[1].decode() if declared else "not UTF-8"}


def _utf8(data: bytes) -> bytes:
    declared = _ENCODING.match(data)
    codec = _CODECS.get(declared[1].lower()) if declared else None
    return data.decode(codec, "replace").encode() if codec else utf8(data)


def _root(data: bytes, origin: str) -> re.Match[bytes]:
    """The root's start tag. Raises SourceError if it is not a feed's, or if there are entities before it."""
    found = next((match for match in _ROOT.finditer(data) if match[1]), None)
    prolog = data[: found.start() if found else len(data)]
    if b"<!ENTITY" in prolog:
        raise SourceError(f"{origin}: the feed declares entities of its own, which no feed needs; it is not read")
    name = found[1].decode("utf-8", "replace") if found else ""
    if name.lower() == "html" or b"<!doctype html" in prolog.lower():
        shown = re.search(rb"<title[^<>]{0,200}>([^<]{1,200})", data, re.IGNORECASE)
        title = shown[1].decode("utf-8", "replace").strip() if shown else "without a title"
        raise SourceError(f"{origin}: an HTML page ({title}) where a feed was expected; open the address in a browser")
    if found is None or name.rpartition(":")[2] not in _ITEM_NAMES:
        raise SourceError(
            f"{origin}: neither RSS nor Atom nor JSON Feed (it begins with <{name[:60]}>); see its address"
        )
    return found


class _Parts:
    """The items of a feed, and the feed's own words before the first one."""

    def __init__(self, data: bytes, start: int, item: bytes, root: bytes) -> None:
        self.data = data
        self.end = re.compile(rb"</" + re.escape(root) + rb"\s*>")
        self.tags = re.compile(
            rb"<!--(?:.*?-->|.*)|<!\[CDATA\[(?:.*?\]\]>|.*)|<(/?)" + re.escape(item) + rb"(?=[\s/>])([^<>]*+)>",
            re.DOTALL,
        )
        self.start = start
        first = next((tag for tag in self.tags.finditer(data, start) if tag[2] is not None), None)
        self.head = data[: first.start() if first else len(data)]

    def __iter__(self) -> Iterator[bytes]:
        """Every item; one that is not closed reaches to the next, and what is left of a feed cut short is the last."""
        opened, done = -1, len(self.head)
        for tag in self.tags.finditer(self.data, self.start):
            if tag[2] is None or (tag[1] and opened < 0):
                continue
            if tag[1] or tag[2].endswith(b"/"):
                if not tag[1] and opened >= 0:
                    yield self.data[opened : tag.start()]
                yield self.data[opened if tag[1] else tag.start() : tag.end()]
                opened, done = -1, tag.end()
            else:
                if opened >= 0:
                    yield self.data[opened : tag.start()].rstrip()
                opened = tag.start()
        rest = self.data[opened if opened >= 0 else done :].strip()
        if opened >= 0 or (not self.end.search(rest) and rest.removeprefix(b"</channel>").strip()):
            yield rest
