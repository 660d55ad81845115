"""What is right for a (text, position) pair, and what noise may do to a text."""

from collections.abc import Sequence

import pytest

from pipeline import guidance
from pipeline.records import Expression, Guidance, GuidanceText, Stance
from pipeline.retrieve import wordings_of
from pipeline.training.examples import IGNORE, Augmenter, Example, examples_of, gold_stance, is_flag, split
from tests.tiny import FOODS, write_project

REFUTES, SUPPORTS, NOTHING = range(3)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Guidance:
    return guidance.load(write_project(tmp_path_factory.mktemp("p")) / "guidance")


def example(text: str, guidance_id: str | None, stance: Stance = Stance.REFUTES) -> Example:
    return Example(text, GuidanceText(
        text=text, guidance_id=guidance_id, stance=stance, expression=Expression.ASSERTS, form="post", platform=None,
        file="t.yaml", line=1,
    ), 0)  # fmt: skip


def test_a_position_says_of_its_own_texts_what_they_are_labelled(known: Guidance) -> None:
    assert gold_stance(example("x", "WHO-901"), "WHO-901", known) == REFUTES
    assert gold_stance(example("x", "WHO-901", Stance.SUPPORTS), "WHO-901", known) == SUPPORTS


def test_a_position_does_not_speak_to_foreign_or_uncovered_texts(known: Guidance) -> None:
    assert gold_stance(example("x", "WHO-901"), "WHO-902", known) == NOTHING
    assert gold_stance(example("x", None, Stance.NOT_ENOUGH_INFO), "WHO-901", known) == NOTHING


def test_what_a_general_position_says_of_a_single_myth_is_not_asked(shipped: Guidance) -> None:
    assert gold_stance(example("x", "WHO-027"), "WHO-053", shipped) == IGNORE
    assert gold_stance(example("x", "WHO-007"), "WHO-116", shipped) == REFUTES


def test_held_out_texts_are_a_share_of_each_kind_and_the_same_each_time(known: Guidance) -> None:
    learnt, held_out = split(known.texts, 0.2, 7)
    assert sorted(t.line for t in learnt + held_out) == sorted(t.line for t in known.texts)
    assert {t.text for t in learnt}.isdisjoint(t.text for t in held_out)
    assert {t.guidance_id for t in held_out} == {"WHO-901", "WHO-902", None}
    assert 0.15 < len(held_out) / len(known.texts) < 0.25
    assert split(known.texts, 0.2, 7)[1] == held_out
    assert split(known.texts, 0.2, 8)[1] != held_out


def test_every_example_knows_its_own_row(known: Guidance) -> None:
    wordings = wordings_of(known)
    found = examples_of(known, wordings)
    assert len(found) == len(known.texts)
    assert all(wordings[e.row].text == e.text for e in found)
    assert sum(is_flag(e.source) for e in found) == 55


def augmented(source: Example, fillers: Sequence[str] = ()) -> set[str]:
    augment = Augmenter(fillers, {"remedy": FOODS}, ["电影"], seed=3)
    return {augment(source) for _ in range(200)}


def test_any_food_may_stand_where_any_food_would_do() -> None:
    said = augmented(example("喝白醋能治流感", "WHO-053"))
    assert any("姜汤" in text for text in said)
    assert any("电影" in text for text in said)
    assert not any("姜汤" in text for text in augmented(example("喝白醋能治流感", "WHO-027")))


def test_noise_keeps_what_is_said_and_can_be_repeated() -> None:
    source = example("每天喝一大杯白醋,就能治好流感!", "WHO-027")
    said = augmented(source, ["今天下雨"])
    assert any("今天下雨" in text for text in said)
    assert any("," not in text for text in said)
    assert all(sum(c in text for c in source.text) > 10 for text in said)
    assert augmented(source) == augmented(source)
