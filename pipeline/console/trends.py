"""The figures of a period: how many flags, how right, how long they took, how far reviewers agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import Request

from pipeline import db
from pipeline.console import charts, given
from pipeline.console.errors import PageError
from pipeline.console.languages import message
from pipeline.console.shares import Share, kappa, share
from pipeline.console.visits import Visit
from pipeline.records import Platform, Severity, Tier

DAYS = 28
MOST_DAYS = 366
PACE_DAYS = 7
FEW = 20
"""Fewer decisions than this say little; the page says so."""
FEW_PAIRS = 30
WORDS = {message("platform"): Platform, message("severity"): Severity, message("tier"): Tier}
TEXTS = (message("topic"), message("judge"))
BAR_WIDTH = 80.0
WIDE, HIGH = 600.0, 120.0
SQUARE = 240.0

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The period and the filters of an address."""

    first: date
    last: date
    filters: tuple[tuple[str, str | None], ...]

    @property
    def values(self) -> dict[str, Any]:
        return {"first": self.first, "last": self.last, **dict(self.filters)}


def asked(request: Request, newest: date) -> Asked:
    """Read an address; what it leaves out is the four weeks up to the newest day. Raises PageError."""
    given.only(request, ["from", "until", *WORDS, *TEXTS])
    until, start = given.text(request, "until"), given.text(request, "from")
    last = given.day(until) if until else newest
    first = given.day(start) if start else max(date.min + timedelta(DAYS), last) - timedelta(DAYS - 1)
    if first > last:
        raise PageError("The period ends on {last}, before it begins on {first}.", first=first, last=last)
    if (last - first).days >= MOST_DAYS:
        raise PageError("A period has at most {days} days.", days=MOST_DAYS)
    filters: dict[str, str | None] = {name: given.word(request, name, kind) for name, kind in WORDS.items()}
    filters |= {name: given.text(request, name) for name in TEXTS}
    return Asked(first=first, last=last, filters=tuple(filters.items()))


@dataclass(frozen=True, slots=True)
class Line:
    """Flags that have something in common: how many, and how many people confirmed."""

    name: str
    flags: int
    decided: int
    precision: Share | None
    predicted: float | None
    bar: float

    @property
    def is_few(self) -> bool:
        return self.precision is not None and self.precision.n < FEW


def figures(connection: db.Connection, visit: Visit, wanted: Asked) -> dict[str, Any]:
    """Everything the page shows of a period."""
    zone = visit.site.settings.zone
    lines = _lines(db.run(connection, "console_trends.counts", **wanted.values).fetchall())
    waits = db.run(connection, "console_trends.waits", **wanted.values).fetchall()
    pairs = db.run(connection, "console_trends.agreement", **wanted.values).fetchall()
    days = {"since": max(wanted.first, wanted.last - timedelta(PACE_DAYS - 1)), "until": wanted.last + timedelta(1)}
    period = {name: datetime.combine(day, time(), zone) for name, day in days.items()}
    pause = visit.site.settings.review.lease_minutes * 60
    pace = db.run(connection, "console_trends.pace", **period, pause=pause).fetchall()
    golden = db.run(connection, "console_trends.golden", **period).fetchall()
    return {
        "lines": lines,
        "whole": next(iter(lines.get("all", [])), None),
        "days": _days(wanted, lines),
        "weeks": _plot(sorted(lines.get("week", []), key=lambda line: line.name)),
        "calibration": _calibration(lines.get("tenth", [])),
        "waits": waits,
        "agreement": _agreement(pairs),
        "pace": _pace(pace, golden),
        "pace_since": days["since"],
    }


def _lines(rows: Sequence[Row]) -> dict[str, list[Line]]:
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row["part"], []).append(row)
    return {part: _part(found) for part, found in parts.items()}


def _part(rows: Sequence[Row]) -> list[Line]:
    bars = charts.lengths([row["flags"] for row in rows], width=BAR_WIDTH)
    return [
        Line(row["name"], row["flags"], row["decided"], _precision(row), row["predicted"], bar)
        for row, bar in zip(rows, bars, strict=True)
    ]


def _precision(row: Row) -> Share | None:
    """What people confirmed of what they could decide."""
    return share(row["contradicting"], row["contradicting"] + row["mistaken"])


def _days(wanted: Asked, lines: Mapping[str, Sequence[Line]]) -> list[Line]:
    """A line a day, also for a day without flags."""
    known = {line.name: line for line in lines.get("day", [])}
    span = [str(wanted.first + timedelta(n)) for n in range((wanted.last - wanted.first).days + 1)]
    return [known.get(day, Line(day, 0, 0, None, None, 0.0)) for day in span]


def _plot(lines: Sequence[Line]) -> dict[str, Any]:
    """Weeks beside each other; one without decisions is left out."""
    told = {n: line for n, line in enumerate(lines) if line.precision}
    across = max(len(lines) - 1, 1)
    shares = {n / across: line.precision for n, line in told.items() if line.precision}
    found = charts.points(shares, width=WIDE, height=HIGH)
    return {"lines": list(told.values()), "points": found, "line": charts.line(found)}


def _calibration(lines: Sequence[Line]) -> dict[str, Any]:
    """What was predicted against what people confirmed, by tenths of the probability."""
    told = sorted((line for line in lines if line.precision), key=lambda line: line.name)
    shares = {line.predicted or 0.0: line.precision for line in told if line.precision}
    return {"lines": told, "points": charts.points(shares, width=SQUARE, height=SQUARE)}


def _agreement(rows: Sequence[Row]) -> dict[str, Any]:
    counts = {(row["first_outcome"], row["second_outcome"]): row["flags"] for row in rows}
    n = sum(counts.values())
    agreed = sum(count for (one, other), count in counts.items() if one == other)
    return {"share": share(agreed, n), "kappa": kappa(counts) if n >= FEW_PAIRS else None, "counts": counts}


def _pace(rows: Sequence[Row], golden: Sequence[Row]) -> list[dict[str, Any]]:
    """A row a reviewer, with those who only answered golden items; the first is all together, ''."""
    shares = {row["reviewer"]: share(row["right_ones"], row["answers"]) for row in golden}
    paces = {row["reviewer"]: row for row in rows}
    nothing = {"decisions": 0, "applied": 0, "timed": 0, "seconds": None}
    names = sorted({*shares, *paces}, key=lambda name: (name != "", -paces.get(name, nothing)["decisions"], name))
    return [{**nothing, **paces.get(name, {}), "reviewer": name, "golden": shares.get(name)} for name in names]
