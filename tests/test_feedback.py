"""What people decided, as texts to learn from: labels, no authors, nothing twice."""

from datetime import date
from pathlib import Path

import pytest

from pipeline import db, feedback, jsonlines
from pipeline.decisions import Reason, Role, User
from pipeline.records import DecisionOutcome, Expression, Guidance, GuidanceText, Stance
from pipeline.review import Verdict, decide
from pipeline.settings import ReviewSettings
from pipeline.training.evaluate import read_gold
from tests.flagged import raise_flags
from tests.world import GUIDANCE

YES, NO = DecisionOutcome.CONTRADICTS_GUIDANCE, DecisionOutcome.NOT_MISINFORMATION
ONCE = ReviewSettings(second_share=0, second_severities=(), golden_share=0)
LI = User(name="li", role=Role.REVIEWER)


def settle(connection: db.Connection, text: str, outcome: DecisionOutcome, reason: Reason, **changed: object) -> int:
    [flag] = raise_flags(connection, 1.0, text=text, **changed)  # type: ignore[arg-type]
    decide(connection, ONCE, LI, Verdict(flag_id=flag, outcome=outcome, reason=reason))
    return flag


def exported(connection: db.Connection) -> list[dict[str, object]]:
    return list(feedback.decided_texts(connection, date.min))


def test_decided_texts_are_what_eval_reads(connection: db.Connection, tmp_path: Path) -> None:
    settle(connection, "大蒜水能杀死病毒", YES, Reason.STATES_AS_FACT, severity="S4")
    settle(connection, "大蒜治病是谣言", NO, Reason.REFUTES_IT)
    settle(connection, "大蒜不能治病", NO, Reason.SAYS_THE_SAME)
    settle(connection, "说不清", DecisionOutcome.CANNOT_TELL, Reason.UNSPECIFIED)
    raise_flags(connection, 1.0)
    lines = exported(connection)
    assert [(line["text"], line["flag"], line["stance"], line["expression"], line["harm"]) for line in lines] == [
        ("大蒜水能杀死病毒", True, "refutes", "asserts", 4),
        ("大蒜治病是谣言", False, "", "debunks", 0),
        ("大蒜不能治病", False, "supports", "", 0),
    ]
    gold = tmp_path / "gold.jsonl"
    gold.write_text("\n".join(map(jsonlines.written, lines)), encoding="utf-8")
    assert [(text.flag, text.guidance_ids) for text in read_gold(gold)] == [
        (True, ("WHO-001",)), (False, ("WHO-001",)), (False, ("WHO-001",)),
    ]  # fmt: skip


def test_a_text_is_told_once_and_only_when_its_label_is_certain(connection: db.Connection) -> None:
    for _ in range(2):
        settle(connection, "同一条", YES, Reason.UNSPECIFIED)
    settle(connection, "两条之一", NO, Reason.UNSPECIFIED)
    raise_flags(connection, 1.0, text="两条之一", guidance_id="WHO-002")
    assert [line["text"] for line in exported(connection)] == ["同一条"]


def test_no_line_leads_to_anybody(connection: db.Connection) -> None:
    text = "大蒜 @王阿姨 问 a.b@example.org 或 138 0013 8000，见 https://example.org/u/1 ，3天见效"
    settle(connection, text, YES, Reason.UNSPECIFIED, account="account-of-somebody")
    [line] = exported(connection)
    assert line["text"] == "大蒜 … 问 … 或 …，见 … ，3天见效"
    assert "somebody" not in str(line)
    assert "阿姨" not in str(line)


@pytest.mark.parametrize("known", ["", "今天大蒜水就能杀死所有病毒"])
def test_wordings_are_proposed_that_guidance_has_nothing_like(connection: db.Connection, known: str) -> None:
    for text in ("大蒜水就能杀死所有病毒", "大蒜水就能杀死所有病毒！", "喝尿可以排毒养颜", "快加 @王阿姨 大蒜治百病"):
        flag = settle(connection, text, YES, Reason.UNSPECIFIED)
        connection.execute(
            "WITH c AS (INSERT INTO claim SELECT content_hash, 0, %s, %s FROM flag WHERE flag_id = %s)"
            " UPDATE flag SET end_offset = %s WHERE flag_id = %s", [len(text), text, flag, len(text), flag],
        )  # fmt: skip
    settle(connection, "大蒜和健康没有关系", NO, Reason.UNSPECIFIED)
    said = GuidanceText(
        text=known, guidance_id="WHO-001", stance=Stance.REFUTES, expression=Expression.ASSERTS,
        form="post", platform=None, file="a.yaml", line=1,
    )  # fmt: skip
    guidance = Guidance(GUIDANCE.positions, (said,), "test")
    found = feedback.new_wordings(connection, guidance, date.min)
    expected = ["喝尿可以排毒养颜"] if known else ["大蒜水就能杀死所有病毒", "喝尿可以排毒养颜"]
    assert [wording.text for wording in found] == expected
    assert feedback.review_file(found) == {
        "WHO-001": [{"stance": "refutes", "expression": "asserts", "form": "post", "say": expected}]
    }
