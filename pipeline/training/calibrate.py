"""Turns the strength of the evidence in held-out texts into a probability and two thresholds.

The held-out texts are weighed so that they are mixed like what arrives: about one judged text in eight to flag.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pipeline.stance import Calibration

Floats = NDArray[np.float64]
FLAG_SHARE = 1 / 8
MIN_PRECISION = 0.85
MIN_RECALL = 0.3
LEAST = -15.0
"""Weaker evidence is all the same; it must not bend the curve."""
MAYBE_RECALL = 0.97
"""The share of held-out texts to flag that should be at least on the `maybe` list."""
MIN_MAYBE_SHARE = 0.35
"""The `maybe` list begins no lower than this share of the threshold."""


def calibrate(strengths: Sequence[float], flags: Sequence[bool]) -> Calibration:
    """Fit on held-out texts: the strength of each text's best evidence, and whether it is to be flagged."""
    truth = np.array(flags)
    weights = mixed(truth)
    inputs = np.maximum(np.array(strengths, np.float64), LEAST)[:, None]
    model = LogisticRegression(C=10.0).fit(inputs, truth, sample_weight=weights)
    slope, bias = float(model.coef_[0, 0]), float(model.intercept_[0])
    fitted = Calibration(slope, bias, 1.0, 1.0)
    probabilities = np.array([fitted.probability(strength) for strength in strengths])
    min_flag = best_threshold(probabilities, truth, weights)
    lowest = float(np.quantile(probabilities[truth], 1 - MAYBE_RECALL))
    min_maybe = min(min_flag, max(lowest, MIN_MAYBE_SHARE * min_flag))
    return Calibration(slope, bias, round(min_flag, 4), round(min_maybe, 4))


def mixed(truth: NDArray[np.bool_]) -> Floats:
    """Weights that make FLAG_SHARE of the texts to flag; they add up to the number of texts."""
    positive = max(int(truth.sum()), 1)
    negative = max(len(truth) - positive, 1)
    return np.where(truth, FLAG_SHARE / positive, (1 - FLAG_SHARE) / negative) * len(truth)


def best_threshold(probabilities: Floats, truth: NDArray[np.bool_], weights: Floats) -> float:
    """The threshold of best F1 among those of at least MIN_PRECISION.

    Where these catch less than MIN_RECALL, no such threshold is worth shipping: then that of best F0.5, which counts
    precision twice as much as recall. It lies halfway to the next lower probability.
    """
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(weights[order] * truth[order])
    precision, recall = hits / np.cumsum(weights[order]), hits / hits[-1]
    worth = _f_measure(precision, recall, 1.0) * (precision >= MIN_PRECISION) * (recall >= MIN_RECALL)
    if not worth.any():
        worth = _f_measure(precision, recall, 0.5)
    at = int(worth.argmax())
    return float(probabilities[order][at : at + 2].mean())


def _f_measure(precision: Floats, recall: Floats, beta: float) -> Floats:
    found: Floats = (1 + beta**2) * precision * recall / np.maximum(beta**2 * precision + recall, 1e-9)
    return found
