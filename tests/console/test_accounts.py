"""One account: its followers, its flags, and its name only for those who may see it."""

import pytest

from pipeline.decisions import Role
from pipeline.site import Site
from tests.console.conftest import SignedIn
from tests.console.flags import NO, change, decided, raised, rows


@pytest.fixture
def address(console_site: Site) -> str:
    """Of an account with three flags, one of them decided."""
    flags = raised(console_site, 1.0, 2.0, 3.0)
    decided(console_site, flags[0], NO)
    change(
        console_site,
        "INSERT INTO account_observation SELECT account_key, d, 1000 * extract(day FROM d), false, d::date"
        " FROM account, generate_series('2026-11-18'::timestamptz, '2026-11-20', '1 day') AS d",
    )
    [[key]] = rows(console_site, "SELECT account_key FROM account")
    return f"/accounts/{key}"


def test_an_account_shows_its_followers_and_its_flags(signed_in: SignedIn, address: str) -> None:
    page = signed_in(Role.REVIEWER).get(address).text
    assert "<b>20,000</b>" in page
    assert ("<polyline" in page, "micro" in page, page.count("<tr data-flag=")) == (True, True, 3)
    assert "not misinformation <b>1</b>" in page
    assert '<b>3</b> <a href="/guidance/WHO-001">' in page


def test_viewers_see_a_pseudonym_and_the_others_are_noted(
    console_site: Site, signed_in: SignedIn, address: str
) -> None:
    page = signed_in(Role.VIEWER).get(address).text
    assert ("阿姨" in page, "account-1" in page, "h_" in page) == (False, False, True)
    assert "阿姨" in signed_in(Role.OPERATOR).get(address).text
    seen = rows(console_site, "SELECT name, subject FROM audit_entry WHERE action = 'view'")
    assert seen == [("operator", address[1:].replace("accounts/", "account "))]


def test_flags_come_in_pages(console_site: Site, signed_in: SignedIn, address: str) -> None:
    raised(console_site, *[1.0] * 30)
    browser = signed_in(Role.VIEWER)
    page = browser.get(address).text
    last = page.rpartition("?before=")[2].partition('"')[0]
    counts = [text.count("<tr data-flag=") for text in (page, browser.get(f"{address}?before={last}").text)]
    assert counts == [25, 8]


def test_a_hostile_name_is_shown_as_text(console_site: Site, signed_in: SignedIn, address: str) -> None:
    change(console_site, "UPDATE account SET name = '<b onclick=x>' || chr(8238) || repeat('长', 9000)")
    page = signed_in(Role.REVIEWER).get(address).text
    assert "&lt;b onclick=x&gt;" in page
    assert ("\u202e" in page, len(page) < 20_000) == (False, True)


@pytest.mark.parametrize(("wrong", "status", "told"), [
    ("/accounts/999", 404, "There is no account 999."),
    ("/accounts/li", 400, "li is no number of a account"),
])  # fmt: skip
def test_what_is_wrong_in_an_address_is_said(signed_in: SignedIn, wrong: str, status: int, told: str) -> None:
    answer = signed_in(Role.VIEWER).get(wrong)
    assert (answer.status_code, told in answer.text) == (status, True)
