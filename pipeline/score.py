"""How urgently a person should look at a flag: a product of named factors, each stored with the flag.

    priority = severity x probability x reach x engagement x tier x velocity x history x sponsored

Every factor but the first two is 1 where nothing is known: unknown is unknown, not zero. Counts enter on a
logarithmic scale, so that ten times the audience adds the same amount everywhere. docs/how-it-works.md explains
the factors to reviewers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.records import Metric, Severity, Tier

SEVERITY_WEIGHT = {Severity.S1: 1.0, Severity.S2: 2.0, Severity.S3: 4.0, Severity.S4: 8.0}
TIER_WEIGHT = {Tier.NANO: 1.0, Tier.MICRO: 1.1, Tier.MID: 1.2, Tier.MACRO: 1.35, Tier.MEGA: 1.5}
AUDIENCE_OF_FACTOR_ONE = 10_000
"""Followers or views at which `reach` is 1, the value of an unknown audience."""
ENGAGEMENT_OF_FACTOR_ONE = 100
CONFIRMED_FLAG_WEIGHT = 0.1
MAX_CONFIRMED_FLAGS = 5
SPONSORED_WEIGHT = 1.2


@dataclass(frozen=True, slots=True)
class Observation:
    """What a platform showed of a post at one moment."""

    observed_at: datetime
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityInputs:
    """All that the priority of one flag rests on, as of one moment."""

    severity: Severity
    probability: float
    follower_count: int | None = None
    tier: Tier | None = None
    observations: Mapping[Metric, Sequence[Observation]] = field(default_factory=dict)
    """Per metric at most the two latest, oldest first."""
    confirmed_flags: int = 0
    """Earlier flags of the account that a person confirmed; machine flags do not count."""
    is_sponsored: bool | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """`value` is the product of `factors`."""

    value: float
    factors: Mapping[str, float]


def score(inputs: PriorityInputs) -> Priority:
    """Weigh one flag. The same inputs always give the same priority."""
    factors = {
        "severity": SEVERITY_WEIGHT[inputs.severity],
        "probability": inputs.probability,
        "reach": _reach(inputs),
        "engagement": _engagement(inputs),
        "tier": TIER_WEIGHT[inputs.tier] if inputs.tier else 1.0,
        "velocity": _velocity(inputs),
        "history": 1.0 + CONFIRMED_FLAG_WEIGHT * min(inputs.confirmed_flags, MAX_CONFIRMED_FLAGS),
        "sponsored": SPONSORED_WEIGHT if inputs.is_sponsored else 1.0,
    }
    rounded = {name: round(value, 4) for name, value in factors.items()}
    return Priority(round(math.prod(rounded.values()), 4), rounded)


def _reach(inputs: PriorityInputs) -> float:
    """0.5 without any audience, 1 at ten thousand (or unknown), 1.5 at a hundred million."""
    known = [n for n in (inputs.follower_count, _latest(inputs, Metric.VIEWS)) if n is not None]
    if not known:
        return 1.0
    return 0.5 + 0.5 * math.log10(1 + max(known)) / math.log10(1 + AUDIENCE_OF_FACTOR_ONE)


def _engagement(inputs: PriorityInputs) -> float:
    """1 up to a hundred reactions (or unknown), 0.1 more with each ten times as many; a share counts ten."""
    known = [n for m in (Metric.LIKES, Metric.COMMENTS, Metric.FAVOURITES) if (n := _latest(inputs, m)) is not None]
    shares = _latest(inputs, Metric.SHARES)
    total = sum(known) + 10 * (shares or 0)
    return 1.0 + 0.1 * max(0.0, math.log10(max(total, 1) / ENGAGEMENT_OF_FACTOR_ONE))


def _velocity(inputs: PriorityInputs) -> float:
    """1 without two observations; 0.1 more with each ten times as many new views or likes a day."""
    for metric in (Metric.VIEWS, Metric.LIKES):
        seen = inputs.observations.get(metric, ())
        if len(seen) < 2:
            continue
        first, last = seen[-2:]
        days = (last.observed_at - first.observed_at).total_seconds() / 86_400
        if days > 0:
            return 1.0 + 0.1 * math.log10(1 + max(0.0, (last.value - first.value) / days))
    return 1.0


def _latest(inputs: PriorityInputs, metric: Metric) -> int | None:
    seen = inputs.observations.get(metric, ())
    return seen[-1].value if seen else None
