"""Measures a judge on labelled texts.

A file of labelled texts has one JSON object a line: id, text, flag (true, false, or null: not measured), and where
known kind, stance, guidance_ids and harm (0 to 4).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.judge import Judge
from pipeline.records import Assessment, Stance

JUDGED_KINDS = frozenset({"claim", "post", ""})
"""Texts of other kinds (debunk, background) are only asked whether they are flagged."""
Numbers = NDArray[np.float64]
Measure = Callable[[Sequence["Labelled"], Sequence[Assessment]], float]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with what a careful reader said of it."""

    text: str
    flag: bool
    kind: str = ""
    guidance_ids: tuple[str, ...] = ()
    harm: int = 0
    stance: str = ""
    """What the nearest position says of it; a text that it supports must not be flagged."""


def read_gold(path: Path) -> list[Labelled]:
    """Read labelled texts; those without a decision are left out. Raises ConfigError naming the line."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; give a file of labelled texts") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 ({error.reason}); save it as JSON lines in UTF-8") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            if row["flag"] is not None:
                found.append(_labelled(row))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{path}:{number}: not a labelled text ({error!r}); it needs id, text and flag"
            ) from error
    if not found:
        raise ConfigError(f"{path}: no labelled texts in it; give a file of JSON lines with id, text and flag")
    return found


def _labelled(row: Mapping[str, Any]) -> Labelled:
    ids = tuple(row.get("guidance_ids") or ())
    return Labelled(
        row["text"], bool(row["flag"]), row.get("kind") or "", ids, row.get("harm") or 0, row.get("stance") or ""
    )


def evaluate(judge: Judge, gold: Path) -> dict[str, float]:
    """The measures of a judge on a file of labelled texts, by name; those that nothing speaks to are left out."""
    texts = read_gold(gold)
    return measure(texts, judge.assess([t.text for t in texts]))


def measure(texts: Sequence[Labelled], assessments: Sequence[Assessment]) -> dict[str, float]:
    pairs = [(t, a) for t, a in zip(texts, assessments, strict=True) if t.kind in JUDGED_KINDS]
    truth = np.array([t.flag for t, _ in pairs], bool)
    flagged = np.array([a.flagged for _, a in pairs], bool)
    probabilities = np.array([a.probability for _, a in pairs])
    hits = int((truth & flagged).sum())
    found = {
        "texts": float(len(texts)),
        "to_flag": float(truth.sum()),
        "precision": hits / max(1, int(flagged.sum())),
        "recall": hits / max(1, int(truth.sum())),
        "f1": 2 * hits / max(1, int(flagged.sum() + truth.sum())),
        "average_precision": average_precision(probabilities, truth),
        "calibration_error": calibration_error(probabilities, truth),
        "right_guidance_when_caught": _share([_best(a) in t.guidance_ids for t, a in pairs if t.flag and a.flagged]),
        "supports_flagged": _share([a.flagged for t, a in pairs if t.stance == Stance.SUPPORTS]),
        "recall_harm_3_4": _share([a.flagged for t, a in pairs if t.flag and t.harm >= 3]),
    }
    for kind in sorted({t.kind for t in texts} - {""}):
        of_kind = [(t, a) for t, a in zip(texts, assessments, strict=True) if t.kind == kind]
        if kind in JUDGED_KINDS:
            of_truth = np.array([t.flag for t, _ in of_kind], bool)
            found[f"average_precision[{kind}]"] = average_precision(
                np.array([a.probability for _, a in of_kind]), of_truth
            )
        else:
            found[f"{kind}_flagged"] = _share([a.flagged for _, a in of_kind])
    return {name: round(value, 4) for name, value in found.items() if not np.isnan(value)}


def average_precision(probabilities: Numbers, truth: NDArray[np.bool_]) -> float:
    """The area under precision over recall; texts of the same probability count together."""
    if not truth.any():
        return float("nan")
    area = recall_before = 0.0
    for threshold in np.unique(probabilities)[::-1]:
        taken = probabilities >= threshold
        hits = int(truth[taken].sum())
        recall = hits / int(truth.sum())
        area += (recall - recall_before) * hits / int(taken.sum())
        recall_before = recall
    return area


def calibration_error(probabilities: Numbers, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """The expected distance between the probability and the share that was to be flagged."""
    if not len(probabilities):
        return float("nan")
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [abs(float(probabilities[places == b].sum() - truth[places == b].sum())) for b in range(bins)]
    return sum(gaps) / len(probabilities)


def _best(assessment: Assessment) -> str | None:
    return next((c.guidance_id for c in assessment.claims if c.stance is Stance.REFUTES), None)


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else float("nan")
