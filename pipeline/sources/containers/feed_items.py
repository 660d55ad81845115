"""Read an item of RSS or Atom, given as bytes of its own, under JSON Feed's names.

Forgiven, as feeds are known to be sloppy: control characters and references to them (they become U+FFFD), a bare `&`,
HTML's entities. An item has no document type, so that nothing in it can expand. All else raises RecordError.
"""

import html
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from email.utils import parsedate_tz
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from pipeline.errors import RecordError

MAX_DEPTH = 300
"""Levels of elements, as many as are read of an article's HTML."""

_ITEMS = frozenset({"item", "entry"})
_FEEDS = frozenset({"channel", "feed"})
_PREFIXES = {
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/rss/1.0/": "",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
}
_PREFIX = re.compile(r"(?!xml)[A-Za-z_][\w.-]*|")
_SLOPPY = re.compile(
    r"(?P<data><!\[CDATA\[(?:.*?\]\]>|.*))|(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff])"
    r"|&\#(?:(?P<decimal>[0-9]{1,9})|x(?P<hexadecimal>[0-9a-fA-F]{1,8}));"
    r"|&(?!(?:amp|lt|gt|quot|apos);)(?P<name>[A-Za-z][A-Za-z0-9]{1,31};)?",
    re.DOTALL,
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WEEKDAY = re.compile(r"^[^\d\s,，]{1,12}[,，]\s*")
_MONTH = re.compile(r"(?<=\s)(\d{1,2})月(?=\s)")
_NO_ZONE = re.compile(r":\d{2}\s*$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Part:
    """What an element says: as text, or as HTML where it holds elements of its own."""

    def __init__(self, name: str, attributes: Mapping[str, str], depth: int) -> None:
        self.name = name
        self.attributes = attributes
        self.depth = depth
        self.is_markup = False
        self.words: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self.words).strip()

    def say(self, words: str) -> None:
        self.words.append(html.escape(words, quote=False) if self.is_markup else words)

    def mark_up(self, tag: str) -> None:
        if not self.is_markup:
            self.words = [html.escape(word, quote=False) for word in self.words]
            self.is_markup = True
        self.words.append(tag)


class _Reader:
    """Gathers the parts of an element named in `within`, and those of its author; all else passes without a trace."""

    def __init__(self, within: Collection[str]) -> None:
        self.within = within
        self.has_begun = False
        self.parts: list[Part] = []
        self._open: list[Part] = []
        self._path: list[str] = []
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._say

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        depth = len(self._path)
        if depth >= MAX_DEPTH:
            raise RecordError("too_deep", f"more than {MAX_DEPTH} levels of elements")
        space, _, local = name.rpartition(" ")
        short = _PREFIXES.get(space, f"{space} " if space else "") + local
        if self._is_part():
            path = "author/" + short if self._path[-1] == "author" else short
            self._open.append(Part(path, attributes, depth))
            self.parts.append(self._open[-1])
        elif self._open:
            self._open[-1].mark_up(f"<{local}>")
        self.has_begun = self.has_begun or short in self.within
        self._path.append(short)

    def _is_part(self) -> bool:
        parents = self._path[-2:]
        return bool(parents) and (
            (not self._open and parents[-1] in self.within)
            or (len(self._open) == 1 and parents[0] in self.within and parents[-1] == "author")
        )

    def _end(self, name: str) -> None:
        self._path.pop()
        if self._open and self._open[-1].depth == len(self._path):
            self._open.pop()
        elif self._open:
            self._open[-1].mark_up(f"</{name.rpartition(' ')[2]}>")

    def _say(self, words: str) -> None:
        if self._open:
            self._open[-1].say(words)


def read_item(body: bytes, namespaces: object) -> dict[str, Any]:
    """An item of XML under JSON Feed's names. Raises RecordError `not_xml`, `not_an_item`, `too_deep`."""
    declared = _declarations(namespaces if isinstance(namespaces, dict) else {})
    try:
        parts = _parts_of_item(body, declared)
    except expat.ExpatError:
        try:
            parts = _parts_of_item(_SLOPPY.sub(_mended, body.decode("utf-8", "replace")).encode(), declared)
        except expat.ExpatError as error:
            raise RecordError("not_xml", f"{error}; look at the item in its feed") from None
    return _item(parts)


def read_feed(head: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """What a feed's XML up to the first item says of the feed, and the namespaces it declares by prefix."""
    reader = _Reader(_FEEDS)
    namespaces: dict[str, str] = {}

    def declare(prefix: str | None, uri: str | None) -> None:
        if not reader.has_begun:
            namespaces[prefix or ""] = uri or ""

    reader.parser.StartNamespaceDeclHandler = declare
    with suppress(expat.ExpatError, RecordError):  # what came before holds, and the items are whole without the rest
        reader.parser.Parse(head, False)
    links = [part for part in reader.parts if part.name == "link"]
    about = {
        "title": _first(reader.parts, "title"),
        "home_page_url": _link(links, ("alternate", "")),
        "feed_url": _link(links, ("self",)),
    }
    return {name: said for name, said in about.items() if said}, namespaces


def _declarations(namespaces: Mapping[Any, Any]) -> bytes:
    return "".join(
        f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}"
        for prefix, uri in namespaces.items()
        if isinstance(uri, str) and _PREFIX.fullmatch(prefix) and (uri or not prefix)
    ).encode("utf-8", "replace")


def _parts_of_item(body: bytes, declared: bytes) -> list[Part]:
    reader = _Reader(_ITEMS)
    reader.parser.Parse(b"<feed%s>%s</feed>" % (declared, body), True)
    if not reader.has_begun:
        raise RecordError("not_an_item", "a piece of the feed outside of its items; the feed was cut short")
    return reader.parts


def _mended(found: re.Match[str]) -> str:
    if found["data"]:
        return _CONTROL.sub("\ufffd", found["data"])
    if found["control"]:
        return "\ufffd"
    if found["decimal"] or found["hexadecimal"]:
        number = int(found["decimal"] or found["hexadecimal"], 10 if found["decimal"] else 16)
        is_sound = number < 0x110000 and not 0xD800 <= number < 0xE000 and not _CONTROL.match(chr(number))
        return found[0] if is_sound else "\ufffd"
    named = found["name"] or ""
    known = html.unescape(f"&{named}")
    return html.escape(known) if named and known != f"&{named}" else f"&amp;{named}"


def _item(parts: list[Part]) -> dict[str, Any]:
    links = [part for part in parts if part.name == "link"]
    guid, url = _first(parts, "id", "guid"), _link(links, ("alternate", ""))
    item: dict[str, Any] = {
        "id": guid or url,
        "url": url,
        "title": _first(parts, "title"),
        **_content(parts),
        "date_published": _written(_first(parts, "pubDate", "published", "dc:date")),
        "date_modified": _first(parts, "updated"),
        "authors": _authors(parts),
        "tags": [tag for part in parts if part.name == "category" if (tag := part.attributes.get("term") or part.text)],
        "attachments": [*_attachments(parts)],
    }
    return {name: value for name, value in item.items() if value}


def _content(parts: Iterable[Part]) -> dict[str, str]:
    """The fullest text there is. RSS writes HTML; Atom says what it writes, and plain text where it does not."""
    by_name = {part.name: part for part in reversed([*parts]) if part.words}
    for name in ("content:encoded", "content", "description", "summary"):
        part = by_name.get(name)
        if part and part.text:
            is_atom = name in ("content", "summary")
            is_plain = is_atom and not part.is_markup and "html" not in part.attributes.get("type", "text")
            return {"content_text" if is_plain else "content_html": part.text}
    return {}


def _authors(parts: Iterable[Part]) -> list[dict[str, str]]:
    authors: list[dict[str, str]] = []
    for part in parts:
        if part.name == "author/name" or (part.name in ("author", "dc:creator") and not part.is_markup and part.text):
            authors.append({"name": part.text})
        elif part.name == "author/uri" and authors:
            authors[-1]["url"] = part.text
    return authors


def _attachments(parts: Iterable[Part]) -> Iterable[dict[str, str]]:
    for part in parts:
        url = part.attributes.get("url") if part.name == "enclosure" else part.attributes.get("href")
        if url and (part.name == "enclosure" or (part.name == "link" and part.attributes.get("rel") == "enclosure")):
            yield {"url": url, "mime_type": part.attributes.get("type", "")}


def _first(parts: Iterable[Part], *names: str) -> str:
    texts = {part.name: part.text for part in reversed([*parts]) if part.text}
    return next((texts[name] for name in names if name in texts), "")


def _link(links: Iterable[Part], relations: Collection[str]) -> str:
    """RSS writes an address as text, Atom as an attribute, which RSS borrows for its own address."""
    for part in links:
        if part.text and "" in relations:
            return part.text
        if part.attributes.get("href") and part.attributes.get("rel", "") in relations:
            return part.attributes["href"].strip()
    return ""


def _written(date: str) -> str:
    """A date of RSS as ISO 8601, without a zone where it has none; any other is left as it is.

    Some servers write it in their own language: `五, 12 6月 2026 09:01:01`.
    """
    plain = _MONTH.sub(lambda m: _MONTHS[int(m[1]) - 1] if 1 <= int(m[1]) <= 12 else m[0], _WEEKDAY.sub("", date[:80]))
    parts = parsedate_tz(plain)
    if parts is None:
        return date
    year, month, day, hour, minute, second, *_, east = parts
    offset = east or 0
    zone = (
        ""
        if _NO_ZONE.search(plain)
        else f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02}:{abs(offset) // 60 % 60:02}"
    )
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"
