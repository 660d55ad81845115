"""Shares with what they can be relied on for."""

import math
from collections.abc import Mapping
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


def kappa(counts: Mapping[tuple[str, str], int]) -> float | None:
    """Cohen's kappa: how much more often two agree than by chance, from how often they said which two words.

    None where it says nothing: of nothing, or where both always said the same one word.
    """
    n = sum(counts.values())
    agreed = sum(count for (one, other), count in counts.items() if one == other)
    words = {word for pair in counts for word in pair}
    by_chance = sum(
        sum(count for (one, _), count in counts.items() if one == word)
        * sum(count for (_, other), count in counts.items() if other == word)
        for word in words
    )
    return (n * agreed - by_chance) / (n * n - by_chance) if n * n > by_chance else None
