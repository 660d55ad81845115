"""Whatever a server says, a page leads to a position that survives JSON, or is refused."""

import contextlib
import json
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.sources.transports import answers
from pipeline.sources.transports.paging import Answer, pager
from pipeline.web_settings import Paging

STYLES = [
    {"style": "cursor", "next": "next", "more": "more", "echo": {"search": "echo"}},
    {"style": "cursor", "next": "next"},
    {"style": "offset", "total": "total", "more": "more"},
    {"style": "page", "total": "total"},
    {"style": "ids", "id": "id", "more": "more"},
    {"style": "ids", "id": "id", "max": ""},
    {"style": "link", "next": "next"},
]
ODD = st.sampled_from(
    ["", "0", "-1", "true", "١٢", "\0", "x" * 9000, "?p=1", "//elsewhere/", "http://[", "\ud800", "/a/../%2e"]
)
SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=9) | ODD
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
PAGES = st.dictionaries(st.sampled_from(["next", "more", "total", "echo"]), VALUES)
ITEMS = st.lists(VALUES | st.fixed_dictionaries({"id": VALUES}), max_size=3)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(map(str, style.values())))
@given(pages=st.lists(st.tuples(PAGES, ITEMS), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_every_page_leads_somewhere_or_is_refused(style: Any, pages: list[tuple[Any, list[Any]]]) -> None:
    found = pager(msgspec.convert(style, Paging))
    position: Any = {}
    for page, items in pages:
        url = httpx2.URL("https://api.example/posts?key=1")
        answer = Answer(origin="page", page=page, items=items, url=url, own={"key": "1"})
        try:
            step = found.after(position, answer)
        except SourceError:
            return
        position = step.rest if step.next is None else step.next
        assert json.loads(json.dumps(position)) == position
        assert len(json.dumps(position)) < 60_000
        assert all(type(value) in (str, int) for value in found.members(position).values())


@given(page=VALUES)
@settings(max_examples=60, deadline=None)
def test_whatever_is_no_page_is_refused(page: Any) -> None:
    body = json.dumps(page).encode()
    with contextlib.suppress(SourceError):
        answers.complaint(answers.read_page(body, "page", ""), None, str)


@given(body=st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_bytes_that_are_no_page_are_refused(body: bytes) -> None:
    with contextlib.suppress(SourceError):
        assert isinstance(answers.read_page(body, "page", ""), dict | list)
