"""The cascade over whole texts, with a model that says what the test wants."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import judge
from pipeline.lexicon import CUE_TAGS, Lexicon, Term
from pipeline.records import Band, Expression, Severity
from pipeline.stance import Calibration

LEXICON = Lexicon(
    terms={
        "流感": Term(1000, "disease", 2),
        "白醋": Term(1000, "remedy", 1),
        "姜汤": Term(1000, "remedy", 1),
        "疫苗": Term(1000, "vaccine", 2),
    },
    variants={"yi苗": "疫苗"},
    cues=dict.fromkeys(CUE_TAGS, ()) | {"debunking": ("谣言",)},
    version="l",
)
TOOLS = judge.text_tools(LEXICON)
CALIBRATION = Calibration(slope=1.0, bias=-2.3, min_flag=0.6, min_maybe=0.3)


class FakeScorer:
    """Says that a window refutes WHO-901 if it holds the myth; a text with 谣言 debunks."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def judge_windows(self, folded: Sequence[str], cues: np.ndarray, k: int) -> list[judge.WindowScores]:
        self.seen += folded
        return [self._scores(text, row) for text, row in zip(folded, cues, strict=True)]

    def _scores(self, text: str, cues: np.ndarray) -> judge.WindowScores:
        refutes = 0.97 if "白醋能治流感" in text else 0.02
        stances = np.array([[refutes, 0.0, 1 - refutes]], np.float32)
        expressions = np.full(len(Expression), 0.001, np.float32)
        is_debunk = cues[CUE_TAGS.index("debunking")] > 0
        expressions[list(Expression).index(Expression.DEBUNKS if is_debunk else Expression.ASSERTS)] = 0.99
        return judge.WindowScores(["WHO-901"], ["喝白醋治流感"], np.zeros(1, np.float32), stances, expressions)


def new_judge(parts: dict[str, str] | None = None, calibration: Calibration = CALIBRATION) -> judge.Judge:
    named = parts or {"model": "m", "model_sha256": "s", "guidance_version": "g", "lexicon_version": "l"}
    return judge.Judge(FakeScorer(), TOOLS, {"WHO-901": Severity.S3}, calibration, named)


def test_texts_are_assessed_in_order() -> None:
    found = new_judge().assess(["今天下雨", "白醋能治流感", "白醋能治流感,这是谣言", "打疫苗去"])
    assert [a.band for a in found] == [Band.NONE, Band.FLAG, Band.NONE, Band.NONE]
    assert found[2].expression is Expression.DEBUNKS


def test_a_claim_is_where_it_says_in_the_text_as_given() -> None:
    text = "#冬日[话题]# 天冷了！！！！！\u200b白醋能治流\u200b感[哭惹R]。保重"
    claim = new_judge().assess([text])[0].claims[0]
    assert text[claim.start : claim.end] == claim.text
    assert claim.text.startswith("白醋能治流\u200b感")


def test_what_is_not_about_health_costs_no_model() -> None:
    fake = FakeScorer()
    assessed = judge.Judge(fake, TOOLS, {}, CALIBRATION, {}).assess(["今天下雨", "白醋拌黄瓜", ""])
    assert fake.seen == []
    assert not any(a.flagged for a in assessed)


def test_the_screen_reads_evasive_spellings() -> None:
    assert TOOLS.screen("打yi苗去")
    assert not TOOLS.screen("打yi去")


def test_a_text_with_a_keyword_of_the_site_is_judged_and_by_another_judge() -> None:
    known = LEXICON.with_keywords(["#破壁靈芝粉#"])
    assert known.version != LEXICON.version == LEXICON.with_keywords([]).version
    fake = FakeScorer()
    judge.Judge(fake, judge.text_tools(known), {}, CALIBRATION, {}).assess(["天天喝破壁灵芝粉", "天天喝灵芝粉"])
    assert fake.seen == ["天天喝破壁灵芝粉"]


def test_a_frame_makes_words_of_a_kind_alike() -> None:
    assert TOOLS.frame("白醋能治流感") == TOOLS.frame("姜汤能治流感") != TOOLS.frame("疫苗能治流感")


def test_a_long_text_is_judged_in_bounded_windows_the_worthiest_first() -> None:
    fake = FakeScorer()
    filler = "".join(f"第{n}天我又得了流感在家里躺着看书听雨吃饭睡觉写信" + "。" for n in range(4000))
    found = judge.Judge(fake, TOOLS, {"WHO-901": Severity.S3}, CALIBRATION, {}).assess(
        [filler[:60_000] + "白醋能治流感!" + filler]
    )[0]
    assert len(fake.seen) == judge.MAX_WINDOWS
    assert found.flagged


def test_repetition_is_judged_once() -> None:
    fake = FakeScorer()
    judge.Judge(fake, TOOLS, {}, CALIBRATION, {}).assess(
        ["白醋能治流感真的很灵大家快去试试看吧别不信我说的话呀。" * 1000]
    )
    assert len(fake.seen) < 12


@pytest.mark.parametrize(
    "text", ["", " ", "😷" * 10_000, "啊" * 100_000, "a" * 100_000, "\x00\ud800", "。" * 10_000, "流感" * 50_000]
)
def test_absurd_texts_are_answered_and_not_flagged(text: str) -> None:
    found = new_judge().assess([text])[0]
    assert not found.flagged


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_answered_with_offsets_that_hold(text: str) -> None:
    given_text = text + "白醋能治流感" + text
    for claim in new_judge().assess([given_text])[0].claims:
        assert given_text[claim.start : claim.end] == claim.text != ""


def test_version_changes_with_every_part_and_threshold() -> None:
    parts = new_judge().parts
    assert sorted(parts) == ["guidance_version", "lexicon_version", "model", "model_sha256"]
    versions = {new_judge(parts | {key: "other"}).version for key in parts} | {new_judge().version}
    versions.add(new_judge(calibration=Calibration(1.0, 0.0, 0.7, 0.3)).version)
    assert len(versions) == 6
    assert new_judge().version == new_judge().version


def test_a_line_has_the_promised_keys_in_order() -> None:
    line = judge.to_line("a", new_judge().assess(["白醋能治流感"])[0])
    assert list(line) == ["id", "flagged", "band", "probability", "expression", "severity", "claims"]
    assert list(line["claims"][0]) == ["start", "end", "text", "guidance_id", "stance", "probability"]
    assert json.loads(json.dumps(line)) == line
    assert (line["band"], line["severity"]) == ("flag", "S3")


def test_a_position_that_is_not_watched_is_not_spoken_of() -> None:
    parts = {"model": "m", "model_sha256": "s", "guidance_version": "g-watched", "lexicon_version": "l"}
    others = judge.Judge(FakeScorer(), TOOLS, {"WHO-902": Severity.S3}, CALIBRATION, parts)
    [found] = others.assess(["白醋能治流感"])
    assert (found.band, found.claims) == (Band.NONE, ())
