"""The table of a day: its order, its filters, its pages, and what hostile posts do to it: nothing."""

import re

import pytest

from pipeline import db
from pipeline.decisions import Role
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.flagged import cluster, raise_flags
from tests.world import DAY


def raised(site: Site, *priorities: float, **changed: object) -> list[int]:
    with db.transaction(site.engine) as connection:
        return list(raise_flags(connection, *priorities, **changed))  # type: ignore[arg-type]


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr data-flag="(\d+)"', page)]


def test_rows_stand_by_priority_in_pages(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, *[float(n % 7) for n in range(60)])
    browser = signed_in(Role.REVIEWER)
    first = browser.get(f"/days/{DAY}")
    [address] = re.findall(r'href="([^"]+)" rel="next"', first.text)
    second = browser.get(address.replace("&amp;", "&"))
    assert (len(shown(first.text)), len(shown(second.text))) == (50, 10)
    by_priority = sorted(flags, key=lambda flag: (-float(flags.index(flag) % 7), flag))
    assert shown(first.text) + shown(second.text) == by_priority
    assert 'rel="next"' not in second.text


@pytest.mark.parametrize(("filters", "expected"), [
    ("", 3), ("platform=weibo", 1), ("severity=S4", 1), ("tier=mid", 0), ("status=open", 3), ("status=decided", 0),
    ("topic=covid-19", 3), ("topic=flu", 0), ("position=WHO-003", 1), ("platform=weibo&severity=S4", 0),
])  # fmt: skip
def test_filters_choose_rows(console_site: Site, signed_in: SignedIn, filters: str, expected: int) -> None:
    raised(console_site, 1.0, platform="weibo")
    raised(console_site, 1.0, severity="S4", guidance_id="WHO-002")
    raised(console_site, 1.0, guidance_id="WHO-003")
    assert len(shown(signed_in(Role.VIEWER).get(f"/days/{DAY}?{filters}").text)) == expected


def test_one_row_a_post_with_its_cluster(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, 1.0, 2.0, text="大蒜水能杀死病毒")  # two posts, one claim
    with db.transaction(console_site.engine) as connection:
        cluster(connection, *flags)
        connection.execute(
            "INSERT INTO flag (post_key, content_hash, guidance_id, guidance_version, judge_version, found_by, day,"
            " start_offset, end_offset, severity, probability, priority, factors, is_late)"
            " SELECT post_key, content_hash, 'WHO-003', 1, judge_version, found_by, day, 0, 2, 'S1', 0.5, 0.1, '{}',"
            " false FROM flag WHERE flag_id = %s",
            [flags[0]],
        )
    page = signed_in(Role.REVIEWER).get(f"/days/{DAY}").text
    assert shown(page) == [flags[1], flags[0]]
    assert page.count("<small>+1</small>") == 1
    assert page.count('<td class="number">2</td>') == 3  # the second rank, and both clusters


@pytest.mark.parametrize(("address", "told"), [
    ("/days/2026-02-30", "2026-02-30 is no date"),
    ("/days/today", "today is no date"),
    (f"/days/{DAY}?colour=red", "no filter colour; it has platform"),
    (f"/days/{DAY}?severity=S9", "severity cannot be S9; it can be S1, S2"),
    (f"/days/{DAY}?after=zzz", "zzz is no place in this list"),
    (f"/days/{DAY}?after=true~1.2.3~4", "is no place in this list"),
    (f"/days/{DAY}?topic={'x' * 200}", "topic is too long"),
])  # fmt: skip
def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn, address: str, told: str) -> None:
    answer = signed_in(Role.VIEWER).get(address)
    assert (answer.status_code, told in answer.text) == (400, True)


def test_the_first_page_is_the_newest_day(console_site: Site, signed_in: SignedIn) -> None:
    browser = signed_in(Role.VIEWER)
    assert re.fullmatch(r"/days/20\d\d-\d\d-\d\d", browser.get("/").headers["location"])
    raised(console_site, 1.0)
    assert browser.get("/").headers["location"] == f"/days/{DAY}"


def test_hostile_posts_are_shown_as_text(console_site: Site, signed_in: SignedIn) -> None:
    hostile = "<script>alert(1)</script>\u202e" + "长" * 100_000
    raised(console_site, 1.0, text=hostile, account='"><img src=x onerror=alert(2)>')
    with db.transaction(console_site.engine) as connection:
        connection.execute("UPDATE account SET name = %s", ["<b onclick=x>\u202eevil"])
        connection.execute("INSERT INTO claim SELECT content_hash, 0, 90000, document FROM post_text")
        connection.execute("UPDATE flag SET end_offset = 90000")
    page = signed_in(Role.REVIEWER).get(f"/days/{DAY}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b onclick=x&gt; evil" in page
    assert len(page) < 20_000
    assert not re.search("\u202e|<script>|<img|<b ", page)


def test_viewers_see_pseudonyms_and_the_others_are_noted(console_site: Site, signed_in: SignedIn) -> None:
    raised(console_site, 1.0)
    page = signed_in(Role.VIEWER).get(f"/days/{DAY}").text
    assert ("阿姨" in page, "account-1" in page, ">h_" in page) == (False, False, True)
    assert "阿姨" in signed_in(Role.REVIEWER).get(f"/days/{DAY}").text
    with db.transaction(console_site.engine) as connection:
        seen = connection.execute("SELECT name, subject FROM audit_entry WHERE action = 'view'").fetchall()
    assert seen == [("reviewer", f"day {DAY}")]
