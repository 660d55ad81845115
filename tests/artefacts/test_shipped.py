"""The judge in models/judge, with the guidance and the lexicon it ships with."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import artefacts, lexicon
from pipeline.judge import Judge
from pipeline.records import Band, Expression, Guidance, GuidanceText, Stance

ROOT = Path(__file__).parents[2]
MAX_BYTES = 20_000_000


@pytest.fixture
def judge(shipped_judge: Judge) -> Judge:
    return shipped_judge


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


def test_a_myth_with_a_lone_surrogate_is_judged_like_any_other(judge: Judge) -> None:
    plain, broken = judge.assess(["喝白酒能杀死新冠病毒", "\ud800喝白酒能杀死新冠病毒"])
    assert (broken.band, broken.claims[0].text[-3:]) == (plain.band, "冠病毒")


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


# ---- an emergency: a position that the model was not trained on ---------------------------------------

KNOWN_WORDINGS = (
    "裂谷热只有牛羊会得，人不会染上",
    "宰病羊不用戴手套，裂谷热碰血没事",
    "喝生羊奶染不上裂谷热，越新鲜越好",
    "裂谷热死的牛照样能吃，煮都不用煮太熟",
    "接生小羊不用防护，裂谷热不会从血里传",
    "牧民说裂谷热是牲口病，跟咱们人没关系",
    "裂谷热的羊血趁热喝大补，不会得病",
    "剥病牛皮光着手也行，裂谷热传不到人身上",
    "都别怕，裂谷热没有一个人是被羊传上的，剪毛杀羊照旧",
    "裂谷热牛奶煮不煮都一样，煮了反倒没营养",
)
OTHER_WORDINGS = (
    "人不会得裂谷热，那是骆驼和羊的病",
    "处理裂谷热病畜，赤手就可以",
    "裂谷热疫区的生奶可以直接喝",
    "放心吃，裂谷热病死羊的肉没毒",
    "杀羊溅一脸血也传不上裂谷热",
    "我们这边闹裂谷热，老乡照样生喝驼奶，谁也没事，别听专家瞎咋呼",
    "裂谷热不传人，兽医戴手套是做样子",
    "给流产母羊掏羊羔不用手套，裂谷热没那么邪乎",
    "今天宰了三只发烧的羊，没戴口罩没戴手套，裂谷热哪能找上人，怕啥",
    "生血拌饭治百病，裂谷热的牛也一样能喝",
    "裂谷热碰了病畜的内脏也不要紧，洗洗手都多余",
    "得裂谷热的羊肉半生不熟更嫩，吃不死人",
)
HARMLESS = (
    "县里通报裂谷热疫情，扑杀病羊二百只",
    "宰杀病羊要戴手套口罩，裂谷热会由血液传给人",
    "裂谷热流行区的奶要煮沸再喝",
    "裂谷热是怎么传给人的？",
)


def with_emergency(shipped: Guidance) -> Guidance:
    """The guidance with a position of today, known by ten wordings."""
    position = replace(
        shipped.positions["WHO-027"],
        guidance_id="WHO-900",
        topic="rift-valley-fever",
        position_zh="裂谷热主要因接触病畜的血液、内脏或生奶传给人，要戴手套处理牲畜，肉奶煮熟再吃。",
        related=(),
    )
    said = {"guidance_id": "WHO-900", "stance": Stance.REFUTES, "expression": Expression.ASSERTS, "form": "title"}
    texts = [GuidanceText(text=t, platform=None, file="rift.yaml", line=1, **said) for t in KNOWN_WORDINGS]  # type: ignore[arg-type]
    return replace(shipped, positions={**shipped.positions, "WHO-900": position}, texts=(*shipped.texts, *texts))


def test_a_new_position_is_live_at_once_and_catches_most_of_what_it_is_about(shipped: Guidance) -> None:
    began = time.monotonic()
    known = lexicon.load(ROOT / "guidance" / "lexicon")
    named = replace(known, terms={**known.terms, "裂谷热": lexicon.Term(50, "epidemic", 2)})
    judge = artefacts.open_judge(ROOT / "models" / "judge", with_emergency(shipped), named)
    assert "WHO-900" in judge.untrained
    found = judge.assess([*OTHER_WORDINGS, *HARMLESS])
    caught = [a.band is not Band.NONE and a.claims[0].guidance_id == "WHO-900" for a in found]
    assert sum(caught[: len(OTHER_WORDINGS)]) >= 9  # of 12
    assert sum(a.flagged for a in found[len(OTHER_WORDINGS) :]) <= 2  # of 4: it has no near misses yet
    assert time.monotonic() - began < 15 * 60
