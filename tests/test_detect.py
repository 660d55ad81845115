"""The cheap gate: health or not, worth checking or not."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.detect import Detector, terms_pattern
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


def test_a_predicate_makes_a_segment_worthier() -> None:
    claim, mention = segment("大蒜能预防新冠病毒"), segment("新冠病毒第三年的大蒜")
    assert DETECTOR.check_worthiness(claim) > DETECTOR.check_worthiness(mention) > 0
    assert DETECTOR.is_checkable(mention)


def test_no_health_word_or_hardly_any_text_is_not_checkable() -> None:
    assert not DETECTOR.is_checkable(segment("这部电影能让你笑到最后"))
    assert not DETECTOR.is_checkable(segment("醋"))


@given(st.sets(st.text("甲乙丙丁.*(|", min_size=1, max_size=5), max_size=20), st.text("甲乙丙丁.*(|", max_size=40))
def test_the_tree_finds_what_a_plain_alternation_finds(terms: set[str], text: str) -> None:
    plain = re.compile("|".join(map(re.escape, sorted(terms, key=len, reverse=True))) or r"(?!)")
    assert terms_pattern(terms).findall(text) == plain.findall(text)
