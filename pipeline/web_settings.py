"""The tables [source.<name>.http] and [source.<name>.feeds] of kolwatch.toml."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from pipeline.sections import NotNegative, Positive, Section, check_zone

Seconds = Annotated[float, msgspec.Meta(gt=0)]

PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([^{}]+))?\}")
"""`{start}` in an address or a request, also with how it is written: `{start:%Y%m%d}`."""
WINDOW_TIMES = ("start", "end", "last")
"""The borders of the window; `last` is its last second, for interfaces that count the end in."""
EPOCHS = {f"{time}_{unit}": (time, factor) for time in WINDOW_TIMES for unit, factor in (("epoch", 1), ("ms", 1000))}
PLACEHOLDERS = frozenset({"each", "date", *WINDOW_TIMES, *EPOCHS})


class RequestSettings(Section, frozen=True):
    """How servers are asked, whatever for."""

    headers: dict[str, str] = msgspec.field(default_factory=dict)
    requests_per_minute: Positive = 60
    attempts: Positive = 5
    """Of one request, where the server is busy, fails or cannot be reached."""
    patience_seconds: Positive = 600
    """What one run may spend on attempts that failed and on waiting for the next."""
    timeout_seconds: Seconds = 30.0
    """For a connection, and for each part of an answer."""
    max_page_mib: Positive = 32

    def __post_init__(self) -> None:
        for name, value in self.headers.items():
            if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII) or not re.fullmatch(r"[ -~]*", value):
                raise ValueError(f"headers: {name} cannot be sent; is there a line break at the end of its variable?")


class FeedSettings(RequestSettings, frozen=True, kw_only=True):
    urls: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]

    def __post_init__(self) -> None:
        super().__post_init__()
        for url in self.urls:
            _check_address(url, "urls")


class CursorPaging(Section, frozen=True, tag_field="style", tag="cursor"):
    """Each page names the next."""

    cursor: str = "cursor"
    """Where the request says it."""
    next: str = "cursor"
    """Where the page says it."""
    more: str = ""
    """Where the page says whether there are more."""
    first: str | int | None = None
    """What the first request says; None: nothing."""
    echo: dict[str, str] = msgspec.field(default_factory=dict)
    """What else the next request repeats, and where the page says it."""
    items: str = ""


class OffsetPaging(Section, frozen=True, tag_field="style", tag="offset"):
    """The request says how many records come before the page."""

    offset: str = "offset"
    count: str = ""
    """Where the request says how many records it wants; empty: it does not."""
    size: Positive = 20
    """How many it wants."""
    total: str = ""
    more: str = ""
    items: str = ""


class PagePaging(Section, frozen=True, tag_field="style", tag="page"):
    """The request counts pages."""

    page: str = "page"
    first: NotNegative = 1
    count: str = ""
    size: Positive = 20
    total: str = ""
    more: str = ""
    items: str = ""


class IdPaging(Section, frozen=True, tag_field="style", tag="ids"):
    """The request bounds the ids of the records: newest first down to `since`; oldest first where `max` is empty."""

    since: str = "since_id"
    max: str = "max_id"
    id: str = "id"
    """Where a record says its id, a number."""
    more: str = ""
    items: str = ""


class LinkPaging(Section, frozen=True, tag_field="style", tag="link"):
    """Each page gives the address of the next."""

    next: str = ""
    """Where the page says it; empty: in the header Link."""
    items: str = ""


Paging = CursorPaging | OffsetPaging | PagePaging | IdPaging | LinkPaging
Code = str | int | bool


class ErrorSettings(Section, frozen=True):
    """How a page says that it is an error, whatever its HTTP status is."""

    code: str
    message: str = ""
    ok: tuple[Code, ...] = (0, "ok")
    wait: tuple[Code, ...] = ()
    """Codes after which asking again later helps."""
    login: tuple[Code, ...] = ()
    """Codes that say that the credentials have expired or are wrong."""


class HttpSettings(RequestSettings, frozen=True, kw_only=True):
    url: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str | int] = msgspec.field(default_factory=dict)
    body: dict[str, Any] = msgspec.field(default_factory=dict)
    body_as: Literal["json", "form"] = "json"
    each: tuple[str, ...] = ()
    """What `{each}` stands for, one after the other."""
    reads: Literal["window", "stream"] = "window"
    """`window`: each run reads its window whole, and the cursor only lets a broken run go on. `stream`: each run goes
    on where the last one ended."""
    records: str = ""
    """Where a page keeps its records; empty: the format knows."""
    records_optional: bool = False
    """A page without records may leave them out altogether."""
    newest_first_by: str = ""
    """Where a record says its time, in a list that begins with the newest: reading ends at the window's start."""
    overlap_minutes: NotNegative = 0
    """So much earlier than the window the reading starts."""
    zone: str = ""
    """Time zone that times in the request are written in; empty: the site's."""
    max_pages: Positive = 1000
    paging: Paging | None = None
    errors: ErrorSettings | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_address(self.url, "url")
        check_zone(self.zone)
        self._check_placeholders()
        if any("${" in value for value in self.each):
            raise ValueError("each: its values are shown in messages; put secrets into headers or params")
        if self.body and self.method != "POST":
            raise ValueError('body: only method = "POST" sends one')
        if isinstance(self.paging, OffsetPaging | PagePaging | IdPaging) and not (self.paging.items or self.records):
            raise ValueError("paging: items must say where a page keeps its records, because they are counted")

    def _check_placeholders(self) -> None:
        used = {found[1] for text in _texts([self.url, self.params, self.body]) for found in PLACEHOLDER.finditer(text)}
        for name in sorted(used - PLACEHOLDERS):
            raise ValueError(f"{{{name}}} stands for nothing; known are: {', '.join(sorted(PLACEHOLDERS))}")
        if bool(self.each) != ("each" in used):
            raise ValueError("each: give its values, and say by {each} where in the request they belong")
        if self.reads == "stream" and used - {"each"}:
            raise ValueError('reads = "stream" goes on for ever; times of a window belong to reads = "window"')


def _check_address(url: str, key: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError(f"{key}: an address begins with https:// or http:// and a host")
    if "@" in parts.netloc or "${" in parts.path or parts.fragment:
        raise ValueError(f"{key}: host and path are shown in messages; put secrets into headers or parameters")


def _texts(value: object) -> Iterator[str]:
    """Every text anywhere in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.values())
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)
