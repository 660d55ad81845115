"""Reads what stands in an address; what is wrong there is said, never guessed."""

import re
from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import TypeVar

from fastapi import Request

from pipeline.console.errors import PageError

Word = TypeVar("Word", bound=StrEnum)
LONGEST = 100
CURSOR = re.compile(r"(true|false)~([0-9.e+-]{1,30})~([0-9]{1,18})")


def day(text: str) -> date:
    """A day such as 2026-11-20."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise PageError("{text} is no date. Write it like 2026-11-20.", text=text[:LONGEST]) from None


def only(request: Request, known: Collection[str]) -> None:
    """Raises PageError for a filter that the page does not have."""
    for name in request.query_params:
        if name not in known:
            raise PageError(
                "This page has no filter {name}; it has {known}.", name=name[:LONGEST], known=", ".join(known)
            )


def text(request: Request, name: str) -> str | None:
    """What a filter is set to; None where it is not."""
    found = request.query_params.get(name, "").strip()
    if len(found) > LONGEST or "\0" in found:
        raise PageError("The filter {name} is too long.", name=name)
    return found or None


def word(request: Request, name: str, kind: type[Word]) -> Word | None:
    """A filter that takes the words of an enum."""
    found = text(request, name)
    return None if found is None else word_of(name, found, kind)


def word_of(name: str, found: str, kind: type[Word]) -> Word:
    """A word of an enum, from a form or an address."""
    if found not in list(kind):
        raise PageError(
            "{name} cannot be {found}; it can be {known}.", name=name, found=found[:LONGEST], known=", ".join(kind)
        )
    return kind(found)


def cursor(request: Request, name: str = "after") -> tuple[bool, float, int] | None:
    """Where the page before ended: after the close, priority, flag."""
    found = text(request, name)
    if found is None:
        return None
    parts = CURSOR.fullmatch(found)
    try:
        return (parts[1] == "true", float(parts[2]), int(parts[3])) if parts else _no_cursor(found)
    except ValueError:
        return _no_cursor(found)


def _no_cursor(found: str) -> tuple[bool, float, int]:
    raise PageError("{found} is no place in this list. Start from its first page.", found=found)


def number(given: str, what: str) -> int:
    """An id in a path."""
    if not re.fullmatch(r"[0-9]{1,18}", given):
        raise PageError("{given} is no number of a {what}.", given=given[:LONGEST], what=what)
    return int(given)
