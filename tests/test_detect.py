"""The cheap gate: health or not, worth checking or not."""

import pytest

from pipeline.detect import Detector, shapes
from pipeline.records import Segment

DETECTOR = Detector({"大蒜": 1, "醋": 1, "新冠": 2, "新冠病毒": 2, "怪词": 0})


def segment(text: str) -> Segment:
    return Segment(0, len(text), text, ())


def test_one_sure_word_or_two_possible_ones_pass_the_screen() -> None:
    assert DETECTOR.screen("新冠来了")
    assert DETECTOR.screen("大蒜蘸醋")
    assert not DETECTOR.screen("大蒜炒肉,多放大蒜")
    assert not DETECTOR.screen("今天天气真好")


def test_words_of_weight_zero_do_not_count() -> None:
    assert DETECTOR.health_weight("怪词怪词") == 0


def test_a_keyword_is_enough_also_inside_a_longer_term() -> None:
    own = Detector({"松花粉片": 1}, ["花粉"])
    assert own.screen("每天吃松花粉片")
    assert own.is_checkable(segment("花粉人人要吃"))
    assert not own.screen("每天吃松花")


@pytest.mark.parametrize("text", ["维生素a要多吃", "a", "a,b", "每天nmn两粒"])
def test_a_latin_keyword_stands_alone_or_between_chinese(text: str) -> None:
    assert Detector({}, ["a", "nmn", "松花粉"]).screen(text)


@pytest.mark.parametrize("text", ["bad", "4a景区", "a4纸", "naïve", "à la carte", "nmnh"])
def test_a_latin_keyword_is_not_found_inside_a_longer_word(text: str) -> None:
    assert not Detector({}, ["a", "na", "nmn", "松花粉"]).screen(text)


def test_of_two_latin_keywords_the_longer_one_hides_no_shorter_one() -> None:
    own = Detector({}, ["vc", "vc pro"])
    assert own.screen("vc proxy")
    assert own.screen("吃vc pro吧")
    assert not own.screen("vcpro")


def test_a_predicate_makes_a_segment_worthier() -> None:
    claim, mention = segment("大蒜能预防新冠病毒"), segment("新冠病毒第三年的大蒜")
    assert DETECTOR.check_worthiness(claim) > DETECTOR.check_worthiness(mention) > 0
    assert DETECTOR.is_checkable(mention)


def test_no_health_word_or_hardly_any_text_is_not_checkable() -> None:
    assert not DETECTOR.is_checkable(segment("这部电影能让你笑到最后"))
    assert not DETECTOR.is_checkable(segment("醋"))


KINDS = {"萝卜": "remedy", "失眠": "disease", "新冠": "epidemic"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("拔白头发能预防新冠", (1.0, 0.0)),
        ("萝卜治失眠", (0.0, 1.0)),
        ("萝卜水是新冠克星", (1.0, 0.0)),
        ("戴口罩能预防新冠", (0.0, 0.0)),
        ("得了新冠,今天炒萝卜", (0.0, 0.0)),
        ("失眠的人爱吃萝卜", (0.0, 0.0)),
    ],
)
def test_the_shape_of_a_remedy_claim(text: str, expected: tuple[float, float]) -> None:
    row = shapes([text], lambda clause: {kind for word, kind in KINDS.items() if word in clause})[0]
    assert tuple(row) == expected


def test_a_passing_mention_in_a_long_text_counts_for_less() -> None:
    long = "今天下雨,我在家里看书。" * 10 + "拔白头发能预防新冠"
    assert 0 < shapes([long], lambda _: set())[0, 0] < 0.5
