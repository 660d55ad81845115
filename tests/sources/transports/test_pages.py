"""Pages that mislead, and errors in the clothes of a success."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceError
from pipeline.site import Site
from pipeline.sources.transports import http
from tests import world
from tests.sources.samples import window_of
from tests.sources.transports.pages import (
    ALL,
    POSTS,
    SECRET,
    STYLES,
    by_cursor,
    collect,
    documents,
    page,
    settings,
    stored,
)
from tests.sources.transports.web import Said, Web, web
from tests.stepping import rows

__all__ = ["web"]


def test_short_and_empty_pages_are_not_taken_for_the_last(web: Web) -> None:
    web.says(
        page([{"n": 1}], has_more=True, cursor=1),
        page([], has_more=True, cursor=2),
        page([{"n": 2}], has_more=False, cursor=3),
    )
    assert len(documents(settings(web, paging=STYLES["cursor"][1]))) == 3
    web.says(page([{}], total=5), page([], total=5), page([{}, {}], total=5), page([{}], total=5))
    documents(settings(web, paging={"style": "offset", "size": 1, "total": "data.total"}))
    assert [params["offset"] for params in web.params[3:]] == ["0", "1", "2", "4"]


def test_a_total_that_is_never_reached_is_an_estimate(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    web.says(page([{}], total=2000), page([], total=2000))
    assert len(documents(settings(web, paging={"style": "page", "total": "data.total"}))) == 4
    assert "1 of 2000 have come" in caplog.text


@pytest.mark.parametrize(
    ("paging", "pages", "complaint"),
    [
        (
            {"style": "cursor", "next": "data.c"},
            [page([], c="a"), page([], c="b"), page([], c="a")],
            "leads back to a page",
        ),
        ({"style": "page"}, [page([{"n": 1}, {"n": 2}])] * 2, "the same records as on the page before"),
        (
            {"style": "cursor", "next": "data.c", "more": "data.m"},
            [page([], m=True)],
            "there is more, but `data.c` is empty",
        ),
        ({"style": "cursor", "next": "data.c"}, [page([], c={"a": 1})], "which no request can repeat"),
        ({"style": "cursor", "next": "data.c"}, [page([], c="a\0b")], "which no request can repeat"),
        ({"style": "cursor", "more": "data.m"}, [page([], m="perhaps")], "'perhaps', neither yes nor no"),
        ({"style": "ids", "id": "n"}, [page([{"n": "x"}])], "a record's `n` is 'x', not a number"),
        ({"style": "ids", "id": "n"}, [page([{"n": 5}]), page([{"n": 9}])], "does the server know `max_id`"),
        ({"style": "ids", "id": "n", "more": "data.m"}, [page([], m=1)], "has no record to go on from"),
        (
            {"style": "link", "next": "data.next"},
            [page([], next="https://elsewhere.example/2")],
            "another server, elsewhere",
        ),
        ({"style": "link", "next": "data.next"}, [page([], next="http://a:b/")], "link to the next page is broken"),
    ],
)
def test_paging_that_leads_nowhere_is_told_after_its_page(web: Web, paging: Any, pages: Any, complaint: str) -> None:
    web.says(*pages)
    pages_read = http.documents(settings(web, paging=paging), Path(), window_of(world.DAY))
    found = [next(pages_read) for _ in pages]
    with pytest.raises(SourceError, match=complaint):
        next(pages_read)
    assert len(found) == len(web.asked)
    assert found[-1].cursor is None


def test_pages_without_end_are_left_to_the_next_run(web: Web, site: Site) -> None:
    web.answer = by_cursor
    source = settings(web, paging=STYLES["cursor"][1], max_pages=2)
    with pytest.raises(SourceError, match="page 2: there is more after max_pages = 2; run it again to go on"):
        collect(site, source)
    collect(site, source)
    assert (stored(site), len(web.asked)) == (ALL, 3)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            Said(b"<html>please log in</html>", headers={"Content-Type": "text/html"}),
            "answered with text/html, 26 bytes",
        ),
        (Said(b'{"data": {"items": [}}'), "not a page of JSON"),
        (Said(b"[" * 500 + b"]" * 500), "levels of nesting"),
        (Said(b"", headers={"Content-Type": ""}), "something without a content type, 0 bytes"),
        (Said(b'"ok"'), "not with a page of JSON"),
        ({"data": {"posts": []}}, "the page has no `data.items`; correct `records` or `items`"),
        ({"data": {"items": {"a": 1}}}, "has no array at `data.items`"),
        (["not", "an", "object"], "has no `data.items`"),
    ],
)
def test_what_is_no_page_is_refused(web: Web, said: object, complaint: str) -> None:
    web.says(said)
    with pytest.raises(SourceError, match=rf"/posts page 1: .*{complaint}"):
        documents(settings(web))


def test_a_page_without_records_may_leave_them_out_if_told_so(web: Web) -> None:
    web.says({"data": {}}, {"data": {"items": None}})
    source = settings(web, records_optional=True)
    assert [list(d.fragments or ()) for d in documents(source) + documents(source)] == [[], []]


def test_a_callback_and_other_encodings_are_pages_too(web: Web) -> None:
    web.says(Said('_Callback({"data": {"items": [{"昵称": "阿圆"}]}});'.encode("gb18030")))
    [found] = documents(settings(web))
    assert [fragment.body.decode() for fragment in found.fragments or ()] == ['{"昵称": "阿圆"}']


# ---- errors in the clothes of a success ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (
            {"errcode": 40001, "errmsg": "invalid credential"},
            r"error 40001 \(invalid credential\): the credentials have exp",
        ),
        (
            {"errcode": 45009, "errmsg": "reach max api daily quota limit"},
            r"error 45009 \(reach max.*\): asked too often",
        ),
        ({"errcode": 40013, "errmsg": "invalid appid"}, r"error 40013 \(invalid appid\); look the code up"),
        ({"base_resp": {"ret": 200003, "err_msg": "invalid session"}}, r"error 200003 .*credentials have expired"),
        (
            {"data": {"error_code": 2190008, "description": "access_token过期"}},
            r"error 2190008 .*credentials have expired",
        ),
        (
            {"data": {"error_code": 2100004, "description": "系统繁忙"}},
            r"error 2100004 \(系统繁忙\): asked too often, or the",
        ),
        (
            {"error": {"code": "access_token_invalid", "message": ""}},
            r"error access_token_invalid \(no message\): the cred",
        ),
        (
            {"error": {"code": "rate_limit_exceeded", "message": "slow"}},
            r"error rate_limit_exceeded \(slow\): asked too",
        ),
        (
            {"error_code": 21327, "error": f"expired {SECRET}"},
            r"error 21327 \(expired …\): the credentials have expired",
        ),
        ({"error_code": 10023, "error": "out of rate limit"}, r"error 10023 \(out of rate limit\): asked too often"),
    ],
)
def test_an_error_in_a_success_is_told_for_what_it_is(web: Web, answer: object, complaint: str) -> None:
    web.says(answer)
    with pytest.raises(SourceError, match=rf"/posts page 1: answered with {complaint}"):
        documents(settings(web, records=None, params={"access_token": SECRET}))


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 0},
        {"errcode": "0"},
        {"base_resp": {"ret": 0}},
        {"error": {"code": "ok"}},
        {"error": None},
        {"errcode": ""},
    ],
)
def test_a_success_is_none(web: Web, answer: object) -> None:
    web.says(answer)
    assert len(documents(settings(web, records=None))) == 1


def test_errors_are_declared_for_what_nobody_knows(web: Web) -> None:
    errors = {"code": "status.success", "message": "status.text", "ok": [True], "wait": ["busy"], "login": [7]}
    source = settings(web, records=None, errors=errors)
    for code, complaint in (
        (False, "look the code up"),
        ("BUSY", "asked too often"),
        ("7", "credentials have expired"),
    ):
        web.says({"status": {"success": code, "text": "x"}, "errcode": 9})
        with pytest.raises(SourceError, match=complaint):
            documents(source)
    web.says({"status": {"success": True}, "errcode": 9})
    assert len(documents(source)) == 1


def test_an_error_that_passes_is_asked_again(web: Web, site: Site) -> None:
    web.says({"errcode": -1, "errmsg": "system error"}, Said(status=429), page(POSTS))
    collect(site, settings(web, attempts=3))
    assert stored(site) == ALL


def test_an_error_inside_a_run_keeps_what_came_before(web: Web, site: Site) -> None:
    web.answer = lambda asked: by_cursor(asked) if len(web.asked) < 3 else {"errcode": 42001, "errmsg": "expired"}
    source = settings(web, paging=STYLES["cursor"][1])
    with pytest.raises(SourceError, match="page 3: answered with error 42001"):
        collect(site, source)
    assert stored(site) == ALL[1:]
    assert "error 42001" in rows(site, "SELECT last_error FROM source_state")[0][0]


def test_what_is_stored_names_no_secret(web: Web, site: Site) -> None:
    web.says(page([*POSTS[:1], {"broken": 1}]))
    collect(site, settings(web, path=f"/posts?key={SECRET}", params={"token": SECRET}))
    assert web.params == [{"key": SECRET, "token": SECRET}]
    assert {origin for (origin,) in rows(site, "SELECT origin FROM raw_record")} == {web.url("/posts page 1")}
