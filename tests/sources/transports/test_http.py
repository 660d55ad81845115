"""Pages of JSON: every style of paging, what a request says, and what goes on where it broke off."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceError
from pipeline.site import Site
from pipeline.sources.transports import http
from tests import world
from tests.sources.samples import TIKTOK, window_of
from tests.sources.transports import pages
from tests.sources.transports.pages import (
    ALL,
    POSTS,
    SECRET,
    STYLES,
    by_cursor,
    by_ids,
    collect,
    cursor,
    documents,
    page,
    settings,
    stored,
)
from tests.sources.transports.web import Asked, Said, Web, web
from tests.stepping import video

__all__ = ["web"]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_reads_all_pages_and_begins_anew_the_next_time(web: Web, site: Site, style: str) -> None:
    web.answer, paging = STYLES[style]
    source = settings(web, paging=paging)
    assert collect(site, source)["documents"] >= 3
    assert (stored(site), cursor(site)) == (ALL, {})
    asked = len(web.asked)
    collect(site, source)
    assert web.params[asked:] == web.params[:asked]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_goes_on_where_it_broke_off(web: Web, style: str) -> None:
    web.answer, paging = STYLES[style]
    source = settings(web, paging=paging, params={"access_token": SECRET})
    whole = documents(source)
    assert SECRET not in str([document.cursor for document in whole])
    asked = web.params[2:]
    documents(source, whole[1].cursor)
    assert web.params[-len(asked) :] == asked
    assert asked[0]["access_token"] == SECRET


def test_what_was_stored_before_a_run_broke_off_is_not_asked_for_again(web: Web, site: Site) -> None:
    source = settings(web, paging=STYLES["cursor"][1])
    web.answer = lambda asked: by_cursor(asked) if len(web.asked) < 3 else Said(status=502)
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:\d+/posts page 3: is busy or fails \(HTTP 502\)"):
        collect(site, source)
    assert stored(site) == ALL[1:]
    web.answer = by_cursor
    collect(site, source)
    assert (stored(site), [params.get("cursor") for params in web.params]) == (ALL, [None, "3", "6", "6"])


def test_a_single_page_is_cut_by_its_format(web: Web, site: Site) -> None:
    web.says({"data": {"videos": [TIKTOK], "has_more": False}, "error": {"code": "ok"}})
    collect(site, settings(web, format="tiktok-researchapi", records=None))
    assert stored(site) == [str(TIKTOK["id"])]


def test_the_bytes_of_a_record_are_as_they_came(web: Web) -> None:
    web.says(Said(b'{"data":{"items": [ {"a" : 1.0}, {"b":2} ]}}', headers={"Content-Type": "text/plain"}))
    [found] = documents(settings(web))
    assert [fragment.body for fragment in found.fragments or ()] == [b'{"a" : 1.0}', b'{"b":2}']


# ---- requests -----------------------------------------------------------------------------------------------


def test_a_request_says_the_window_the_cursor_and_what_is_echoed(web: Web) -> None:
    web.says(
        page([], cursor=100, has_more=True, search_id="7201"),
        page([], cursor=200, has_more=False, search_id="7201"),
    )
    documents(
        settings(
            web,
            method="POST",
            params={"fields": "id,username"},
            headers={"Authorization": f"Bearer {SECRET}"},
            body={
                "start_date": "{start:%Y%m%d}",
                "end_date": "{last:%Y%m%d}",
                "since": "{start_epoch}",
                "day": "{date}",
            },
            zone="UTC",
            overlap_minutes=60,
            paging={
                "style": "cursor",
                "cursor": "page.cursor",
                "next": "data.cursor",
                "more": "data.has_more",
                "echo": {"search_id": "data.search_id"},
            },
        )
    )
    window = {"start_date": "20261119", "end_date": "20261120", "since": 1795100400, "day": "2026-11-20"}
    assert [asked.json for asked in web.asked] == [
        window,
        {**window, "page": {"cursor": 100}, "search_id": "7201"},
    ]
    assert web.asked[0].params == {"fields": "id,username"}
    assert web.asked[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_times_are_written_in_the_sites_zone_unless_told_otherwise(web: Web) -> None:
    web.says(page([]))
    documents(settings(web, params={"from": "{start}", "to": "{end_ms}"}))
    assert web.params == [{"from": "2026-11-20T00:00:00+08:00", "to": "1795190400000"}]


def test_a_form_is_sent_as_a_form(web: Web) -> None:
    web.says(page([]))
    paging = {"style": "page"}
    documents(settings(web, method="POST", body={"uin": "{each}"}, body_as="form", each=["10001"], paging=paging))
    assert web.asked[0].body == b"uin=10001&page=1"


def test_accounts_are_read_one_after_the_other(web: Web) -> None:
    web.says(page([]))
    found = documents(settings(web, path="/users/{each}/posts?lang=zh", each=["a/b", "阿圆"]))
    assert [asked.path for asked in web.asked] == ["/users/a%2Fb/posts", "/users/%E9%98%BF%E5%9C%86/posts"]
    assert [d.origin.partition("/users/")[2] for d in found] == [
        "a%2Fb/posts (a/b) page 1",
        "%E9%98%BF%E5%9C%86/posts (阿圆) page 1",
    ]


def test_an_account_that_fails_holds_back_no_other_and_is_read_the_next_time(web: Web, site: Site) -> None:
    def answer(asked: Asked) -> object:
        return Said(status=404) if asked.params["user"] == "b" and len(web.asked) < 4 else page([POSTS[len(web.asked)]])

    web.answer = answer
    source = settings(web, params={"user": "{each}"}, each=["a", "b", "c"])
    with pytest.raises(SourceError, match=r"/posts \(b\) page 1: refuses \(HTTP 404\)"):
        collect(site, source)
    collect(site, source)
    assert [params["user"] for params in web.params] == ["a", "b", "c", "b"]
    assert cursor(site) == {}


def test_expired_credentials_end_the_run_at_once(web: Web) -> None:
    web.says({"errcode": 40001, "errmsg": "invalid credential"})
    with pytest.raises(SourceError, match=r"\(a\) page 1: answered with error 40001"):
        documents(settings(web, params={"user": "{each}"}, each=["a", "b", "c"]))
    assert len(web.asked) == 1


# ---- windows and streams ------------------------------------------------------------------------------------


def test_what_broke_off_in_one_window_is_nothing_to_another(web: Web) -> None:
    source = settings(web, paging=STYLES["cursor"][1], params={"day": "{date}"})
    web.answer = by_cursor
    broken_off = documents(source)[0].cursor
    list(http.documents(source, Path(), window_of(world.DAY + timedelta(days=1), broken_off)))
    assert web.params[3] == {"day": "2026-11-21"}


def test_a_place_the_server_has_forgotten_is_read_anew(web: Web) -> None:
    source = settings(web, paging=STYLES["cursor"][1])
    web.answer = by_cursor
    broken_off = documents(source)[0].cursor
    web.answer = lambda asked: Said(status=400) if len(web.asked) == 4 else by_cursor(asked)
    documents(source, broken_off)
    assert [params.get("cursor") for params in web.params[3:]] == ["3", None, "3", "6"]


def test_a_stream_goes_on_after_its_newest_record(web: Web, site: Site) -> None:
    source = settings(web, reads="stream", paging=STYLES["ids"][1])
    web.answer = by_ids
    collect(site, source)
    collect(site, source)
    assert (web.params[-1], stored(site)) == ({"since_id": "7"}, ALL)


def test_a_stream_that_broke_off_is_finished_and_then_read_on(
    web: Web, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = settings(web, reads="stream", paging=STYLES["ids"][1])
    web.answer = lambda asked: by_ids(asked) if len(web.asked) < 2 else Said(status=502)
    with pytest.raises(SourceError):
        collect(site, source)
    web.answer = by_ids
    newest = json.loads(video(8, "大蒜水包治百病，家家都要备8"))
    monkeypatch.setattr(pages, "POSTS", [newest, *POSTS])
    collect(site, source)
    assert stored(site) == [*ALL, "8"]
    assert web.params[1:3] == [{"max_id": "5"}, {"max_id": "5"}]
    assert {"since_id": "7"} in web.params[3:]


@pytest.mark.parametrize(
    ("paging", "pages", "goes_on"),
    [
        ({"style": "ids", "max": "", "id": "n"}, [page([{"n": 4}, {"n": 9}]), page([])], {"since_id": "9"}),
        ({"style": "offset"}, [page([{}] * 4), page([])], {"offset": "4"}),
        ({"style": "page"}, [page([{"n": 1}]), page([{"n": 2}]), page([])], {"page": "3"}),
        ({"style": "cursor", "next": "data.c"}, [page([{"n": 1}], c="x"), page([], c="x")], {"cursor": "x"}),
        ({"style": "link", "next": "data.next"}, [page([], next="?p=2"), page([])], {"p": "2"}),
    ],
    ids=["ids", "offset", "page", "cursor", "link"],
)
def test_a_stream_of_any_style_goes_on(web: Web, paging: Any, pages: list[Any], goes_on: Any) -> None:
    web.says(*pages)
    source = settings(web, reads="stream", paging=paging)
    found = documents(source)
    documents(source, found[-1].cursor)
    assert web.params[len(pages)] == goes_on


def test_a_list_from_new_to_old_is_read_down_to_the_window(web: Web) -> None:
    times: list[Any] = [1795190000, "2026-11-20 08:00:00", "unreadable", 1795100000000, 1795099999, 1795000000]
    web.answer = lambda asked: page([{"time": t} for t in times[2 * int(asked.params["page"]) - 2 :][:2]])
    found = documents(settings(web, newest_first_by="time", overlap_minutes=60, paging={"style": "page"}))
    assert len(found) == 3
