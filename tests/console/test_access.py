"""Who may do what: every route with every role, forms without their token, cookies, headers."""

import re
from http import HTTPStatus
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from pipeline.console import app as console
from pipeline.console.app import create_app, needed_roles
from pipeline.console.security import LARGEST_FORM, POLICY
from pipeline.console.statics import Statics
from pipeline.console.visits import CSRF_HEADER, Needs, Visit
from pipeline.decisions import Role
from pipeline.settings import Settings
from pipeline.site import Site
from tests.console.conftest import SignedIn

ROUTES = [(route, needs) for route, needs in needed_roles(create_app(Site(Settings())))]


def address(route: APIRoute) -> str:
    """An address of the route, such as /flags/1; what it names need not exist."""
    return re.sub(r"\{\w+(:\w+)?\}", "1", route.path)


def ask(browser: TestClient, route: APIRoute) -> int:
    return max(browser.request(method, address(route)).status_code for method in route.methods)


@pytest.mark.parametrize("role", Role)
def test_every_route_is_for_its_roles_only(signed_in: SignedIn, role: Role) -> None:
    browser = signed_in(role)
    assert len(ROUTES) > 5
    for route, needs in ROUTES:
        if needs and needs.role and route.path != "/sign-out":
            refused = ask(browser, route) == HTTPStatus.FORBIDDEN
            assert refused == (not role.covers(needs.role)), f"{role} {route.path}"


def test_without_signing_in_every_page_leads_to_the_form(anonymous: TestClient) -> None:
    asked = 0
    for route, needs in ROUTES:
        if needs and needs.role and "GET" in route.methods:
            answer = anonymous.get(address(route))
            assert (answer.status_code, answer.headers["location"][:14]) == (303, "/sign-in?next="), route.path
            asked += 1
    assert asked >= 2


def test_every_form_needs_its_token(signed_in: SignedIn) -> None:
    browser = signed_in(Role.ADMIN)
    del browser.headers[CSRF_HEADER]
    posted = [route for route, _ in ROUTES if "POST" in route.methods]
    assert len(posted) >= 3
    for route in posted:
        assert browser.post(address(route), data={"csrf": "0" * 64}).status_code == HTTPStatus.FORBIDDEN, route.path


def test_a_route_that_does_not_say_whom_it_is_for_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()
    router.add_api_route("/open", lambda: "secret")
    monkeypatch.setattr(console, "ROUTERS", (router,))
    with pytest.raises(TypeError, match="/open does not say whom it is for"):
        create_app(Site(Settings()))


def test_answers_carry_the_policy_and_nothing_stands_inline(signed_in: SignedIn) -> None:
    answer = signed_in(Role.ADMIN).get("/days/2026-11-20")
    assert answer.headers["content-security-policy"] == POLICY
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=|https?://", answer.text)


def test_static_files_have_their_hash_in_their_name(anonymous: TestClient) -> None:
    for name in ("console.css", "console.js"):
        found = anonymous.get(Statics().address(name))
        assert (found.status_code, "immutable" in found.headers["cache-control"]) == (200, True)
    assert anonymous.get("/static/console.css").status_code == 404


@pytest.mark.parametrize(("path", "status", "told"), [
    ("/nothing/here", 404, "There is no such page."),
    ("/static/../secret", 404, "There is no"),
])  # fmt: skip
def test_what_is_not_there_is_said_with_the_same_headers(
    anonymous: TestClient, path: str, status: int, told: str
) -> None:
    answer = anonymous.get(path)
    assert (answer.status_code, told in answer.text) == (status, True)
    assert answer.headers["content-security-policy"] == POLICY


def test_a_large_form_is_refused_unread(anonymous: TestClient) -> None:
    assert anonymous.post("/sign-in", content=b"x" * (LARGEST_FORM + 1)).status_code == 413
    assert anonymous.post("/sign-in", content=iter([b"x"])).status_code == 411


def test_a_fault_of_ours_is_a_page_without_its_cause(
    monkeypatch: pytest.MonkeyPatch, console_site: Site, anonymous: TestClient
) -> None:
    router = APIRouter()

    @router.get("/broken")
    def broken(_visit: Annotated[Visit, Depends(Needs(None))]) -> None:
        raise ZeroDivisionError("a secret cause")

    monkeypatch.setattr(console, "ROUTERS", (router,))
    with TestClient(create_app(console_site), raise_server_exceptions=False) as browser:
        answer = browser.get("/broken", headers={"accept-language": "en"})
    assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert "It was noted" in answer.text
    assert answer.headers["content-security-policy"] == POLICY


def test_a_database_that_is_gone_is_said() -> None:
    site = Site(Settings(database_url="postgresql+psycopg://127.0.0.1:9/nothing"))
    with TestClient(create_app(site), cookies={"kolwatch": "x"}, raise_server_exceptions=False) as browser:
        answer = browser.get("/", headers={"accept-language": "en"})
    site.engine.dispose()
    assert (answer.status_code, "database cannot be used" in answer.text) == (503, True)
