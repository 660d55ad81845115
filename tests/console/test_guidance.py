"""Positions and one position: what WHO says, its versions, and how its flags were decided."""

import pytest

from pipeline import db, load
from pipeline.console.shares import share
from pipeline.decisions import Role
from pipeline.records import Severity
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.flags import NO, TWICE, YES, decided, raised
from tests.world import guidance, position


def test_positions_are_listed_with_what_people_confirmed(console_site: Site, signed_in: SignedIn) -> None:
    for outcome, flag in zip((YES, YES, YES, NO), raised(console_site, 1.0, 2.0, 3.0, 4.0, 5.0), strict=False):
        decided(console_site, flag, outcome)
    page = signed_in(Role.VIEWER).get("/guidance").text
    assert page.count("<tr data-position=") == 3
    assert "<b>75 %</b> <small>30–95 %, n = 4</small>" in page


def test_a_first_decision_that_awaits_its_second_does_not_count(console_site: Site, signed_in: SignedIn) -> None:
    decided(console_site, raised(console_site, 1.0)[0], rules=TWICE)
    assert "nothing decided yet" in signed_in(Role.VIEWER).get("/guidance/WHO-001").text


@pytest.mark.parametrize(("filters", "count"), [("severity=S4", 1), ("topic=covid-19", 3), ("topic=flu", 0)])
def test_positions_can_be_filtered(signed_in: SignedIn, filters: str, count: int) -> None:
    assert signed_in(Role.VIEWER).get(f"/guidance?{filters}").text.count("<tr data-position=") == count


def test_a_position_shows_its_source_its_versions_and_its_flags(console_site: Site, signed_in: SignedIn) -> None:
    with db.transaction(console_site.engine) as connection:
        load.store_guidance(connection, guidance(position("WHO-001", Severity.S4, "大蒜不能治病。")))
    raised(console_site, *[1.0] * 30, text="<i>大蒜")
    browser = signed_in(Role.VIEWER)
    page = browser.get("/guidance/WHO-001").text
    assert 'href="https://www.who.int/example" rel="noreferrer noopener"' in page
    assert ("大蒜不能治病。" in page, "大蒜不能预防感染。" in page, "reworded" in page) == (True, True, True)
    assert page.count("<tr data-flag=") == 25
    assert "<i>" not in page
    last = page.rpartition('href="/guidance/WHO-001?before=')[2].partition('"')[0]
    assert browser.get(f"/guidance/WHO-001?before={last}").text.count("<tr data-flag=") == 5


def test_positions_out_of_force_are_shown_when_asked_for(console_site: Site, signed_in: SignedIn) -> None:
    with db.transaction(console_site.engine) as connection:
        connection.execute(
            "UPDATE guidance SET retired = '2026-11-01', verification = 'K' WHERE guidance_id = 'WHO-002'"
        )
    browser = signed_in(Role.VIEWER)
    assert browser.get("/guidance").text.count("<tr data-position=") == 2
    assert "out of force since 2026-11-01" in browser.get("/guidance?retired=yes").text
    assert "not confirmed yet" in browser.get("/guidance/WHO-002").text


@pytest.mark.parametrize(("address", "status", "told"), [
    ("/guidance/WHO-999", 404, "There is no position WHO-999."),
    ("/guidance/%00", 404, "There is no position"),
    ("/guidance?severity=S9", 400, "severity cannot be S9"),
    ("/guidance?colour=red", 400, "no filter colour"),
    ("/guidance/WHO-001?before=x", 400, "x is no number of a flag"),
])  # fmt: skip
def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn, address: str, status: int, told: str) -> None:
    answer = signed_in(Role.VIEWER).get(address)
    assert (answer.status_code, told in answer.text) == (status, True)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (8, 10, 0.490, 0.943)]
)
def test_a_share_has_its_interval(hits: int, n: int, low: float, high: float) -> None:
    found = share(hits, n)
    assert found is not None
    assert (round(found.low, 3), round(found.high, 3)) == (low, high)
    assert share(0, 0) is None
