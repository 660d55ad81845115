"""The checks of what people say in guidance/: each finds the mistake it is for."""

from dataclasses import replace

import pytest

from pipeline import corpus
from pipeline.records import Expression, Guidance, GuidanceText, Stance
from tests import world

POSITION = replace(world.position("WHO-900"), topic="cold")


def text(
    said: str, stance: Stance = Stance.REFUTES, expression: Expression = Expression.ASSERTS, line: int = 1, **of: object
) -> GuidanceText:
    values: dict[str, object] = {"guidance_id": "WHO-900", "form": "title", "platform": None, "file": "cold.yaml"} | of
    return GuidanceText(text=said, stance=stance, expression=expression, line=line, **values)  # type: ignore[arg-type]


def guidance(*texts: GuidanceText, complete: bool = False) -> Guidance:
    return Guidance({"WHO-900": POSITION}, texts, "v", frozenset({"cold.yaml"} if complete else ()))


def problems(*texts: GuidanceText, complete: bool = False, measured: tuple[str, ...] = (), **before: int) -> list[str]:
    return list(corpus.examine(guidance(*texts, complete=complete), before, measured).problems)


@pytest.mark.parametrize(
    ("stance", "expression", "guidance_id", "expected"),
    [
        (Stance.REFUTES, Expression.ASSERTS, "WHO-900", "refuting"),
        (Stance.REFUTES, Expression.PERSONAL, "WHO-900", "refuting"),
        (Stance.SUPPORTS, Expression.ASSERTS, "WHO-900", "supporting"),
        (Stance.REFUTES, Expression.DEBUNKS, "WHO-900", "debunking"),
        (Stance.REFUTES, Expression.ASKS, "WHO-900", "asking"),
        (Stance.NOT_ENOUGH_INFO, Expression.ASKS, "WHO-900", "near miss"),
        (Stance.NOT_ENOUGH_INFO, Expression.ASSERTS, None, "uncovered"),
        (Stance.NOT_ENOUGH_INFO, Expression.OTHER, None, "ordinary"),
    ],
)
def test_what_a_text_counts_as(stance: Stance, expression: Expression, guidance_id: str | None, expected: str) -> None:
    assert corpus.category(text("一句", stance, expression, guidance_id=guidance_id)) == expected


def test_a_file_that_says_it_is_complete_must_have_enough() -> None:
    assert problems(text("感冒就吃头孢")) == []
    problem, *_ = problems(text("感冒就吃头孢"), complete=True)
    assert problem.startswith("cold.yaml: WHO-900 lacks 59 refuting, 15 supporting, 15 debunking")


def test_a_general_position_needs_more() -> None:
    general = Guidance({"WHO-053": world.position("WHO-053")}, (), "v")
    assert corpus.lacking(general)["WHO-053"]["refuting"] == corpus.GENERAL_FLOOR


def test_the_whole_has_floors_of_its_own_once_every_file_is_complete() -> None:
    elsewhere = text("今天下雨", Stance.NOT_ENOUGH_INFO, Expression.OTHER, guidance_id=None, file="life.yaml")
    texts = text("感冒就吃头孢"), elsewhere
    found = problems(*texts, complete=True)
    assert [p for p in found if "where every file" in p] == []
    both = replace(guidance(*texts), complete=frozenset({"cold.yaml", "life.yaml"}))
    assert [p for p in corpus.examine(both, {}).problems if "where every file" in p] == [
        "all texts: 2, at least 28000 where every file is complete; write 27998 more",
        "uncovered: 0, at least 5000 where every file is complete; write 5000 more",
        "ordinary: 1, at least 2000 where every file is complete; write 1999 more",
    ]


def test_totals_may_not_fall() -> None:
    assert problems(text("感冒就吃头孢"), refuting=1) == []
    assert problems(text("感冒就吃头孢"), refuting=2) == ["refuting: 1 texts, 2 before; put back what was lost"]


def test_a_text_that_nearly_repeats_another_is_named_with_both_lines() -> None:
    alike = text("感冒了就赶紧吃头孢吧", line=7), text("感冒了就赶紧 吃头孢啊", line=9)
    [problem] = problems(*alike, text("头孢专治流鼻涕", line=8))
    assert problem.startswith("cold.yaml:9: nearly the text of cold.yaml:7;")


def test_likeness_is_shown_as_it_is() -> None:
    found = corpus.examine(guidance(text("甲乙丙"), text("甲乙丁"), text("全然别的话")), {})
    assert found.likeness[2] == pytest.approx(2 / 3)
    assert found.likeness[3] == 0


def test_a_text_like_one_used_for_measuring_is_named_without_showing_that() -> None:
    measured = ("感冒发烧流鼻涕就吃头孢包好", "短的不比")
    [problem] = problems(text("感冒发烧流鼻涕吃头孢包好", line=3), text("短的不比"), measured=measured)
    assert problem == "cold.yaml:3: too like a text used for measuring; write it quite differently"


def test_a_label_that_style_gives_away_is_a_problem() -> None:
    def many(marks: str, stance: Stance) -> list[GuidanceText]:
        said = (f"{chr(0x4E00 + 3 * n)}{chr(0x6E00 + 5 * n)}{chr(0x5E00 + 7 * n)}{marks}" for n in range(120))
        return [text(s, stance) for s in said]

    [problem] = problems(*many("！！😱", Stance.REFUTES), *many("", Stance.NOT_ENOUGH_INFO))
    assert problem.startswith("style alone tells myths from what looks like them (AUC 1.000, not below 0.6)")
    assert (
        problems(
            *many("", Stance.REFUTES), *(text(t.text[::-1], Stance.NOT_ENOUGH_INFO) for t in many("", Stance.REFUTES))
        )
        == []
    )


def test_a_style_that_differs_from_topic_to_topic_gives_a_label_away_too() -> None:
    """Topics stand one after another, so folds cut in that order would ask about styles never seen."""
    marks = map(chr, range(0x4E00, 0x9FFF))

    def topic(length: int, stance: Stance) -> list[GuidanceText]:
        return [text("".join(next(marks) for _ in range(length)), stance) for _ in range(24)]

    myths = [said for length in (5, 11, 17, 23, 29) for said in topic(length, Stance.REFUTES)]
    others = [said for length in (8, 14, 20, 26, 32) for said in topic(length, Stance.NOT_ENOUGH_INFO)]
    assert corpus.examine(guidance(*myths, *others), {}).leaks["refuting"] > 0.9
