"""Shares with what they can be relied on for."""

import math
from dataclasses import dataclass

Z = 1.959964
"""Of a standard normal, so that 95 % lie between -Z and Z."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n, with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    n: int


def share(hits: int, n: int) -> Share | None:
    """None of nothing."""
    if not n:
        return None
    value, spread = hits / n, Z * Z / n
    middle = (value + spread / 2) / (1 + spread)
    reach = Z / (1 + spread) * math.sqrt(value * (1 - value) / n + spread / (4 * n))
    return Share(value, max(0.0, middle - reach), min(1.0, middle + reach), n)
