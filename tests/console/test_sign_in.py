"""Signing in: the right password, wrong ones, too many of them; sessions that end; the language."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline import db, users
from pipeline.console.pages.sign_in import local
from pipeline.console.visits import COOKIE
from pipeline.decisions import Role
from pipeline.errors import UserError
from pipeline.site import Site
from pipeline.users import FAILURES_OF_NAME
from tests.console.conftest import SignedIn, csrf

PASSWORD = "纸 船 过 了 七 座 桥 才 停"


@pytest.fixture
def li(console_site: Site) -> str:
    with db.transaction(console_site.engine) as connection:
        users.add(connection, "li.wei", Role.REVIEWER, PASSWORD)
    return "li.wei"


def enter(browser: TestClient, name: str, password: str, wanted: str = "/days/2026-11-20") -> Any:
    token = csrf(browser.get("/sign-in").text)
    data = {"csrf": token, "name": name, "password": password, "next": wanted}
    return browser.post("/sign-in", data=data)


def test_the_right_password_opens_a_session(anonymous: TestClient, li: str) -> None:
    answer = enter(anonymous, li, PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/days/2026-11-20")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert li in anonymous.get("/days/2026-11-20").text


def test_behind_tls_the_cookie_is_secure(anonymous: TestClient) -> None:
    anonymous.base_url = "https://testserver"
    answer = anonymous.get("/sign-in")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]


@pytest.mark.parametrize(("name", "password"), [("li.wei", "wrong"), ("nobody", PASSWORD), ("li.wei\0", ""), ("", "")])
def test_anything_else_does_not(anonymous: TestClient, li: str, name: str, password: str) -> None:
    answer = enter(anonymous, name, password)
    assert (answer.status_code, "do not fit" in answer.text) == (403, True)
    assert anonymous.get("/").status_code == 303


def test_too_many_failures_shut_the_door_even_to_the_right_password(anonymous: TestClient, li: str) -> None:
    for _ in range(FAILURES_OF_NAME):
        assert enter(anonymous, li, "wrong").status_code == 403
    assert enter(anonymous, li, PASSWORD).status_code == 429


def test_a_success_forgives_failures_before_it(console_site: Site, li: str) -> None:
    with db.transaction(console_site.engine) as connection:
        for succeeded in [False] * 4 + [True] + [False] * 4:
            connection.execute("SELECT pg_sleep(0.001)")
            connection.execute(
                "INSERT INTO sign_in_attempt (name, address, tried_at, succeeded)"
                " VALUES (%s, 'x', clock_timestamp(), %s)",
                [li, succeeded],
            )
        assert not users.is_limited(connection, li, "x")


def test_a_session_ends_by_signing_out_or_when_the_user_changes(console_site: Site, signed_in: SignedIn) -> None:
    browser = signed_in(Role.REVIEWER)
    token = browser.cookies[COOKIE]
    assert browser.get("/days/2026-11-20").status_code == 200
    browser.post("/sign-out")
    browser.cookies.set(COOKIE, token)
    assert browser.get("/days/2026-11-20").status_code == 303
    browser = signed_in(Role.REVIEWER)
    with db.transaction(console_site.engine) as connection:
        users.change(connection, "reviewer", is_disabled=True)
    assert browser.get("/days/2026-11-20").status_code == 303


def test_the_first_admin_is_made_once(console_site: Site, anonymous: TestClient) -> None:
    with db.transaction(console_site.engine) as connection:
        password = users.first_admin(connection)
        assert password
        assert users.first_admin(connection) is None
        row = connection.execute("SELECT password_hash FROM console_user").fetchone()
    assert row
    assert row[0].startswith("$argon2id$")
    assert enter(anonymous, "admin", password).status_code == 303


@pytest.mark.parametrize(("name", "password", "why"), [
    ("li.wei", PASSWORD, "already"), ("a b", PASSWORD, "no user name"), ("wang", "short", "12 to 512"),
])  # fmt: skip
def test_users_that_cannot_be_are_refused(console_site: Site, li: str, name: str, password: str, why: str) -> None:
    with pytest.raises(UserError, match=why), db.transaction(console_site.engine) as connection:
        users.add(connection, name, Role.VIEWER, password)


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "/a\nb"]
)
def test_one_is_led_to_this_site_only(address: str) -> None:
    assert local(address) == "/"


def test_the_language_is_chosen_and_kept(anonymous: TestClient) -> None:
    token = csrf(anonymous.get("/sign-in").text)
    assert anonymous.post("/language", data={"csrf": token, "language": "zh", "next": "/sign-in"}).status_code == 303
    page = anonymous.get("/sign-in").text
    assert '<html lang="zh-CN">' in page
    assert "<h1>登录</h1>" in page
    assert anonymous.post("/language", data={"csrf": csrf(page), "language": "xx"}).status_code == 400
