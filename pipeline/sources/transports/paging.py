"""How one page leads to the next: by cursor, offset, page number, ids or link.

A position says what the next request asks for, and survives JSON; the empty one is the beginning.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from pipeline.errors import SourceError
from pipeline.sources.transports.answers import at, quote, yes_or_no
from pipeline.sources.transports.client import is_same_server
from pipeline.web_settings import CursorPaging, IdPaging, LinkPaging, OffsetPaging, PagePaging, Paging

log = logging.getLogger(__name__)
MAX_EMPTY_PAGES = 3
"""So many in a row, and a total that was not reached is taken for an estimate."""
_LONGEST_CURSOR = 8192
_NO_CURSOR = (None, "", 0, "0", -1, "-1")

Position = Mapping[str, Any]
Members = Mapping[str, str | int]
"""What a request says beside what it always says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page, as far as paging looks at it."""

    origin: str
    page: Any
    items: list[Any]
    """The records, where it is known where they are."""
    url: httpx2.URL
    own: Mapping[str, str]
    """Parameters that each request has; they may be secrets."""
    next_link: str = ""

    def more(self, path: str) -> bool | None:
        return yes_or_no(self.page, path, self.origin)

    def number(self, path: str) -> int | None:
        """The whole number at a path; None where there is none."""
        value = at(self.page, path) if path else None
        if isinstance(value, str) and value.isdecimal() and len(value) < 20:
            return int(value)
        return value if type(value) is int else None

    def cursor(self, path: str) -> str | int | None:
        """What a page wants repeated. Raises SourceError where that is nothing that can be."""
        value = at(self.page, path)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None or value == "":
            return None
        if type(value) not in (str, int) or "\0" in str(value) or len(str(value)) > _LONGEST_CURSOR:
            raise SourceError(f"{self.origin}: `{path}` is {quote(repr(value))}, which no request can repeat")
        found: str | int = value
        return found


@dataclass(frozen=True, slots=True)
class Step:
    """Where a page leads."""

    next: Position | None
    """None: it was the last."""
    rest: Position
    """Where a later run goes on that is to find only what is new, if reading ends here."""


class Pager(Protocol):
    """One style of paging."""

    def members(self, position: Position) -> Members:
        """What the request for the page at a position says."""
        ...

    def after(self, position: Position, answer: Answer) -> Step:
        """Where the page at a position leads. Raises SourceError where it leads nowhere."""
        ...


@dataclass(frozen=True, slots=True)
class _Single:
    """One page is all there is."""

    def members(self, position: Position) -> Members:
        return {}

    def after(self, position: Position, answer: Answer) -> Step:
        return Step(None, {})


@dataclass(frozen=True, slots=True)
class _ByCursor:
    settings: CursorPaging

    def members(self, position: Position) -> Members:
        names = self.settings
        if "cursor" in position:
            return {**position["echo"], names.cursor: position["cursor"]}
        return {} if names.first is None else {names.cursor: names.first}

    def after(self, position: Position, answer: Answer) -> Step:
        given = answer.cursor(self.settings.next)
        more = answer.more(self.settings.more)
        if more and given is None:
            raise SourceError(f"{answer.origin}: says that there is more, but `{self.settings.next}` is empty")
        if more is None:
            is_repeated = given == position.get("cursor") and not answer.items
            more = given not in _NO_CURSOR and not is_repeated
        found = {name: answer.cursor(path) for name, path in self.settings.echo.items()}
        echo = {name: value for name, value in found.items() if value is not None}
        following = position if given is None else {"cursor": given, "echo": echo}
        return Step(following if more else None, following)


@dataclass(frozen=True, slots=True)
class _ByOffset:
    settings: OffsetPaging

    def members(self, position: Position) -> Members:
        names = self.settings
        return {names.offset: position.get("offset", 0)} | ({names.count: names.size} if names.count else {})

    def after(self, position: Position, answer: Answer) -> Step:
        """On by what came, because a server may give less than it was asked for; over an empty page by its size."""
        offset, found = position.get("offset", 0), len(answer.items)
        empty = 0 if found else position.get("empty", 0) + 1
        following = {"offset": offset + (found or self.settings.size), "empty": empty}
        is_more = _is_more(self.settings, answer, offset + found, empty)
        return Step(following if is_more else None, {"offset": offset + found})


@dataclass(frozen=True, slots=True)
class _ByPage:
    settings: PagePaging

    def members(self, position: Position) -> Members:
        names = self.settings
        return {names.page: position.get("page", names.first)} | ({names.count: names.size} if names.count else {})

    def after(self, position: Position, answer: Answer) -> Step:
        """A later run reads the last page again, for it may have been filled up since."""
        number, seen = position.get("page", self.settings.first), position.get("seen", 0) + len(answer.items)
        empty = 0 if answer.items else position.get("empty", 0) + 1
        following = {"page": number + 1, "seen": seen, "empty": empty}
        is_more = _is_more(self.settings, answer, seen, empty)
        return Step(following if is_more else None, position)


def _is_more(settings: OffsetPaging | PagePaging, answer: Answer, seen: int, empty: int) -> bool:
    """Whether a list goes on: as the page says, else by its total, else until a page is empty."""
    more = answer.more(settings.more)
    if more is not None:
        return more
    total = answer.number(settings.total)
    if total is None:
        return bool(answer.items)
    if empty >= MAX_EMPTY_PAGES and seen < total:
        log.warning("%s: empty, as were those before, though %d of %d have come", answer.origin, seen, total)
        return False
    return seen < total


@dataclass(frozen=True, slots=True)
class _ById:
    settings: IdPaging

    def members(self, position: Position) -> Members:
        names = self.settings
        known = {names.since: position.get("since"), names.max: position.get("max")}
        return {name: value for name, value in known.items() if name and value is not None}

    def after(self, position: Position, answer: Answer) -> Step:
        ids = [self._id(item, answer.origin) for item in answer.items]
        more = answer.more(self.settings.more)
        if more and not ids:
            raise SourceError(f"{answer.origin}: says that there is more, but has no record to go on from")
        return (self._down if self.settings.max else self._up)(position, ids, more, answer.origin)

    def _up(self, position: Position, ids: list[int], more: bool | None, origin: str) -> Step:
        """Oldest first: on from the highest id, until nothing new comes."""
        since = position.get("since")
        new = [i for i in ids if since is None or i > since]
        if ids and not new and more:
            raise SourceError(
                f"{origin}: no record is newer than {since}; does the server know `{self.settings.since}`?"
            )
        rest = {"since": max(new)} if new else position
        return Step(rest if new and more is not False else None, rest)

    def _down(self, position: Position, ids: list[int], more: bool | None, origin: str) -> Step:
        """Newest first: from the lowest id, which may come again, until nothing older comes or all of it is known."""
        since, bound = position.get("since"), position.get("max")
        older = [i for i in ids if bound is None or i <= bound]
        if ids and not older:
            raise SourceError(
                f"{origin}: all records are newer than {bound}; does the server know `{self.settings.max}`?"
            )
        tops = [i for i in (since, position.get("top"), *ids) if i is not None]
        rest = {"since": max(tops)} if tops else {}
        low = min(older, default=None)
        if low is None or low == bound or more is False or (since is not None and low <= since):
            return Step(None, rest)
        known = {} if since is None else {"since": since}
        return Step({"max": low, "top": rest["since"], **known}, rest)

    def _id(self, item: Any, origin: str) -> int:
        value = at(item, self.settings.id)
        if isinstance(value, str) and value.isdecimal() and len(value) < 40:
            return int(value)
        if type(value) is int:
            return value
        raise SourceError(
            f"{origin}: a record's `{self.settings.id}` is {quote(repr(value))}, not a number; correct `id`"
        )


@dataclass(frozen=True, slots=True)
class _ByLink:
    settings: LinkPaging

    def members(self, position: Position) -> Members:
        return {}

    def after(self, position: Position, answer: Answer) -> Step:
        """The link without what each request says anyway, which may be a secret. Raises SourceError."""
        link = answer.cursor(self.settings.next) if self.settings.next else answer.next_link
        if not link:
            return Step(None, position)
        try:
            target = answer.url.join(str(link))
        except (httpx2.InvalidURL, UnicodeError):
            raise SourceError(f"{answer.origin}: the link to the next page is broken: {quote(repr(link))}") from None
        if not is_same_server(answer.url, target):
            raise SourceError(f"{answer.origin}: the next page is said to be on another server, {target.host}")
        kept = [[name, value] for name, value in target.params.multi_items() if answer.own.get(name) != value]
        following = {"path": target.raw_path.decode().partition("?")[0], "params": kept}
        return Step(following, following)


def is_halfway(position: Position) -> bool:
    """Whether a position is inside a walk from new to old, after which there may be what came since it began."""
    return "max" in position


def pager(settings: Paging | None) -> Pager:
    """The pager of a source's settings."""
    match settings:
        case CursorPaging():
            return _ByCursor(settings)
        case OffsetPaging():
            return _ByOffset(settings)
        case PagePaging():
            return _ByPage(settings)
        case IdPaging():
            return _ById(settings)
        case LinkPaging():
            return _ByLink(settings)
        case None:
            return _Single()
