"""What of a day's table somebody asked for: its filters, its order and the place to go on from, out of the address."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_timedelta
from fastapi import Request

from pipeline import db
from pipeline.console import given
from pipeline.console.errors import PageError
from pipeline.console.languages import Speaker, message
from pipeline.console.visits import Visit
from pipeline.records import FlagStatus, Platform, Severity, Tier

PAGE = 50
WORDS = {
    message("platform"): Platform,
    message("severity"): Severity,
    message("tier"): Tier,
    message("status"): FlagStatus,
}
TEXTS = (message("topic"), message("position"))
SEARCH = "search"
PLACE = re.compile(r"(true|false)~(true|false)~(-?[0-9.e+-]{1,30})~([0-9.e+-]{1,30})~([0-9]{1,18})")
SHOWN_CHARACTERS = 300
"""Of a claim, on the page; an export has all of it."""

Row = Mapping[str, Any]
EXPORTED = {
    **dict.fromkeys(("flag_id", "rank"), int),
    "day": date,
    **dict.fromkeys(("platform", "account", "tier"), str),
    "follower_count": int,
    **dict.fromkeys(("claim", "guidance_id", "topic", "position_zh", "position_en", "severity"), str),
    **dict.fromkeys(("priority", "probability"), float),
    **dict.fromkeys(("cluster_id", "cluster_size", "other_flags"), int),
    **dict.fromkeys(("status", "awaits", "outcome", "repeats_outcome"), str),
    "posted_at": datetime,
    **dict.fromkeys(("is_late", "is_after_close", "is_below_capacity", "is_repeat"), bool),
}
"""The columns of an export: what the page shows."""


class Sort(StrEnum):
    """What stands first; rows that are alike in it stand by priority."""

    PRIORITY = "priority"
    SEVERITY = "severity"
    PROBABILITY = "probability"
    REACH = "reach"
    NEWEST = "newest"
    OLDEST = "oldest"
    CLUSTER = "cluster"


SORTS = {
    Sort.PRIORITY: message("priority"),
    Sort.SEVERITY: message("severity"),
    Sort.PROBABILITY: message("probability"),
    Sort.REACH: message("reach"),
    Sort.NEWEST: message("newest first"),
    Sort.OLDEST: message("oldest first"),
    Sort.CLUSTER: message("cluster size"),
}
Place = tuple[bool, bool, float, float, int]
"""Where a row stands: whether it is a repeat, whether it came after the close, its key, its priority, its flag."""
NOWHERE = (None,) * 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A day's table as somebody wants it."""

    day: date
    filters: Mapping[str, str | None]
    """By their names; the search as it was typed."""
    words: str | None
    """What the search looks for, as a tsquery."""
    sort: Sort

    @property
    def set_filters(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.filters.items() if value}

    def address(self, page: str = "", **more: str) -> str:
        """The address of the same choice of rows: the table, or a page below it."""
        sort = {} if self.sort is Sort.PRIORITY else {"sort": self.sort.value}
        query = urlencode({**self.set_filters, **sort, **more})
        return f"/days/{self.day}{page}" + (f"?{query}" if query else "")

    def next_page(self, rows: Sequence[Row]) -> str | None:
        """The address of what comes after these rows, of which one more than a page was asked for."""
        if len(rows) <= PAGE:
            return None
        last = rows[PAGE - 1]
        parts = (
            str(last["is_repeat"]).lower(),
            str(last["is_last"]).lower(),
            repr(last["key"]),
            repr(last["priority"]),
        )
        return self.address(after="~".join([*parts, str(last["flag_id"])]))

    def query_values(self, place: Place | None, limit: int | None, characters: int | None) -> dict[str, Any]:
        """What the query of the table takes; without a limit it gives all rows."""
        names = ("after_repeat", "after_last", "after_key", "after_priority", "after_flag")
        placed = dict(zip(names, place or NOWHERE, strict=True))
        asked = {"day": self.day, "sort": self.sort.value, "limit": limit, "characters": characters}
        return {**self.filters, **asked, **placed, "words": self.words}


def asked(visit: Visit, text: str, *also: str) -> Asked:
    """Read an address. Raises PageError for what is wrong in it; `also` names what else it may hold."""
    request = visit.request
    day = given.day(text)
    given.only(request, [*WORDS, *TEXTS, SEARCH, "sort", *also])
    filters: dict[str, str | None] = {name: given.word(request, name, kind) for name, kind in WORDS.items()}
    filters |= {name: given.text(request, name) for name in (*TEXTS, SEARCH)}
    sort = given.word(request, "sort", Sort) or Sort.PRIORITY
    return Asked(day=day, filters=filters, words=_words(visit, filters[SEARCH]), sort=sort)


def _words(visit: Visit, search: str | None) -> str | None:
    found = visit.site.query(search) if search else None
    if found == "":
        raise PageError("The search {search} has no letter or digit to look for.", search=search)
    return found


def place(request: Request) -> Place | None:
    """Where the page before ended."""
    found = given.text(request, "after")
    if found is None:
        return None
    try:
        parts = PLACE.fullmatch(found)
        if parts is None:
            raise ValueError
        return parts[1] == "true", parts[2] == "true", float(parts[3]), float(parts[4]), int(parts[5])
    except ValueError:
        raise PageError("{found} is no place in this list. Start from its first page.", found=found) from None


def page_of(connection: db.Connection, wanted: Asked, after: Place | None) -> list[Row]:
    """The rows of a page and one more."""
    values = wanted.query_values(after, PAGE + 1, SHOWN_CHARACTERS)
    return list(db.run(connection, "console_today.page", **values).fetchall())


def all_rows(connection: db.Connection, wanted: Asked, visit: Visit) -> Iterator[Row]:
    """The rows of all pages, with their accounts as the visitor may know them; to be read within the transaction."""
    for row in db.stream(connection, "console_today.page", **wanted.query_values(None, None, None)):
        yield {**row, "account": visit.account(row["platform"], row["account_id"], row["account_name"])}


def age(speaker: Speaker, seconds: int) -> str:
    """A stretch of time in its largest unit, such as 3 h."""
    return format_timedelta(timedelta(seconds=seconds), "minute", locale=speaker.locale, format="narrow")
