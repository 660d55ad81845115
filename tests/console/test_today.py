"""The table of a day: its order, its filters, its pages, and what hostile posts do to it: nothing."""

import re
from datetime import date

import pytest

from pipeline import db, load
from pipeline.console import day_table
from pipeline.decisions import Role, User
from pipeline.judge import text_tools
from pipeline.lexicon import CUE_TAGS, Lexicon, Term
from pipeline.records import DecisionOutcome
from pipeline.review import Verdict, decide
from pipeline.settings import ReviewSettings
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


@pytest.fixture
def varied(console_site: Site) -> list[int]:
    """Three flags; in each order but two another one stands first."""
    with db.transaction(console_site.engine) as connection:
        first = raise_flags(connection, 3.0, severity="S1", account="a", text="甲说一")
        second = raise_flags(connection, 2.0, severity="S4", account="b", text="乙说二")
        third = raise_flags(connection, 1.0, severity="S2", account="c", text="丙说三")
        connection.execute("UPDATE flag SET probability = 0.5 + flag_id / 100.0")
        connection.execute("UPDATE post SET posted_at = posted_at + post_key * interval '1 hour'")
        connection.execute(
            "INSERT INTO account_observation SELECT account_key, now(), 1000 * account_key, false, %s FROM account"
            " WHERE account_id <> 'c'",
            [DAY],
        )
        cluster(connection, *third)
    return [*first, *second, *third]


@pytest.mark.parametrize(("sort", "order"), [
    ("priority", [0, 1, 2]), ("severity", [1, 2, 0]), ("probability", [2, 1, 0]), ("reach", [1, 0, 2]),
    ("newest", [2, 1, 0]), ("oldest", [0, 1, 2]), ("cluster", [2, 0, 1]),
])  # fmt: skip
def test_rows_stand_in_the_order_asked_for_page_by_page(
    monkeypatch: pytest.MonkeyPatch, varied: list[int], signed_in: SignedIn, sort: str, order: list[int]
) -> None:
    monkeypatch.setattr(day_table, "PAGE", 1)
    browser, address, found = signed_in(Role.VIEWER), f"/days/{DAY}?sort={sort}", list[int]()
    while address and len(found) < 5:
        page = browser.get(address).text
        found += shown(page)
        address = "".join(re.findall(r'href="([^"]+)" rel="next"', page)).replace("&amp;", "&")
    assert found == [varied[n] for n in order]


def test_rows_are_marked(console_site: Site, signed_in: SignedIn) -> None:
    raised(console_site, 3.0, 2.0, 1.0)
    with db.transaction(console_site.engine) as connection:
        connection.execute("INSERT INTO day_close VALUES (%s, now(), 1, 1)", [DAY])
        connection.execute("UPDATE flag SET closing = 1, is_late = priority = 1 WHERE priority < 3")
    page = signed_in(Role.VIEWER).get(f"/days/{DAY}").text
    marks = [re.findall(r'class="mark">([^<]+)<', row) for row in page.split("<tr data-flag")[1:]]
    assert marks == [[], ["late", "below capacity"], ["after the close", "below capacity"]]


def test_repeats_of_decided_claims_stand_apart(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, 3.0, 2.0, 1.0)
    other = raised(console_site, 5.0, guidance_id="WHO-002")
    rules, reviewer = console_site.settings.review, User(name="li", role=Role.REVIEWER)
    with db.transaction(console_site.engine) as connection:
        cluster(connection, *flags[:2], *other)
        verdict = Verdict(flag_id=flags[1], outcome=DecisionOutcome.CONTRADICTS_GUIDANCE)
        decide(connection, rules, reviewer, verdict)
    page = signed_in(Role.VIEWER).get(f"/days/{DAY}").text
    main, repeats = page.split("<h2>Likely repeats")
    assert (shown(main), shown(repeats)) == ([*other, flags[1], flags[2]], [flags[0]])
    assert "decided before: contradicts guidance" in repeats


def test_what_a_second_reviewer_must_not_know_is_not_shown(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 1.0)
    rules = ReviewSettings(second_share=1.0)
    with db.transaction(console_site.engine) as connection:
        verdict = Verdict(flag_id=flag, outcome=DecisionOutcome.NOT_MISINFORMATION)
        decide(connection, rules, User(name="li", role=Role.REVIEWER), verdict)
    page = signed_in(Role.REVIEWER).get(f"/days/{DAY}").text
    assert ("not misinformation" in page, "awaits: second" in page) == (False, True)


def test_urgent_flags_of_any_day_stand_on_top_of_each_first_page(console_site: Site, signed_in: SignedIn) -> None:
    ids = raised(console_site, 1.0, 9.0, severity="S4")
    raised(console_site, *[5.0] * 60, day=date(2026, 11, 21))
    browser = signed_in(Role.VIEWER)
    first = browser.get("/days/2026-11-21?platform=weibo").text
    assert re.findall(r'data-urgent="(\d+)"', first) == [str(ids[1]), str(ids[0])]
    [address] = re.findall(r'href="([^"]+)" rel="next"', browser.get("/days/2026-11-21").text)
    assert "data-urgent" not in browser.get(address).text


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
    assert page.count('<td class="number">2</td>') == 2  # both clusters


def test_a_search_finds_what_its_text_holds(console_site: Site, signed_in: SignedIn) -> None:
    flags = [
        *raised(console_site, 2.0, text="喝大蒜水能杀死 COVID-19 病毒"),
        *raised(console_site, 1.0, text="大蒜炒肉"),
    ]
    tools = text_tools(Lexicon({"大蒜水": Term(1000, "remedy", 1)}, {}, dict.fromkeys(CUE_TAGS, ()), "test"))
    console_site.__dict__["query"] = tools.query
    with db.transaction(console_site.engine) as connection:
        found = connection.execute("SELECT content_hash, document FROM post_text").fetchall()
        load.store_words(connection, {content_hash: tools.words(document) for content_hash, document in found})
    browser = signed_in(Role.VIEWER)

    def search(text: str) -> list[int]:
        return shown(browser.get(f"/days/{DAY}", params={"search": text, "platform": "douyin"}).text)

    assert search("大蒜") == flags  # also inside of 大蒜水
    assert (search("大蒜水 covid"), search("蒜頭"), search("炒肉' | '大蒜")) == (flags[:1], [], flags[1:])
    answer = browser.get(f"/days/{DAY}?search=%3F!")
    assert (answer.status_code, "no letter or digit to look for" in answer.text) == (400, True)


def test_the_month_is_drawn_and_told(console_site: Site, signed_in: SignedIn) -> None:
    raised(console_site, 1.0, 2.0)
    raised(console_site, 1.0, day=date(2026, 10, 22), severity="S4")
    raised(console_site, 1.0, day=date(2026, 10, 21))
    page = signed_in(Role.VIEWER).get(f"/days/{DAY}").text
    told = re.findall(
        r'<th scope="row"><a href="/days/([\d-]+)">[^<]+</a></th>' + r'<td class="number">(\d+)</td>' * 3, page
    )
    assert (len(told), told[0], told[-1]) == (30, (str(DAY), "2", "0", "0"), ("2026-10-22", "1", "0", "1"))
    assert page.count('<rect class="open"') == 30
    assert "at most 2 a day" in page


@pytest.mark.parametrize(("address", "told"), [
    ("/days/2026-02-30", "2026-02-30 is no date"),
    ("/days/today", "today is no date"),
    (f"/days/{DAY}?colour=red", "no filter colour; it has platform"),
    (f"/days/{DAY}?severity=S9", "severity cannot be S9; it can be S1, S2"),
    (f"/days/{DAY}?after=zzz", "zzz is no place in this list"),
    (f"/days/{DAY}?after=true~false~1.2.3~1~4", "is no place in this list"),
    (f"/days/{DAY}?sort=colour", "sort cannot be colour; it can be priority, severity"),
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
