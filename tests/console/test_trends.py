"""Figures of a period: counts, shares with intervals, waits, agreement, pace; what an address asks for."""

import re
from datetime import date

import pytest

from pipeline.console.charts import lengths, line, points
from pipeline.console.recent import Recent
from pipeline.console.shares import kappa, share
from pipeline.decisions import Role
from pipeline.records import DecisionOutcome
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.flags import LI, NO, TWICE, WANG, YES, change, decided, raised


def text(page: str) -> str:
    """What is read of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_period_is_counted_by_all_its_parts(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, 1.0, 2.0, 3.0, 4.0) + raised(
        console_site, 1.0, day=date(2026, 11, 12), platform="weibo", guidance_id="WHO-002"
    )
    for flag, outcome in zip(flags, (YES, YES, YES, NO, YES), strict=True):
        decided(console_site, flag, outcome)
    raised(console_site, 9.0, day=date(2026, 9, 1))
    page = text(signed_in(Role.VIEWER).get("/trends").text)
    assert "Flags 5 Flags decided 5 Confirmed of those decided 80 % 38–96 %, n = 5 few" in page
    assert "douyin 4 75 % 30–95 % few 4" in page
    assert "WHO-002 1 100 % 21–100 % few 1" in page
    assert "judge-one 5 80 % 38–96 % few 5" in page
    assert "0.90 80 % 38–96 % few 5" in page  # calibration
    assert "2026-11-16 4 75 % 30–95 % few 4" in page  # of a week
    assert "2026-11-20 4 4 2026-11-19 0 0" in page


@pytest.mark.parametrize(("filters", "count"), [
    ("platform=weibo", 1), ("severity=S4", 0), ("topic=covid-19", 3), ("tier=mega", 0), ("judge=judge-one", 3),
    ("until=2026-11-19", 1), ("from=2026-11-20&until=2026-11-20", 2),
])  # fmt: skip
def test_an_address_says_which_flags(console_site: Site, signed_in: SignedIn, filters: str, count: int) -> None:
    raised(console_site, 1.0, 2.0)
    raised(console_site, 1.0, day=date(2026, 11, 12), platform="weibo")
    page = text(signed_in(Role.VIEWER).get(f"/trends?{filters}").text)
    assert (f"Flags {count} Flags decided" if count else "No flag of these days fits.") in page


@pytest.mark.parametrize(("filters", "told"), [
    ("from=2026-11-21&until=2026-11-20", "The period ends on 2026-11-20, before it begins on 2026-11-21."),
    ("from=2020-01-01&until=2026-11-20", "A period has at most 366 days."),
    ("from=yesterday", "yesterday is no date"),
    ("tier=huge", "tier cannot be huge"),
    ("colour=red", "no filter colour"),
])  # fmt: skip
def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn, filters: str, told: str) -> None:
    answer = signed_in(Role.VIEWER).get(f"/trends?{filters}")
    assert (answer.status_code, told in answer.text) == (400, True)


def test_agreement_is_of_those_who_decided_blindly(console_site: Site, signed_in: SignedIn) -> None:
    for flag, second in zip(raised(console_site, 1.0, 2.0, 3.0), (YES, NO, YES), strict=True):
        decided(console_site, flag, YES, LI, rules=TWICE)
        decided(console_site, flag, second, WANG, rules=TWICE)
    page = text(signed_in(Role.VIEWER).get("/trends").text)
    assert "How far two reviewers agree 67 % 21–94 %, n = 3 Too few for Cohen's kappa." in page


def test_waits_are_from_post_to_flag_to_decision(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 1.0)
    decided(console_site, flag)
    change(
        console_site, "UPDATE flag SET raised_at = posted_at + interval '2 hours', decided_at = posted_at + '5 hours'"
    )
    page = text(signed_in(Role.VIEWER).get("/trends").text)
    assert "all 2 hrs 2 hrs 1 3 hrs 3 hrs 1" in page


def test_only_leads_see_the_pace_of_each(console_site: Site, signed_in: SignedIn) -> None:
    raised(console_site, 1.0, day=date(2040, 1, 1))
    for flag in raised(console_site, 1.0, 2.0):
        decided(console_site, flag, DecisionOutcome.CANNOT_TELL)
    change(console_site, "UPDATE flag SET day = (SELECT decided_at::date + 1 FROM review_decision LIMIT 1)")
    page = text(signed_in(Role.VIEWER).get("/trends").text)
    assert re.search(r"Golden items right all 2 0 \d+", page)
    assert " li 2 0" not in page
    assert re.search(r" li 2 0 \d+", text(signed_in(Role.LEAD).get("/trends").text))


@pytest.mark.parametrize(("counts", "expected"), [
    ({("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15}, 0.4),
    ({("a", "a"): 9, ("b", "b"): 1}, 1.0),
    ({("a", "a"): 9}, None),
    ({}, None),
])  # fmt: skip
def test_kappa_leaves_out_what_chance_does(counts: dict[tuple[str, str], int], expected: float | None) -> None:
    assert kappa(counts) == expected


def test_shares_lie_where_they_belong() -> None:
    half, whole = share(5, 10), share(10, 10)
    assert half is not None
    assert whole is not None
    found = points({0.0: half, 1.0: whole}, width=100, height=50)
    assert line(found) == "0.0,25.0 100.0,0.0"
    assert found[0].top < 25 < found[0].bottom < 50
    assert (lengths([1, 4], width=80), lengths([0], width=80)) == ([20.0, 80.0], [0.0])


def test_figures_are_kept_for_a_while() -> None:
    recent = Recent()
    asked = iter("ab")
    assert [recent.get("one", lambda: next(asked)) for _ in range(2)] == ["a", "a"]
    assert recent.get("other", lambda: next(asked)) == "b"
