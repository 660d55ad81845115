"""Evidence to probability, and the thresholds."""

import numpy as np
import pytest

from pipeline.records import Band
from pipeline.training.calibrate import FLAG_SHARE, best_threshold, calibrate, mixed


def made(texts: int = 800) -> tuple[list[float], list[bool]]:
    chance = np.random.default_rng(5)
    flags = [bool(n % 2) for n in range(texts)]
    return [float(chance.normal(3.0 if flag else -3.0, 2.0)) for flag in flags], flags


def test_probabilities_are_those_of_the_mix_that_arrives() -> None:
    strengths, flags = made()
    found = calibrate(strengths, flags)
    weights = mixed(np.array(flags))
    expected = np.average([found.probability(s) for s in strengths], weights=weights)
    assert expected == pytest.approx(FLAG_SHARE, abs=0.02)


def test_thresholds_are_ordered_and_precise() -> None:
    strengths, flags = made()
    found = calibrate(strengths, flags)
    bands = [found.band(found.probability(s)) for s in strengths]
    assert 0 < found.min_maybe <= found.min_flag < 1
    weights = mixed(np.array(flags))
    flagged = np.array([band is Band.FLAG for band in bands])
    assert np.average(np.array(flags)[flagged], weights=weights[flagged]) >= 0.85
    assert sum(flags[n] and band is not Band.NONE for n, band in enumerate(bands)) > 0.9 * sum(flags)


def test_more_evidence_is_never_less_probable() -> None:
    found = calibrate(*made())
    assert found.probability(4.0) > found.probability(1.0) > found.probability(-30.0) > 0


def test_the_threshold_is_the_best_of_the_precise_ones() -> None:
    probabilities = np.array([0.9, 0.8, 0.7, 0.6])
    assert best_threshold(probabilities, np.array([True, True, False, True]), np.ones(4)) == pytest.approx(0.75)


def test_where_no_precise_threshold_catches_enough_precision_still_counts_twice() -> None:
    probabilities = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    truth = np.array([False, True, True, False, False, True])
    assert best_threshold(probabilities, truth, np.ones(6)) == pytest.approx(0.65)
