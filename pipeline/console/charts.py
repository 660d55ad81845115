"""Where the parts of charts lie that show shares with their intervals; templates/charts.html draws them.

A chart always has its table: in rows, where bars and intervals stand beside their numbers, or folded away behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.console.shares import Share


@dataclass(frozen=True, slots=True)
class Point:
    """A share in a plot from 0 to 1: where it lies, and from where to where its interval reaches."""

    x: float
    y: float
    top: float
    bottom: float


def points(shares: Mapping[float, Share], *, width: float, height: float) -> list[Point]:
    """The shares by where they belong from left (0) to right (1)."""

    def up(value: float) -> float:
        return round((1 - value) * height, 1)

    return [Point(round(x * width, 1), up(s.value), up(s.high), up(s.low)) for x, s in shares.items()]


def line(found: Sequence[Point]) -> str:
    """The points of a polyline through all of them."""
    return " ".join(f"{point.x},{point.y}" for point in found)


def lengths(values: Sequence[float], *, width: float) -> list[float]:
    """How long the bars of numbers are; the largest is as long as the drawing."""
    largest = max([*values, 0]) or 1
    return [round(value / largest * width, 1) for value in values]
