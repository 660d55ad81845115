"""The page of a flag: what it shows to whom, and decisions that are neither lost nor made twice."""

import re

import pytest

from pipeline import db
from pipeline.decisions import Role
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.flags import NO, TWICE, WANG, YES, change, decided, field, made_golden, raised, rows, state
from tests.flagged import cluster

# ---- what it shows --------------------------------------------------------------------------------------


def test_it_shows_the_claim_in_its_post_and_the_position_in_both_languages(
    console_site: Site, signed_in: SignedIn
) -> None:
    [flag] = raised(console_site, 4.0, text="大蒜水能杀死病毒\n快转发")
    change(console_site, "UPDATE flag SET start_offset = 0, end_offset = 2")
    change(console_site, "UPDATE post_text SET title_end = 8")
    change(console_site, "UPDATE post_version SET reposted_text = '隔壁老王说的'")
    page = signed_in(Role.REVIEWER).get(f"/flags/{flag}").text
    assert "<h1><bdi>大蒜</bdi></h1>" in page
    assert "<mark>大蒜</mark>水能杀死病毒</div>" in page
    assert re.findall("<h3>(.*?)</h3>", page) == ["Title", "Text", "Reposted"]
    for shown in (
        "大蒜不能预防感染。",
        "Garlic does not prevent infection.",
        "https://www.who.int/example",
        "judge-one",
    ):
        assert shown in page


def test_it_shows_what_is_known_of_the_account(console_site: Site, signed_in: SignedIn) -> None:
    flag, other = raised(console_site, 4.0, 1.0)
    decided(console_site, other)
    change(
        console_site,
        "INSERT INTO account_observation SELECT account_key, d, f, false, d FROM account,"
        " (VALUES (date '2026-11-01', 90000), (date '2026-11-09', 1200000)) AS v (d, f)",
    )
    page = signed_in(Role.REVIEWER).get(f"/flags/{flag}").text
    assert "<b>1,200,000</b>" in page
    assert 'points="0.0,40.0 220.0,0.0"' in page
    assert "macro" in page
    assert re.search(r"Other flags <b>1</b>.*?contradicts guidance <b>1</b>", page, re.DOTALL)
    assert f'href="/flags/{other}"' in page


def test_it_shows_the_runners_up_of_the_judge_that_stands(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    change(
        console_site,
        "INSERT INTO assessment SELECT content_hash, 'judge-one', 0.9, 'flag', 'asserts', 'S3', 'collect', NULL"
        " FROM post_text",
    )
    change(
        console_site,
        "INSERT INTO claim_stance SELECT content_hash, 'judge-one', n, 0, 2, 'WHO-00' || n, 'refutes', 1.0 / n"
        " FROM post_text, generate_series(1, 3) AS n",
    )
    page = signed_in(Role.REVIEWER).get(f"/flags/{flag}").text
    assert re.findall(r"<b>(WHO-00\d)</b>", page) == ["WHO-001", "WHO-002", "WHO-003"]
    assert '<td class="number">0.33</td>' in page


@pytest.mark.parametrize(("changed", "shown"), [
    ("UPDATE post SET last_seen_for = '2026-11-22'", "last seen on 2026-11-22"),
    ("INSERT INTO dropped_post SELECT platform, platform_post_id, date '2026-11-23', 'test', 'deleted' FROM post",
     "deleted, as of 2026-11-23"),
    ("WITH t AS (INSERT INTO post_text SELECT '\\x01', 'neu', 0, 3, date '2026-11-24' RETURNING content_hash)"
     " INSERT INTO post_version SELECT post_key, content_hash, '2026-11-24', '2026-11-24', NULL, NULL, '', false"
     " FROM post, t", "edited since, as of 2026-11-24"),
])  # fmt: skip
def test_it_says_what_has_become_of_the_post(console_site: Site, signed_in: SignedIn, changed: str, shown: str) -> None:
    [flag] = raised(console_site, 4.0)
    change(console_site, changed)
    page = signed_in(Role.REVIEWER).get(f"/flags/{flag}").text
    assert shown in page
    assert '<a href="https://example.org/" rel="noreferrer noopener"' in page


def test_an_address_that_is_none_is_no_link(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    change(console_site, "UPDATE post SET url = 'javascript:alert(1)'")
    page = signed_in(Role.REVIEWER).get(f"/flags/{flag}").text
    assert "javascript:" not in page
    assert "no address of the post is known" in page


def test_viewers_see_a_pseudonym_no_link_and_no_form_and_the_others_are_noted(
    console_site: Site, signed_in: SignedIn
) -> None:
    [flag] = raised(console_site, 4.0)
    page = signed_in(Role.VIEWER).get(f"/flags/{flag}").text
    assert not re.search(r"阿姨|account-1|example\.org|/decide", page)
    assert "h_" in page
    assert "阿姨" in signed_in(Role.OPERATOR).get(f"/flags/{flag}").text
    seen = rows(console_site, "SELECT name, subject FROM audit_entry WHERE action = 'view'")
    assert seen == [("operator", f"flag {flag}")]


def test_a_hostile_post_is_shown_harmlessly(console_site: Site, signed_in: SignedIn) -> None:
    hostile = "<script>alert(1)</script>\u202e=cmd|' /C calc'!A0\x1b" + "长" * 99_000
    [flag] = raised(console_site, 4.0, text=hostile, account='"><img src=x onerror=alert(2)>')
    change(console_site, "UPDATE account SET name = '<b onclick=x>' || chr(8238)")
    change(console_site, "UPDATE post SET url = 'https://x/\"><script>'")
    change(console_site, "UPDATE post_version SET reposted_text = '<img src=x>'")
    change(console_site, "INSERT INTO claim SELECT content_hash, 0, 90000, document FROM post_text")
    change(console_site, "UPDATE flag SET end_offset = 90000")
    page = signed_in(Role.REVIEWER).get(f"/flags/{flag}").text
    assert page.count("&lt;script&gt;alert(1)") == 2
    assert not re.search("\u202e|\x1b|<script>|<img|<b on|<script(?![^>]*src)|<style|\\sstyle=", page)


def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn) -> None:
    browser = signed_in(Role.VIEWER)
    for address, status, told in (
        ("/flags/999", 404, "There is no flag 999."),
        ("/flags/none", 400, "none is no number of a flag"),
        ("/flags/1?colour=red", 400, "no filter colour"),
    ):
        answer = browser.get(address)
        assert (answer.status_code, told in answer.text) == (status, True)


# ---- decisions ------------------------------------------------------------------------------------------


def test_a_decision_with_its_reason_and_note_is_logged_and_can_be_undone(
    console_site: Site, signed_in: SignedIn
) -> None:
    [flag] = raised(console_site, 4.0)
    browser = signed_in(Role.REVIEWER)
    sent = {
        "verdict": f"{NO}/joke_or_quiz",
        "note": "一个谜语",
        "seen": field(browser.get(f"/flags/{flag}").text, "seen"),
    }
    assert browser.post(f"/flags/{flag}/decide", data=sent).headers["location"] == f"/flags/{flag}"
    assert state(console_site, flag) == ("decided", None, NO)
    page = browser.get(f"/flags/{flag}").text
    assert all(shown in page for shown in ("一个谜语", "joke or quiz", 'data-key="u"', f'data-decided="flag-{flag}"'))
    assert browser.post(f"/flags/{flag}/undo").headers["location"] == f"/flags/{flag}"
    assert state(console_site, flag) == ("assigned", "first", None)
    assert [row[0] for row in rows(console_site, "SELECT action FROM review_decision ORDER BY decision_id")] == [
        "decide",
        "undo",
    ]


def test_a_wrong_form_decides_nothing(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    browser = signed_in(Role.REVIEWER)
    for sent, told in (
        ({"verdict": "perhaps"}, "verdict cannot be perhaps"),
        ({"verdict": f"{YES}/because"}, "reason cannot be because"),
        ({"verdict": YES, "seen": "x"}, "x is no number of a decision"),
        ({}, "verdict cannot be"),
    ):
        answer = browser.post(f"/flags/{flag}/decide", data=sent)
        assert (answer.status_code, told in answer.text) == (400, True)
    assert state(console_site, flag) == ("open", "first", None)


def test_the_second_of_two_is_told_who_was_first_and_sees_what_they_had_written(
    console_site: Site, signed_in: SignedIn
) -> None:
    [flag] = raised(console_site, 4.0)
    browser = signed_in(Role.REVIEWER)
    seen = field(browser.get(f"/flags/{flag}").text, "seen")
    decided(console_site, flag, YES, note="我先来")
    sent = {"verdict": f"{NO}/joke_or_quiz", "note": "my <b>note</b>", "seen": seen, "queue": "1"}
    answer = browser.post(f"/flags/{flag}/decide", data=sent)
    assert answer.status_code == 409
    for shown in (f"li was first on flag {flag}", "我先来", "my &lt;b&gt;note", "joke or quiz", "not misinformation"):
        assert shown in answer.text
    assert len(rows(console_site, "SELECT FROM review_decision")) == 1


def test_a_lease_of_somebody_else_is_told_and_nothing_is_lost(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    change(console_site, "INSERT INTO flag_lease SELECT flag_id, 'li', 'first', now() + '9 minutes' FROM flag")
    browser = signed_in(Role.REVIEWER)
    page = browser.get(f"/flags/{flag}").text
    assert ("li is looking at it until" in page, "/decide" in page) == (True, False)
    answer = browser.post(f"/flags/{flag}/decide", data={"verdict": YES, "note": "keep me"})
    assert (answer.status_code, "li is looking at flag" in answer.text, "keep me" in answer.text) == (409, True, True)


def test_after_a_lapsed_lease_one_can_still_decide(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    change(
        console_site,
        "INSERT INTO flag_lease SELECT flag_id, 'reviewer', 'first', now() - '1 minute'::interval FROM flag",
    )
    browser = signed_in(Role.REVIEWER)
    page = browser.get(f"/flags/{flag}").text
    assert "<b data-lapsed>" in page
    browser.post(f"/flags/{flag}/decide", data={"verdict": YES, "seen": field(page, "seen")})
    assert state(console_site, flag) == ("decided", None, YES)


# ---- the cluster ----------------------------------------------------------------------------------------


def test_a_decision_is_applied_to_as_many_as_the_page_told_of(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, 4.0, 3.0, 2.0)
    with db.transaction(console_site.engine) as connection:
        cluster(connection, *flags)
    browser = signed_in(Role.REVIEWER)
    page = browser.get(f"/flags/{flags[0]}").text
    assert "also decide 2 other open posts" in page
    assert "2 other posts</small>" in page
    sent = {"verdict": YES, "note": "same", "cluster": "1"}
    answer = browser.post(f"/flags/{flags[0]}/decide", data=sent)
    assert (answer.status_code, "there are 2 open flags by now, not 1" in answer.text) == (409, True)
    assert [state(console_site, flag)[0] for flag in flags] == ["open"] * 3
    browser.post(f"/flags/{flags[0]}/decide", data=sent | {"cluster": field(page, "cluster")})
    assert [state(console_site, flag)[0] for flag in flags] == ["decided"] * 3


def test_a_decision_that_stands_can_be_applied_later(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, 4.0, 3.0)
    with db.transaction(console_site.engine) as connection:
        cluster(connection, *flags)
    browser = signed_in(Role.REVIEWER)
    browser.post(f"/flags/{flags[0]}/decide", data={"verdict": NO})
    page = browser.get(f"/flags/{flags[0]}").text
    sent = {name: field(page, name) for name in ("decision", "count")}
    assert browser.post(f"/flags/{flags[0]}/apply", data=sent).status_code == 303
    assert state(console_site, flags[1]) == ("decided", None, NO)


# ---- what is kept from whom -----------------------------------------------------------------------------


def test_a_second_review_is_blind(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, 4.0, 3.0)
    with db.transaction(console_site.engine) as connection:
        cluster(connection, *flags)
    decided(console_site, flags[0], NO, note="不是谣言", rules=TWICE)
    decided(console_site, flags[1], NO)
    page = signed_in(Role.LEAD).get(f"/flags/{flags[0]}").text
    shown = re.sub(r"<(button|option).*?</\1>", "", page)
    assert not re.search(r"不是谣言|not misinformation(?! <b>)|decided</span>|>li<", shown)
    assert "/decide" in page
    assert "不是谣言" in signed_in(Role.VIEWER).get(f"/flags/{flags[0]}").text


def test_a_golden_item_shows_nothing_before_it_is_answered_nor_while_that_can_be_undone(
    console_site: Site, signed_in: SignedIn
) -> None:
    flag = made_golden(console_site)
    change(
        console_site, "INSERT INTO flag_lease SELECT flag_id, 'reviewer', 'golden', now() - '1 day'::interval FROM flag"
    )
    browser = signed_in(Role.REVIEWER)
    assert "很清楚" not in browser.get(f"/flags/{flag}").text
    browser.post(f"/flags/{flag}/decide", data={"verdict": YES})
    assert rows(console_site, "SELECT reviewer, outcome FROM golden_answer") == [("reviewer", YES)]
    page = browser.get(f"/flags/{flag}").text
    assert ("很清楚" in page, "/decide" in page, "You decided" in page) == (False, False, True)
    change(console_site, "UPDATE golden_answer SET answered_at = now() - '1 hour'::interval")
    assert "很清楚" in browser.get(f"/flags/{flag}").text


# ---- leads ----------------------------------------------------------------------------------------------


def test_a_lead_reopens_after_an_appeal_and_the_history_stays(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    decided(console_site, flag, YES, note="第一次")
    browser = signed_in(Role.LEAD)
    sent = {"reason": "appeal", "note": "made as a joke", "seen": "0"}
    stale = browser.post(f"/flags/{flag}/reopen", data=sent)
    assert (stale.status_code, "made as a joke</textarea>" in stale.text) == (409, True)
    sent["seen"] = field(browser.get(f"/flags/{flag}").text, "seen")
    browser.post(f"/flags/{flag}/reopen", data=sent)
    assert state(console_site, flag) == ("open", "first", None)
    page = browser.get(f"/flags/{flag}").text
    assert all(shown in page for shown in ("第一次", "made as a joke", "/decide"))


def test_a_lead_makes_a_golden_item_and_retires_it(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    decided(console_site, flag)
    browser = signed_in(Role.LEAD)
    assert "Make it a golden item" in browser.get(f"/flags/{flag}").text
    browser.post(f"/flags/{flag}/golden", data={"outcome": YES, "note": "plain"})
    assert "Show it to nobody any more" in browser.get(f"/flags/{flag}").text
    browser.post(f"/flags/{flag}/golden/retire")
    [(outcome, note, is_retired)] = rows(console_site, "SELECT outcome, note, retired_at IS NOT NULL FROM golden_item")
    assert (outcome, note, is_retired) == (YES, "plain", True)


def test_reviewers_see_no_tools_of_leads(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 4.0)
    decided(console_site, flag, who=WANG)
    page = signed_in(Role.REVIEWER).get(f"/flags/{flag}").text
    assert not re.search("/reopen|/golden|/decide", page)
