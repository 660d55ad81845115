"""Servers that misbehave, and what the client makes of it."""

import gzip
import logging
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import httpx2
import pytest
import stamina

from pipeline.errors import SourceError
from pipeline.sources.transports.answers import BusyError, LoginError
from pipeline.sources.transports.client import Client, Reply, is_same_server
from pipeline.web_settings import RequestSettings
from tests.sources.transports.web import Said, Web, serving, web

__all__ = ["web"]

SECRET = "s3cret-token-0123456789"


def ask(web: Web, path: str = "/page", **settings: Any) -> Reply:
    quick = {"requests_per_minute": 60_000, "timeout_seconds": 2.0}
    with Client(RequestSettings(**{**quick, **settings}), secrets=[SECRET]) as client:
        request = client.request("GET", web.url(path), params={"access_token": SECRET})
        return client.ask(request, "origin page 1", lambda reply: reply)


@pytest.mark.parametrize(
    "trouble",
    [
        Said(status=429),
        Said(status=429, headers={"Retry-After": "7"}),
        Said(status=429, headers={"Retry-After": formatdate(time.time() + 60, usegmt=True)}),
        Said(status=429, headers={"Retry-After": "soon"}),
        Said(status=503, body=b"<html>Bad gateway</html>"),
        Said(status=408),
        Said(b'{"cut": ', breaks=True),
    ],
    ids=["429", "seconds", "date", "nonsense", "503", "408", "cut short"],
)
def test_what_passes_is_asked_again(web: Web, trouble: Said) -> None:
    web.says(trouble, trouble, {"ok": 1})
    assert ask(web).body == b'{"ok": 1}'
    assert len(web.asked) == 3


def test_a_server_that_hangs_is_asked_again(web: Web) -> None:
    def hang() -> Iterator[bytes]:
        time.sleep(0.5)
        yield b"late"

    web.says(Said(hang()), {"ok": 1})
    assert ask(web, timeout_seconds=0.1).status == 200


def test_the_rest_a_server_asks_for_is_given(web: Web) -> None:
    web.says(Said(status=429, headers={"Retry-After": "1"}), {"ok": 1})
    began = time.monotonic()
    with stamina.set_testing(False):
        ask(web)
    assert 1 <= time.monotonic() - began < 10


def test_more_rest_than_there_is_patience_for_is_left_to_the_next_run(web: Web) -> None:
    web.says(Said(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(
        BusyError, match=r"origin page 1: is asked too often \(HTTP 429\) and wants 3600 s of rest; the next"
    ):
        ask(web)
    assert len(web.asked) == 1


def test_attempts_and_patience_end(web: Web) -> None:
    web.says(Said(status=500, body={"message": "no such shard"}))
    with pytest.raises(BusyError, match=r'is busy or fails \(HTTP 500: \{"message": "no such shard"\}\)'):
        ask(web, attempts=3)
    assert len(web.asked) == 3


def test_patience_is_for_the_whole_run(web: Web) -> None:
    def slow() -> Iterator[bytes]:
        time.sleep(0.6)
        yield b"{}"

    web.answer = lambda asked: Said(slow(), status=503)
    settings = RequestSettings(requests_per_minute=60_000, patience_seconds=1, attempts=3)
    with stamina.set_testing(False), Client(settings) as client:
        for _ in range(3):
            with pytest.raises(BusyError):
                client.ask(client.request("GET", web.url("/")), "origin", lambda reply: reply)
    assert len(web.asked) <= 5


def test_nobody_listening_is_an_error_that_says_so() -> None:
    with serving() as gone:
        pass
    with stamina.set_testing(True, attempts=2), pytest.raises(BusyError, match=r"cannot be reached \(ConnectError: "):
        ask(gone)


def test_refused_credentials_are_no_reason_to_ask_again(web: Web) -> None:
    web.says(Said(status=401, body={"message": f"bad token {SECRET}"}))
    with pytest.raises(
        LoginError, match=r"credentials are refused \(HTTP 401: .*bad token ….*\); renew them in the env"
    ):
        ask(web)
    assert len(web.asked) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_other_refusals_concern_this_page_only(web: Web, status: int) -> None:
    web.says(Said(status=status, body=b"<html>gone</html>"))
    with pytest.raises(SourceError, match=rf"refuses \(HTTP {status}\); mend") as raised:
        ask(web)
    assert not isinstance(raised.value, BusyError | LoginError)
    assert len(web.asked) == 1


def test_an_error_code_in_a_refusal_says_more_than_its_status(web: Web) -> None:
    web.says(Said(status=403, body={"error_code": 10023, "error": "User requests out of rate limit!"}), {"ok": 1})
    assert ask(web).body == b'{"ok": 1}'
    web.says(Said(status=400, body={"error_code": 21327, "error": "expired_token"}))
    with pytest.raises(LoginError, match=r"error 21327 \(expired_token\): the credentials have expired"):
        ask(web)


@pytest.mark.parametrize("packed", [False, True])
def test_a_gigantic_page_is_not_taken_in(web: Web, packed: bool) -> None:
    body = b"[" + b" " * 2**21
    web.says(Said(gzip.compress(body), headers={"Content-Encoding": "gzip"}) if packed else Said(body))
    with pytest.raises(SourceError, match="more than 1 MiB; ask for fewer records a page, or raise max_page_mib"):
        ask(web, max_page_mib=1)


def test_a_page_without_an_end_is_not_waited_for(web: Web) -> None:
    def nothing_but_members() -> Iterator[bytes]:
        for _ in range(400):
            yield gzip.compress(b"") * 1000

    web.answer = lambda asked: Said(nothing_but_members(), headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="more than 1 MiB"):
        ask(web, max_page_mib=1)


def test_a_page_that_trickles_in_is_given_up(web: Web) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(40):
            time.sleep(0.05)
            yield b" "

    web.answer = lambda asked: Said(drip())
    with pytest.raises(BusyError, match="comes too slowly"):
        ask(web, timeout_seconds=0.1, attempts=1)


def test_a_page_that_is_not_packed_as_it_says(web: Web) -> None:
    web.says(Said(b"plain", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceError, match=r"cannot be asked or read \(DecodingError\)"):
        ask(web)


def test_redirects_within_a_server_are_followed(web: Web) -> None:
    web.says(Said(status=302, headers={"Location": "/elsewhere"}), {"ok": 1})
    assert ask(web, headers={"Authorization": "Bearer x"}).status == 200
    assert [(a.path, a.headers["Authorization"]) for a in web.asked] == [
        ("/page", "Bearer x"),
        ("/elsewhere", "Bearer x"),
    ]


def test_no_other_server_is_ever_asked(web: Web) -> None:
    with serving() as other:
        web.says(Said(status=307, headers={"Location": other.url("/trap?x=1")}))
        with pytest.raises(
            SourceError, match=r"redirects to http://127\.0\.0\.1/trap; if that is right, make it the add"
        ):
            ask(web)
        assert other.asked == []


@pytest.mark.parametrize(
    ("known", "other", "is_same"),
    [
        ("https://a.example/1", "https://a.example/2", True),
        ("http://a.example/", "https://a.example/", True),
        ("https://a.example/", "http://a.example/", False),
        ("https://a.example/", "https://b.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("https://a.example/", "https://me:pw@a.example/", False),
    ],
)
def test_what_is_another_server(known: str, other: str, is_same: bool) -> None:
    assert is_same_server(httpx2.URL(known), httpx2.URL(other)) is is_same


def test_redirects_that_go_round_end(web: Web) -> None:
    web.says(Said(status=302, headers={"Location": "/page"}))
    with pytest.raises(SourceError, match="redirects 5 times without arriving"):
        ask(web)


def test_cookies_are_not_kept(web: Web) -> None:
    web.says(Said({}, headers={"Set-Cookie": "session=1"}))
    with Client(RequestSettings(requests_per_minute=60_000)) as client:
        for _ in range(2):
            client.ask(client.request("GET", web.url("/")), "origin", lambda reply: reply)
    assert "Cookie" not in web.asked[1].headers


def test_requests_are_paced(web: Web) -> None:
    web.says({"ok": 1})
    with Client(RequestSettings(requests_per_minute=600)) as client:
        began = time.monotonic()
        for _ in range(4):
            client.ask(client.request("GET", web.url("/")), "origin", lambda reply: reply)
    assert time.monotonic() - began >= 0.3


def test_secrets_are_in_no_log(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    web.says(Said(status=503, body={"error": f"token {SECRET} is tired"}), {"ok": 1})
    with caplog.at_level(logging.INFO):
        ask(web, headers={"Authorization": f"Bearer {SECRET}"})
    assert "is busy or fails" in caplog.text
    assert SECRET not in caplog.text
