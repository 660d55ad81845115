"""Posts worth passing on: which there are of a day, which of them somebody asked for, and what is shown of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from pipeline import db
from pipeline.console import given
from pipeline.console.day_table import SHOWN_CHARACTERS
from pipeline.console.errors import PageError
from pipeline.console.languages import message
from pipeline.console.recent import Recent
from pipeline.console.visits import Visit
from pipeline.records import Expression, Platform, Stance, Tier

PAGE = 50
AT_ONCE = 1000
EXPORTED = {
    "day": date,
    **dict.fromkeys(("platform", "account", "tier"), str),
    "follower_count": int,
    **dict.fromkeys(("claim", "says", "guidance_id", "topic", "position_zh", "position_en"), str),
    **dict.fromkeys(("views", "likes", "shares"), int),
    "is_sponsored": bool,
    "posted_at": datetime,
}
"""The columns of an export. Addresses are left out, as they lead to authors, whose names viewers are not shown."""


class Says(StrEnum):
    """What a post does with a position of WHO."""

    SUPPORTS = Stance.SUPPORTS.value
    DEBUNKS = Expression.DEBUNKS.value


WORDS = {message("says"): Says, message("platform"): Platform, message("tier"): Tier}
TEXTS = (message("topic"), message("position"))


@dataclass(frozen=True, slots=True)
class Voice:
    """A post of the day, its claim, and what it can be chosen by."""

    post_key: int
    content_hash: bytes
    start_offset: int
    end_offset: int
    says: str
    guidance_id: str
    topic: str
    platform: str
    follower_count: int | None
    tier: str | None

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands: by reach, the largest first."""
        return 1 if self.follower_count is None else -self.follower_count, self.post_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The day, the filters and the place in the list of an address."""

    day: date
    filters: dict[str, str | None]
    after: tuple[int, int] | None

    def address(self, page: str = "", **more: str) -> str:
        query = urlencode({**{name: str(value) for name, value in self.filters.items() if value}, **more})
        return f"/amplify/{self.day}{page}" + (f"?{query}" if query else "")

    def next_page(self, voices: Sequence[Voice]) -> str | None:
        """The address of what comes after a page of these."""
        if len(voices) <= PAGE:
            return None
        return self.address(after="~".join(map(str, voices[PAGE - 1].place)))

    def takes(self, voice: Voice) -> bool:
        values = {**{name: getattr(voice, name) for name in (*WORDS, "topic")}, "position": voice.guidance_id}
        if any(wanted and values[name] != wanted for name, wanted in self.filters.items()):
            return False
        return self.after is None or voice.place > self.after


def asked(request: Request, text: str) -> Asked:
    """Raises PageError for what is wrong in an address."""
    day = given.day(text)
    given.only(request, [*WORDS, *TEXTS, "after"])
    filters: dict[str, str | None] = {name: given.word(request, name, kind) for name, kind in WORDS.items()}
    filters |= {name: given.text(request, name) for name in TEXTS}
    return Asked(day=day, filters=filters, after=_place(given.text(request, "after")))


def _place(found: str | None) -> tuple[int, int] | None:
    if found is None:
        return None
    try:
        reach, post_key = map(int, found.split("~"))
    except ValueError:
        raise PageError("{found} is no place in this list. Start from its first page.", found=found) from None
    return reach, post_key


def voices(connection: db.Connection, visit: Visit, day: date) -> list[Voice]:
    """All of a day, largest reach first."""
    recent: Recent = visit.request.app.state.recent

    def find() -> list[Voice]:
        return [Voice(**row) for row in db.run(connection, "console_amplify.of_day", day=day)]

    return recent.get(("amplify", day), find)


def shown(
    connection: db.Connection,
    visit: Visit,
    day: date,
    found: Sequence[Voice],
    characters: int | None = SHOWN_CHARACTERS,
) -> Iterator[dict[str, Any]]:
    """What the page and the exports show of posts, with accounts as the visitor may know them."""
    for start in range(0, len(found), AT_ONCE):
        some = {voice.post_key: voice for voice in found[start : start + AT_ONCE]}
        claims = {
            "content_hashes": [voice.content_hash for voice in some.values()],
            "starts": [voice.start_offset for voice in some.values()],
            "ends": [voice.end_offset for voice in some.values()],
            "guidance_ids": [voice.guidance_id for voice in some.values()],
        }
        for row in db.run(connection, "console_amplify.shown", post_keys=list(some), characters=characters, **claims):
            voice = some[row["post_key"]]
            known = {name: getattr(voice, name) for name in (*WORDS, "topic", "guidance_id", "follower_count")}
            account = visit.account(voice.platform, row["account_id"], row["account_name"])
            yield {**row, **known, "day": day, "account": account}
