"""Signing in by OpenID Connect, against a provider that the test runs."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from pipeline import db, settings, users
from pipeline.console.app import create_app
from pipeline.console.visits import LANGUAGE_COOKIE
from pipeline.decisions import Role
from pipeline.errors import ConfigError
from pipeline.settings import ConsoleSettings, OidcSettings
from pipeline.site import Site

KEY = RSAKey.generate_key(2048, parameters={"kid": "one"})
GROUPS = {"wh-leads": Role.LEAD, "wh-all": Role.VIEWER}


class Provider(ThreadingHTTPServer):
    """Gives for any code a token with these claims."""

    claims: dict[str, Any]

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str) -> object:
        if path == "/jwks":
            return {"keys": [KEY.as_dict(private=False)]}
        if path == "/token":
            times = {"iat": int(time.time()), "exp": int(time.time()) + 60}
            token = jwt.encode({"alg": "RS256", "kid": "one"}, {"iss": self.issuer, **times, **self.claims}, KEY)
            return {"access_token": "a", "token_type": "Bearer", "id_token": token}
        addresses = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token")}
        return {
            **{"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **addresses},
            **{"id_token_signing_alg_values_supported": ["RS256"]},
        }


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.dumps(self.server.answer(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that the base class looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def browser(console_site: Site, provider: Provider) -> Iterator[TestClient]:
    rules = OidcSettings(issuer=provider.issuer, client_id="kolwatch", client_secret="secret", roles=GROUPS)
    site = Site(msgspec.structs.replace(console_site.settings, console=ConsoleSettings(oidc=rules)))
    cookies = {LANGUAGE_COOKIE: "en"}
    with TestClient(create_app(site), follow_redirects=False, cookies=cookies) as found:
        yield found
    site.engine.dispose()


def come_back(browser: TestClient, provider: Provider, **claims: Any) -> Any:
    """Go there and come back with these claims."""
    there = browser.get("/elsewhere?next=/days/2026-11-20").headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
    assert asked["redirect_uri"] == "http://testserver/elsewhere/back"
    provider.claims = {"sub": "7", "aud": "kolwatch", "nonce": asked["nonce"], "preferred_username": "li"} | claims
    return browser.get("/elsewhere/back", params={"state": asked["state"], "code": "c"})


def test_name_and_role_come_from_there_each_time(console_site: Site, browser: TestClient, provider: Provider) -> None:
    answer = come_back(browser, provider, groups=["wh-all"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/days/2026-11-20")
    assert "li (viewer)" in browser.get("/days/2026-11-20").text
    come_back(browser, provider, groups=["wh-all", "wh-leads"])
    assert "li (lead)" in browser.get("/days/2026-11-20").text
    with db.transaction(console_site.engine) as connection:
        users.change(connection, "li", is_disabled=True)
    assert "disabled here" in come_back(browser, provider, groups="wh-leads").text


@pytest.mark.parametrize(("claims", "status"), [
    ({"groups": ["others"]}, 403),
    ({"groups": ["wh-all"], "preferred_username": "a b"}, 403),
    ({"groups": ["wh-all"], "nonce": "another"}, 502),
    ({"groups": ["wh-all"], "aud": "another", "azp": "kolwatch"}, 502),
    ({"groups": ["wh-all"], "iss": "https://another.example"}, 502),
    ({"groups": ["wh-all"], "exp": 1}, 502),
])  # fmt: skip
def test_others_are_not_let_in(browser: TestClient, provider: Provider, claims: dict[str, Any], status: int) -> None:
    assert come_back(browser, provider, **claims).status_code == status
    assert browser.get("/days/2026-11-20").status_code == 303


def test_a_local_name_is_not_taken_over(console_site: Site, browser: TestClient, provider: Provider) -> None:
    with db.transaction(console_site.engine) as connection:
        users.add(connection, "li", Role.ADMIN, "a long enough password")
    answer = come_back(browser, provider, groups=["wh-all"])
    assert (answer.status_code, "another user" in answer.text) == (409, True)


def test_an_answer_to_no_question_is_refused(browser: TestClient) -> None:
    assert browser.get("/elsewhere/back?state=x&code=y").status_code == 502


def test_the_form_offers_it_where_it_is_configured(browser: TestClient, anonymous: TestClient) -> None:
    assert 'href="/elsewhere?next=' in browser.get("/sign-in").text
    assert "/elsewhere" not in anonymous.get("/sign-in").text
    assert anonymous.get("/elsewhere").status_code == 404


def test_the_secret_is_the_environment_s() -> None:
    rules = OidcSettings(issuer="i", client_id="c", client_secret="${OIDC_SECRET}")
    found = settings.Settings(console=ConsoleSettings(oidc=rules))
    filled = settings.oidc(found, {"OIDC_SECRET": "s"})
    assert filled
    assert filled.client_secret == "s"
    with pytest.raises(ConfigError, match="OIDC_SECRET"):
        settings.oidc(found, {})
