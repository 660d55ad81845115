"""Where the lines and bars of small SVG drawings lie; templates draw them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the middle line: to the right for what raises a product, to the left for what lowers it."""

    name: str
    value: float
    x: float
    y: int
    width: float
    raises: bool


def factor_bars(factors: Mapping[str, float], *, middle: float, reach: float, step: int) -> list[Bar]:
    """The factors of a product, largest first, as bars on a logarithmic scale: equal lengths weigh the same."""
    lengths = {name: math.log2(value) if value > 0 else -math.inf for name, value in factors.items()}
    longest = max([abs(length) for length in lengths.values() if math.isfinite(length)] + [1.0])
    bars = []
    for row, name in enumerate(sorted(lengths, key=lambda found: (-lengths[found], found))):
        part = max(-1.0, min(1.0, lengths[name] / longest))
        width = round(abs(part) * reach, 1)
        x = middle if part >= 0 else round(middle - width, 1)
        bars.append(Bar(name, factors[name], x, row * step, width, part >= 0))
    return bars


def line_points(xs: Sequence[float], ys: Sequence[float], *, width: float, height: float) -> str:
    """The points of a polyline that fills the drawing; a single value is a level line."""
    if len(xs) == 1:
        xs, ys = [0.0, 1.0], [ys[0], ys[0]]
    across, up = max(xs) - min(xs) or 1.0, max(ys) - min(ys)
    lows = [height / 2 if not up else height - (y - min(ys)) / up * height for y in ys]
    return " ".join(f"{(x - min(xs)) / across * width:.1f},{low:.1f}" for x, low in zip(xs, lows, strict=True))


@dataclass(frozen=True, slots=True)
class Column:
    """A number as a column, the lower part of which is filled."""

    x: float
    width: float
    y: float
    height: float
    filled_y: float
    filled_height: float


def columns(wholes: Sequence[int], parts: Sequence[int], *, width: float, height: float) -> list[Column]:
    """The columns of numbers beside each other, with a part of each; the largest is as high as the drawing."""
    step, largest = width / max(len(wholes), 1), max([*wholes, 1])
    drawn = []
    for n, (whole, part) in enumerate(zip(wholes, parts, strict=True)):
        high, filled = round(whole / largest * height, 1), round(part / largest * height, 1)
        drawn.append(Column(round(n * step, 1), round(step * 0.8, 1), height - high, high, height - filled, filled))
    return drawn
