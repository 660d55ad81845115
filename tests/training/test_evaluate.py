"""The measures, on cases small enough to work out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.records import Assessment, Band, Claim, Expression, Stance
from pipeline.training.evaluate import Labelled, average_precision, calibration_error, measure, read_gold


def assessment(probability: float, guidance_id: str = "WHO-901") -> Assessment:
    claim = Claim(start=0, end=1, text="x", guidance_id=guidance_id, stance=Stance.REFUTES, probability=probability)
    return Assessment(
        flagged=probability >= 0.5, band=Band.FLAG if probability >= 0.5 else Band.NONE, probability=probability,
        expression=Expression.ASSERTS, severity=None, claims=(claim,),
    )  # fmt: skip


def test_measures() -> None:
    texts = [
        Labelled("a", flag=True, kind="claim", guidance_ids=("WHO-901",), harm=3),
        Labelled("b", flag=True, kind="claim", guidance_ids=("WHO-902",), harm=1),
        Labelled("c", flag=True, kind="post", guidance_ids=("WHO-901",), harm=4),
        Labelled("d", flag=False, kind="post", stance="supports"),
        Labelled("e", flag=False, kind="debunk"),
        Labelled("f", flag=False, kind="debunk"),
    ]
    found = measure(texts, [assessment(p) for p in (0.9, 0.8, 0.1, 0.7, 0.6, 0.2)])
    assert found["precision"] == found["recall"] == found["f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3, abs=1e-4)
    assert found["right_guidance_when_caught"] == 0.5
    assert found["recall_harm_3_4"] == 0.5
    assert found["debunk_flagged"] == 0.5
    assert found["supports_flagged"] == 1.0
    assert found["average_precision[claim]"] == 1.0


def test_texts_of_equal_probability_count_together() -> None:
    assert average_precision(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert np.isnan(average_precision(np.array([0.5]), np.array([False])))


def test_calibration_error_is_the_mean_gap() -> None:
    assert calibration_error(np.array([0.9, 0.9, 0.1, 0.1]), np.array([True, True, False, False])) == pytest.approx(0.1)


def test_gold_is_read_without_the_undecided(tmp_path: Path) -> None:
    rows = [{"id": "1", "text": "a", "flag": True, "kind": "claim"}, {"id": "2", "text": "b", "flag": None}]
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    assert [t.text for t in read_gold(path)] == ["a"]


def test_a_bad_line_or_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "1", "text": "a", "flag": true}\n{"id": "2"}\n')
    with pytest.raises(ConfigError, match=r"gold.jsonl:2: not a labelled text"):
        read_gold(path)
    with pytest.raises(ConfigError, match="no such file"):
        read_gold(tmp_path / "none.jsonl")
    for content, reason in ((b"\xff{}", "is not UTF-8"), (b"", "no labelled texts")):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=rf"gold.jsonl: {reason}"):
            read_gold(path)
