"""The transport `http`: pages of JSON, asked for as the table [source.<name>.http] says.

The cursor holds, for each value of `each`, where the next page begins. Of a window, only values that are not done yet
are in it, so that a run that broke off goes on and any other begins anew; of a stream it holds all of them, for ever.
"""

import hashlib
import io
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from pipeline.errors import ConfigError, RecordError, SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, splitter
from pipeline.sources.document import Cursor, Document, Window
from pipeline.sources.transports import answers
from pipeline.sources.transports.answers import BusyError, LoginError
from pipeline.sources.transports.client import Client, Reply
from pipeline.sources.transports.paging import Answer, Position, Step, is_halfway, pager
from pipeline.sources.transports.requests import Requests
from pipeline.sources.values import SECONDS
from pipeline.web_settings import HttpSettings

log = logging.getLogger(__name__)


_MISSING = object()


def documents(source: SourceSettings, root: Path, window: Window) -> Iterator[Document]:
    """Yield a page after the other, each with the cursor that goes on after it.

    One value of `each` that fails does not hold back the others. Raises SourceError, ConfigError.
    """
    settings = source.http
    if settings is None:
        raise ConfigError('transport = "http" needs the table http of its source')
    said = [*settings.params.values(), *settings.body.values(), *httpx2.URL(settings.url).params.values()]
    with Client(settings, settings.errors, [value for value in said if isinstance(value, str)]) as client:
        yield from _Run(source, settings, window, client).documents()


class _Run:
    """One reading of one source."""

    def __init__(self, source: SourceSettings, settings: HttpSettings, window: Window, client: Client) -> None:
        self._source = source
        self._settings = settings
        self._window = window
        self._client = client
        self._pager = pager(settings.paging)
        self._is_stream = settings.reads == "stream"
        self._plan = _plan(settings, window)
        self._places = self._known_places()
        """Where each value goes on: `page`, its number, and `at`, its position; empty: at its beginning."""

    def _known_places(self) -> dict[str, dict[str, Any]]:
        all_values = self._settings.each or ("",)
        if self._window.cursor.get("plan") != self._plan:
            return {value: {} for value in all_values}
        known = self._window.cursor["places"]
        return {value: known.get(value, {}) for value in all_values if self._is_stream or value in known}

    def documents(self) -> Iterator[Document]:
        failures: list[str] = []
        for value in list(self._places):
            try:
                yield from self._pages_of(value)
            except (BusyError, LoginError) as error:
                raise SourceError("\n".join([*failures, str(error)])) from None
            except SourceError as error:
                failures.append(str(error))
        if failures:
            raise SourceError("\n".join(failures))

    def _pages_of(self, value: str) -> Iterator[Document]:
        """All pages of a value; what a server no longer remembers of a window that broke off is read anew."""
        was_halfway = is_halfway(self._places[value].get("at", {}))
        pages = self._walk(value)
        try:
            first = next(pages)
        except (BusyError, LoginError):
            raise
        except SourceError as error:
            if self._is_stream or not self._places[value]:
                raise
            log.warning("%s; the window is read again from its beginning", error)
            self._places[value] = {}
            pages = self._walk(value)
        else:
            yield first
        yield from pages
        if was_halfway and self._is_stream:
            yield from self._walk(value)

    def _walk(self, value: str) -> Iterator[Document]:
        requests = Requests(self._settings, self._window, value)
        at: Position = self._places[value].get("at", {})
        first = self._places[value].get("page", 1)
        trail = _Trail(at)
        for number in range(first, first + self._settings.max_pages):
            answer, body = self._ask(requests, at, number)
            try:
                step = trail.checked(self._pager.after(at, answer), answer)
            except SourceError:
                yield self._document(answer, body, None)
                raise
            following = None if self._is_old(answer, requests.start) else step.next
            self._move(value, number + 1, following, step.rest)
            yield self._document(answer, body, self._cursor())
            if following is None:
                return
            at = following
        limit = self._settings.max_pages
        raise SourceError(f"{requests.origin(number)}: there is more after max_pages = {limit}; run it again to go on")

    def _ask(self, requests: Requests, at: Position, number: int) -> tuple[Answer, bytes]:
        origin = requests.origin(number)

        def read(reply: Reply) -> tuple[Answer, bytes]:
            page = answers.read_page(reply.body, origin, reply.content_type)
            self._client.fail_if_error(page, origin)
            items = self._items(page, origin)
            answer = Answer(
                origin=origin, page=page, items=items, url=reply.url, own=requests.own, next_link=reply.next_link
            )
            return answer, reply.body

        return self._client.ask(requests.request(self._client, at, self._pager.members(at)), origin, read)

    def _items(self, page: Any, origin: str) -> list[Any]:
        """The records of a page, to be counted; empty where it is only for the format to know where they are."""
        path = (self._settings.paging and self._settings.paging.items) or self._settings.records
        if not path:
            return []
        found = answers.at(page, path, _MISSING)
        if found is None or (found is _MISSING and self._settings.records_optional):
            return []
        if not isinstance(found, list):
            what = "has no" if found is _MISSING else "has no array at"
            raise SourceError(f"{origin}: the page {what} `{path}`; correct `records` or `items`")
        return found

    def _is_old(self, answer: Answer, start: datetime) -> bool:
        """Whether a page of a list from new to old has nothing that is new enough."""
        path = self._settings.newest_first_by
        moments = [_moment(item, path) for item in answer.items] if path else []
        return bool(moments) and all(moment and moment < start for moment in moments)

    def _move(self, value: str, number: int, following: Position | None, rest: Position) -> None:
        if self._is_stream:
            self._places[value] = {"at": rest if following is None else following}
        elif following is None:
            del self._places[value]
        else:
            self._places[value] = {"page": number, "at": following}

    def _cursor(self) -> Cursor:
        return {"plan": self._plan, "places": dict(self._places)} if self._places else {}

    def _document(self, answer: Answer, body: bytes, cursor: Cursor | None) -> Document:
        document = Document(origin=answer.origin, open=partial(io.BytesIO, body), cursor=cursor)
        path = tuple(filter(None, self._settings.records.split(".")))
        if not path:
            return document
        fragments: Iterable[Fragment] = ()
        if answer.items:
            fragments = splitter(Page(records=(path,)))(document, self._source)
        return replace(document, fragments=fragments)


class _Trail:
    """Where a walk has been, so that it does not go in a circle."""

    def __init__(self, start: Position) -> None:
        self._known = {_written(start)}
        self._records: list[Any] = []

    def checked(self, step: Step, answer: Answer) -> Step:
        """Return the step. Raises SourceError where it leads back, or the server gave the same page twice."""
        if len(answer.items) > 1 and answer.items == self._records:
            raise SourceError(f"{answer.origin}: the same records as on the page before; correct `paging`")
        self._records = answer.items
        if step.next is not None and _written(step.next) in self._known:
            raise SourceError(f"{answer.origin}: leads back to a page that was read already; correct `paging`")
        self._known.add(_written(step.next))
        return step


def _plan(settings: HttpSettings, window: Window) -> str:
    """What a position belongs to: this way of paging and, unless it goes on for ever, this window."""
    what: list[object] = [settings.paging]
    if settings.reads == "window":
        what += [settings.url, settings.each, window.start, window.end]
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]


def _written(position: Position | None) -> str:
    return json.dumps(position, sort_keys=True)


def _moment(item: Any, path: str) -> datetime | None:
    """A record's time; None where it cannot be read."""
    value = answers.at(item, path)
    is_number = isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal())
    try:
        found = {path: value}
        return values.epoch(found, path, unit=SECONDS) if is_number else values.clock_text(found, path)
    except RecordError:
        return None
