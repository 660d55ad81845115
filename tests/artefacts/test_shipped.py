"""The judge in models/judge, with the guidance and the lexicon it ships with."""

from pathlib import Path

import pytest

from pipeline import artefacts, guidance, lexicon
from pipeline.judge import Judge
from pipeline.records import Stance

ROOT = Path(__file__).parents[2]
MAX_BYTES = 20_000_000


@pytest.fixture(scope="module")
def judge() -> Judge:
    known = lexicon.load(ROOT / "guidance" / "lexicon")
    return artefacts.open_judge(ROOT / "models" / "judge", guidance.load(ROOT / "guidance"), known)


def test_it_tells_plain_myths_from_ordinary_posts(judge: Judge) -> None:
    myths = ["每天喝一碗蒜水就能预防新冠病毒", "羟氯喹是新冠特效药，在家备着提前吃"]
    others = ["今天炒了一盘蒜薹，就着米饭吃了两碗", "下班去健身房练腿，明天怕是下不了楼"]
    found = judge.assess(myths + others)
    assert [a.flagged for a in found] == [True, True, False, False]
    assert all(a.claims[0].stance is Stance.REFUTES and a.severity for a in found[:2])


@pytest.mark.xfail(reason="it flags true advice that has the words of a myth; the card says how often", strict=True)
def test_it_leaves_true_advice_alone(judge: Judge) -> None:
    advice = ["接种流感疫苗可以预防流感", "勤洗手能预防流感", "接种乙肝疫苗可以预防肝癌"]
    assert not any(a.flagged for a in judge.assess(advice))


@pytest.mark.parametrize(
    "text", ["", "😷" * 10_000, "啊" * 100_000, "a b " * 20_000, "\x00\ud800", "0123456789" * 5_000]
)
def test_noise_is_answered_and_never_flagged(judge: Judge, text: str) -> None:
    assert not judge.assess([text])[0].flagged


def test_its_thresholds_are_ordered_and_it_is_small_enough_for_git(judge: Judge) -> None:
    assert 0 < judge.calibration.min_maybe < judge.calibration.min_flag < 1
    files = [p for name in ("judge", "words-zh") for p in (ROOT / "models" / name).iterdir()]
    assert sum(p.stat().st_size for p in files) < MAX_BYTES
    assert all((ROOT / "models" / name / "README.md").is_file() for name in ("judge", "words-zh"))
