"""How many posts a day made a claim, as small columns; templates draw them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

STEP, BAR = 8, 6


@dataclass(frozen=True, slots=True)
class Column:
    day: date
    posts: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Growth:
    columns: list[Column]
    width: int
    height: int


def growth(posts: Mapping[date, int], last: date, days: int, height: int) -> Growth:
    """A column a day, up to the last day; a day without posts has none."""
    span = [last - timedelta(days=age) for age in reversed(range(days))]
    most = max((posts.get(day, 0) for day in span), default=0) or 1
    columns = []
    for number, day in enumerate(span):
        tall = round(posts.get(day, 0) / most * height, 1)
        columns.append(Column(day, posts.get(day, 0), number * STEP, round(height - tall, 1), tall))
    return Growth(columns, days * STEP, height)
