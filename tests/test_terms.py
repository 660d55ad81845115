"""Many terms are found as a plain alternation, longest first, would find them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.terms import Terms

TERMS = st.sets(st.text("甲乙丙丁.*(|", min_size=1, max_size=5), max_size=20)
TEXTS = st.text("甲乙丙丁.*(|a𠀀", max_size=40)


def alternation(terms: set[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(terms, key=len, reverse=True))) or r"(?!)")


@given(TERMS, TEXTS)
def test_the_longest_term_at_each_place_is_found(terms: set[str], text: str) -> None:
    assert Terms(terms).findall(text) == alternation(terms).findall(text)


@given(TERMS, TEXTS)
def test_spans_count_characters(terms: set[str], text: str) -> None:
    assert list(Terms(terms).spans(text)) == [(*m.span(), m[0]) for m in alternation(terms).finditer(text)]


@given(TERMS, TEXTS)
def test_terms_are_replaced_where_they_stand(terms: set[str], text: str) -> None:
    expected = alternation(terms).sub(lambda m: f"<{m[0]}>", text)
    assert Terms(terms).sub(lambda term: f"<{term}>", text) == expected
