"""Priority: a product of named factors, each neutral where nothing is known."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.records import Metric, Severity, Tier
from pipeline.score import Observation, PriorityInputs, score

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BARE = PriorityInputs(severity=Severity.S2, probability=0.9)


def seen(*values: int) -> list[Observation]:
    return [Observation(NOW + timedelta(days=n), value) for n, value in enumerate(values)]


def test_priority_is_the_product_of_its_named_factors() -> None:
    found = score(replace(BARE, follower_count=250_000, tier=Tier.MID, is_sponsored=True))
    assert len(found.factors) == 8
    assert found.value == pytest.approx(math.prod(found.factors.values()), abs=1e-4)


def test_unknown_is_neutral_and_not_zero() -> None:
    found = score(BARE)
    assert found.value == pytest.approx(2.0 * 0.9)
    neutral = dict.fromkeys(("reach", "engagement", "tier", "velocity", "history", "sponsored"), 1.0)
    assert found.factors == {"severity": 2.0, "probability": 0.9, **neutral}


def test_an_account_known_to_have_nobody_counts_less_than_an_unknown_one() -> None:
    assert score(replace(BARE, follower_count=0)).value < score(BARE).value


def test_severity_outweighs_reach() -> None:
    small = score(replace(BARE, severity=Severity.S4, follower_count=300, tier=Tier.NANO))
    large = score(replace(BARE, severity=Severity.S1, follower_count=30_000_000, tier=Tier.MEGA))
    assert small.value > large.value


def test_ten_times_the_audience_adds_the_same_everywhere() -> None:
    reach = [score(replace(BARE, follower_count=10**n)).factors["reach"] for n in (3, 4, 5)]
    assert reach[2] - reach[1] == pytest.approx(reach[1] - reach[0], abs=1e-3)


def test_views_count_where_they_exceed_followers() -> None:
    viral = replace(BARE, follower_count=500, observations={Metric.VIEWS: seen(2_000_000)})
    assert score(viral).factors["reach"] > score(replace(BARE, follower_count=500)).factors["reach"]


def test_velocity_needs_two_observations() -> None:
    once = replace(BARE, observations={Metric.LIKES: seen(9_000)})
    assert score(once).factors["velocity"] == 1.0
    assert score(replace(BARE, observations={Metric.LIKES: seen(0, 9_999)})).factors["velocity"] == pytest.approx(1.4)
    assert score(replace(BARE, observations={Metric.LIKES: seen(900, 100)})).factors["velocity"] == 1.0


def test_only_so_many_confirmed_flags_count() -> None:
    history = [score(replace(BARE, confirmed_flags=n)).factors["history"] for n in (0, 1, 5, 50)]
    assert history == [1.0, 1.1, 1.5, 1.5]


def test_engagement_counts_a_share_as_ten_likes() -> None:
    likes = score(replace(BARE, observations={Metric.LIKES: seen(10_000)}))
    shares = score(replace(BARE, observations={Metric.SHARES: seen(1_000)}))
    assert likes.factors["engagement"] == shares.factors["engagement"] == pytest.approx(1.2)
