"""From pair scores to an assessment."""

import numpy as np
import pytest

from pipeline import stance
from pipeline.records import Assessment, Band, Expression, NormalisedText, Segment, Severity, Stance
from pipeline.terms import Terms

CALIBRATION = stance.Calibration(slope=1.0, bias=-2.3, min_flag=0.6, min_maybe=0.3)
"""Makes the probability that of the refutation, for a text that surely asserts."""
SEVERITIES = {"WHO-901": Severity.S4, "WHO-902": Severity.S1}
TEXT = "今天降温。喝醋能治流感!大家保重。"


def segments(text: str = TEXT) -> list[Segment]:
    found, start = [], 0
    for part in text.replace("!", "!|").replace("。", "。|").split("|"):
        if part:
            found.append(Segment(start, start + len(part), part, (part,)))
        start += len(part)
    return found


def judged(
    *refutes: float,
    asserts: float = 0.99,
    expression: Expression = Expression.ASSERTS,
    lead: float = 0.0,
    shape: float = 0.0,
) -> stance.Judged:
    stances = np.array([[r, 0.0, 1 - r] for r in refutes], np.float32)
    expressions = np.full(len(Expression), (1 - asserts) / (len(Expression) - 1), np.float32)
    expressions[list(Expression).index(Expression.ASSERTS)] = asserts
    if expression is not Expression.ASSERTS:
        expressions[list(Expression).index(expression)] = 1 - asserts
    positions = ("WHO-901", "WHO-902")[: len(refutes)]
    return stance.Judged(
        window=stance.Window(tuple(segments())),
        positions=positions,
        wordings=["喝醋治流感"] * len(refutes),
        leads=np.full(len(refutes), lead, np.float32),
        stances=stances,
        expressions=expressions,
        shapes=np.array([shape, 0.0], np.float32),
    )


def assess(*windows: stance.Judged) -> Assessment:
    plain = NormalisedText(TEXT, range(len(TEXT)), range(1, len(TEXT) + 1))
    return stance.assess(windows, plain, TEXT, SEVERITIES, CALIBRATION)


def test_an_asserted_myth_is_flagged_with_the_sentence_that_says_it() -> None:
    found = assess(judged(0.95, 0.1))
    assert (found.flagged, found.band, found.expression) == (True, Band.FLAG, Expression.ASSERTS)
    assert found.severity is Severity.S4
    claim = found.claims[0]
    assert (claim.guidance_id, claim.stance) == ("WHO-901", Stance.REFUTES)
    assert TEXT[claim.start : claim.end] == claim.text == "喝醋能治流感!"


def test_the_best_position_comes_first_whatever_retrieval_thought() -> None:
    assert [c.guidance_id for c in assess(judged(0.7, 0.95)).claims] == ["WHO-902", "WHO-901"]


def test_a_debunked_myth_is_not_flagged() -> None:
    found = assess(judged(0.9, asserts=0.05, expression=Expression.DEBUNKS))
    assert (found.band, found.expression, found.severity) == (Band.NONE, Expression.DEBUNKS, None)


def test_between_the_thresholds_a_text_may_be_one() -> None:
    found = assess(judged(0.45))
    assert (found.flagged, found.band) == (False, Band.MAYBE)


def test_what_no_position_speaks_to_names_the_nearest_one_only() -> None:
    found = assess(judged(0.01, 0.02))
    assert [c.stance for c in found.claims] == [Stance.NOT_ENOUGH_INFO]


def test_the_worst_window_decides_and_a_position_is_named_once() -> None:
    found = assess(judged(0.1), judged(0.9), judged(0.8))
    assert found.probability == pytest.approx(0.9, abs=0.01)
    assert len(found.claims) == 1


def test_nothing_judged_is_nothing_flagged() -> None:
    found = assess()
    assert (found.flagged, found.probability, found.claims) == (False, 0.0, ())


@pytest.mark.parametrize("strength", [-1e9, 1e9])
def test_certainty_stays_a_number(strength: float) -> None:
    assert 0.0 < CALIBRATION.probability(strength) < 1.0


def test_likeness_and_the_shape_of_a_remedy_claim_add_to_what_the_network_says() -> None:
    bare, near, shaped = judged(0.3), judged(0.3, lead=0.2), judged(0.3, shape=1.0)
    assert stance.strength(near) > stance.strength(bare)
    assert stance.strength(shaped) > stance.strength(bare)


def test_the_shape_of_a_remedy_claim_counts_only_as_far_as_it_is_asserted() -> None:
    gains = [
        stance.strength(judged(0.3, asserts=a, shape=1.0)) - stance.strength(judged(0.3, asserts=a)) for a in (0.9, 0.1)
    ]
    assert gains[0] == pytest.approx(9 * gains[1], rel=1e-3)


def test_windows_hold_every_segment_and_keep_their_length() -> None:
    many = [Segment(n * 40, n * 40 + 40, "字" * 40, ()) for n in range(10)]
    found = stance.windows(many)
    assert {s.start for w in found for s in w.segments} == {s.start for s in many}
    assert all(w.end - w.start <= stance.MAX_WINDOW_CHARACTERS for w in found)
    assert found[0].segments[-1] == found[1].segments[0]
    assert stance.windows([]) == []


def test_cues_count_words_quotations_and_reports() -> None:
    words = {tag: Terms(()) for tag in stance.CUE_TAGS} | {"debunking": Terms(["谣言"])}
    row = stance.cues(["“喝醋防疫”是谣言,据本报记者报道"], words)[0]
    assert row[stance.CUE_TAGS.index("debunking")] == pytest.approx(np.log(2))
    assert row[-2] > 0
    assert row[-1] > 0
    assert row[stance.CUE_TAGS.index("sales")] == 0


def test_a_summary_adds_up_to_the_evidence_that_decides() -> None:
    window = judged(0.7, 0.95, asserts=0.9, lead=0.2, shape=1.0)
    found = stance.summary(window)
    assert [row[0] for row in found.rows] == ["WHO-902", "WHO-901"]
    assert found.expression == "asserts (0.90)"
    _, wording, refutes, supports, lead, shape, evidence = found.rows[0]
    assert (wording, supports) == ("喝醋治流感", 0.0)
    assert evidence == pytest.approx(
        stance.logit(refutes) + stance.ASSERTS_WEIGHT * stance.logit(0.9) + stance.LEAD_WEIGHT * lead + 0.9 * shape,
        abs=1e-3,
    )
    assert evidence == pytest.approx(stance.strength(window))
