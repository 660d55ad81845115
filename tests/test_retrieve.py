"""Which positions may speak to a text."""

from datetime import date

import numpy as np
import pytest

from pipeline.records import Expression, Guidance, GuidanceText, Position, Severity, Stance
from pipeline.retrieve import FEATURES, Known, WordingIndex, build_index, retrieve, wordings_of

SAID = {
    "WHO-901": ["喝醋能治流感", "流感靠喝醋就好", "每天喝醋不得流感"],
    "WHO-902": ["打疫苗会变笨", "疫苗让孩子变笨"],
}


def position(guidance_id: str, zh: str, retired: date | None = None) -> Position:
    return Position(
        guidance_id=guidance_id, topic="t", severity=Severity.S2, severity_reason="r", position_zh=zh, position_en="e",
        scope="s", source_title="t", source_url="https://www.who.int", page_date=None, verification="A",
        verified_by=None, valid_from=date(2026, 1, 1), retired=retired, do_not_flag=(), related=(),
    )  # fmt: skip


def text(said: str, guidance_id: str | None, stance: Stance, expression: Expression) -> GuidanceText:
    return GuidanceText(
        text=said, guidance_id=guidance_id, stance=stance, expression=expression, form="post", platform=None,
        file="t.yaml", line=1,
    )  # fmt: skip


def guidance(retired: date | None = None) -> Guidance:
    texts = [text(s, i, Stance.REFUTES, Expression.ASSERTS) for i, said in SAID.items() for s in said]
    texts.append(text("喝醋治流感是谣言", "WHO-901", Stance.REFUTES, Expression.DEBUNKS))
    texts.append(text("周末去爬山", None, Stance.NOT_ENOUGH_INFO, Expression.OTHER))
    positions = {"WHO-901": position("WHO-901", "醋不治流感"), "WHO-902": position("WHO-902", "疫苗安全", retired)}
    return Guidance(positions, tuple(texts), "v")


def bag(texts: list[str]) -> np.ndarray:
    """A stand-in for word vectors: which of these characters a text holds."""
    rows = np.array([[c in t for c in "醋流感疫苗笨山"] for t in texts], np.float32)
    unit: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return unit


@pytest.fixture
def index() -> WordingIndex:
    wordings = wordings_of(guidance())
    said = [w.text for w in wordings]
    return build_index(wordings, said, bag(said), lambda t: t.replace("醋", "菜").replace("姜", "菜"))


def test_wordings_are_grouped_myths_first_and_uncovered_last() -> None:
    found = wordings_of(guidance())
    assert [(w.guidance_id, w.is_myth) for w in found] == [
        *[("WHO-901", True)] * 3,
        *[("WHO-901", False)] * 2,
        *[("WHO-902", True)] * 2,
        ("WHO-902", False),
        (None, False),
    ]


def test_a_retired_position_is_no_longer_found() -> None:
    assert "WHO-902" not in {w.guidance_id for w in wordings_of(guidance(date(2026, 5, 1)))}


def test_the_nearest_position_comes_first_with_its_nearest_myth(index: WordingIndex) -> None:
    said = ["流感喝醋就好了", "孩子打疫苗变笨了"]
    found = retrieve(index, said, bag(said), 2)
    assert [index.positions[p] for p in found.position[:, 0]] == ["WHO-901", "WHO-902"]
    assert index.wordings[found.myth[0, 0]].text == "流感靠喝醋就好"
    assert index.wordings[found.other[0, 0]].guidance_id == "WHO-901"
    assert not index.wordings[found.other[0, 0]].is_myth
    assert found.features.shape == (2, 2, FEATURES)


def test_another_food_in_the_same_frame_is_as_near(index: WordingIndex) -> None:
    ginger, rice = retrieve(index, ["喝姜能治流感", "喝粥能治流感"], bag(["流感", "流感"]), 1).similarity[:, 0]
    assert ginger > rice


def test_in_training_no_text_meets_itself_and_its_position_is_judged(index: WordingIndex) -> None:
    row = [w.text for w in index.wordings].index("打疫苗会变笨")
    found = retrieve(index, ["打疫苗会变笨"], bag(["打疫苗会变笨"]), 1, Known([row], [0]))
    assert found.position.tolist() == [[0]]
    found = retrieve(index, ["打疫苗会变笨"], bag(["打疫苗会变笨"]), 1, Known([row], [1]))
    assert index.wordings[found.myth[0, 0]].text == "疫苗让孩子变笨"


def test_more_positions_than_there_are_cannot_be_asked_for(index: WordingIndex) -> None:
    assert retrieve(index, ["喝醋"], bag(["喝醋"]), 50).position.shape == (1, 2)
