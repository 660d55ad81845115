"""The queue page: the next flag on lease, what becomes of it, and what waits for leads."""

import re

import msgspec

from pipeline.decisions import Role
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.flags import NO, ONCE, TWICE, WANG, YES, change, decided, field, made_golden, raised, rows, state


def flag_of(page: str) -> int:
    found = re.search(r'action="/flags/(\d+)/decide"', page)
    assert found
    return int(found[1])


def test_after_a_decision_the_next_comes_at_once_and_the_last_can_be_undone(
    console_site: Site, signed_in: SignedIn
) -> None:
    low, high = raised(console_site, 1.0, 5.0)
    browser = signed_in(Role.REVIEWER)
    page = browser.get("/queue").text
    assert flag_of(page) == high
    sent = {"verdict": f"{YES}/advises_others", "seen": field(page, "seen"), "queue": field(page, "queue")}
    onwards = browser.post(f"/flags/{high}/decide", data=sent).headers["location"]
    page = browser.get(onwards).text
    assert flag_of(page) == low
    assert re.search(rf'data-decided="flag-{high}".*?contradicts guidance</b>, advises others', page, re.DOTALL)
    assert browser.post(f"/flags/{high}/undo", data={"queue": "1"}).headers["location"] == "/queue"
    assert flag_of(browser.get("/queue").text) == high


def test_the_lease_is_shown_kept_and_renewed(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 1.0)
    browser = signed_in(Role.REVIEWER)
    page = browser.get("/queue").text
    assert all(shown in page for shown in (f'data-renew="/queue/{flag}/renew"', 'data-left="600">10:00'))
    assert rows(console_site, "SELECT flag_id, reviewer FROM flag_lease") == [(flag, "reviewer")]
    change(console_site, "UPDATE flag_lease SET leased_until = now() + '1 minute'::interval")
    assert browser.post(f"/queue/{flag}/renew").json()["seconds"] == 600
    assert rows(console_site, "SELECT leased_until > now() + '9 minutes'::interval FROM flag_lease") == [(True,)]
    change(console_site, "DELETE FROM flag_lease")
    answer = browser.post(f"/queue/{flag}/renew")
    assert (answer.status_code, "its lease has lapsed" in answer.text) == (409, True)


def test_what_one_has_another_does_not_get_until_it_lapses(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 1.0)
    change(console_site, "INSERT INTO flag_lease SELECT flag_id, 'li', 'first', now() + '9 minutes' FROM flag")
    browser = signed_in(Role.REVIEWER)
    page = browser.get("/queue").text
    assert ("Nothing to review now" in page, "1 flag is with somebody else" in page) == (True, True)
    change(console_site, "UPDATE flag_lease SET leased_until = now() - '1 second'::interval")
    assert flag_of(browser.get("/queue").text) == flag


def test_a_skipped_flag_goes_to_others(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 1.0)
    browser = signed_in(Role.REVIEWER)
    assert f'action="/flags/{flag}/skip"' in browser.get("/queue").text
    assert browser.post(f"/flags/{flag}/skip", data={"reason": "distressing"}).headers["location"] == "/queue"
    assert "1 flag that you skipped comes back" in browser.get("/queue").text
    assert rows(console_site, "SELECT flag_id, reviewer, reason FROM flag_skip") == [(flag, "reviewer", "distressing")]
    assert browser.post(f"/flags/{flag}/skip", data={"reason": "bored"}).status_code == 400


def test_golden_and_second_items_look_like_any_other(console_site: Site, signed_in: SignedIn) -> None:
    plain = re.compile(r"\d+|<time.*?</time>")
    [flag] = raised(console_site, 3.0)
    browser = signed_in(Role.REVIEWER)
    first = plain.sub("", browser.get("/queue").text)
    change(console_site, "DELETE FROM flag_lease")
    decided(console_site, flag, NO, WANG, rules=TWICE)
    second = plain.sub("", browser.get("/queue").text)
    assert second == first


def test_the_answer_to_a_golden_item_looks_like_a_decision(console_site: Site, signed_in: SignedIn) -> None:
    flag = made_golden(console_site)
    settings = console_site.settings
    console_site.settings = msgspec.structs.replace(settings, review=msgspec.structs.replace(ONCE, golden_share=1))
    browser = signed_in(Role.REVIEWER)
    page = browser.get("/queue").text
    assert flag_of(page) == flag
    assert not re.search("很清楚|golden", page)
    sent = {"verdict": YES, "seen": field(page, "seen"), "queue": "1"}
    page = browser.get(browser.post(f"/flags/{flag}/decide", data=sent).headers["location"]).text
    assert re.search(rf'action="/flags/{flag}/undo".*?contradicts guidance</b>', page, re.DOTALL)
    assert state(console_site, flag) == ("decided", None, NO)
    browser.post(f"/flags/{flag}/undo", data={"queue": "1"})
    assert flag_of(browser.get("/queue").text) == flag


def test_disagreements_wait_for_a_lead(console_site: Site, signed_in: SignedIn) -> None:
    [flag] = raised(console_site, 1.0)
    decided(console_site, flag, YES, rules=TWICE)
    decided(console_site, flag, NO, WANG, rules=TWICE)
    page = signed_in(Role.LEAD).get("/queue/disagreements").text
    assert re.findall(r'<tr data-flag="(\d+)"', page) == [str(flag)]
    assert re.search(r"li</bdi>: contradicts guidance.*wang</bdi>: not misinformation", page, re.DOTALL)
    assert flag_of(signed_in(Role.ADMIN).get("/queue").text) == flag


def test_disagreements_are_shown_in_pages(console_site: Site, signed_in: SignedIn) -> None:
    flags = raised(console_site, *[float(n % 7) for n in range(52)])
    flags += raised(console_site, 1.0, severity="S4")
    change(console_site, "UPDATE flag SET awaits = 'lead'")
    browser = signed_in(Role.LEAD)
    first = browser.get("/queue/disagreements").text
    [address] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = browser.get(address.replace("&amp;", "&")).text
    found = [[int(n) for n in re.findall(r'<tr data-flag="(\d+)"', page)] for page in (first, second)]
    assert [len(part) for part in found] == [50, 3]
    assert found[0][0] == flags[-1]
    assert found[0] + found[1] == [flags[-1], *sorted(flags[:-1], key=lambda f: (-(flags.index(f) % 7), f))]


def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn) -> None:
    browser = signed_in(Role.LEAD)
    for address, told in (
        ("/queue?done=x", "x is no number of a flag"),
        ("/queue?colour=red", "no filter colour"),
        ("/queue/disagreements?after=zzz", "zzz is no place in this list"),
    ):
        answer = browser.get(address)
        assert (answer.status_code, told in answer.text) == (400, True)
