"""The requests of the transport `http`: what configuration says, with the window, an account and a page filled in."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx2

from pipeline.sources.document import Window
from pipeline.sources.transports.client import Client
from pipeline.sources.transports.paging import Members, Position
from pipeline.web_settings import EPOCHS, PLACEHOLDER, HttpSettings


class Requests:
    """What one run asks for one value of `each`."""

    def __init__(self, settings: HttpSettings, window: Window, value: str) -> None:
        self._settings = settings
        zone = ZoneInfo(settings.zone) if settings.zone else window.start.tzinfo
        self.start = (window.start - timedelta(minutes=settings.overlap_minutes)).astimezone(zone)
        end = window.end.astimezone(zone)
        times = {"start": self.start, "end": end, "last": end - timedelta(seconds=1)}
        self._times: Mapping[str, date] = {**times, "date": window.day}
        self._numbers = {name: int(times[time].timestamp() * factor) for name, (time, factor) in EPOCHS.items()}
        self._value = value
        self._url = httpx2.URL(self._text(settings.url, quote(value, safe="")))
        params = {name: str(self._filled(text)) for name, text in settings.params.items()}
        self.own: Mapping[str, str] = {**self._url.params, **params}
        """The parameters of every request; they may be secrets."""
        self._value_shown = f" ({value})" if value else ""

    def origin(self, number: int) -> str:
        """How the page of a number is called: by nothing that could be a secret."""
        return f"{self._url.copy_with(query=None)}{self._value_shown} page {number}"

    def request(self, client: Client, position: Position, members: Members) -> httpx2.Request:
        """The request for the page at a position; a body, where there is one, holds what the page needs."""
        settings = self._settings
        url = self._url.join(position["path"]) if "path" in position else self._url
        params = {**self.own, **dict(position.get("params", ()))}
        if settings.method == "GET":
            return client.request("GET", url, params={**params, **members})
        if settings.body_as == "form":
            return client.request("POST", url, params=params, data={**self._filled(settings.body), **members})
        body = self._filled(settings.body)
        for name, value in members.items():
            _put(body, name, value)
        return client.request("POST", url, params=params, json=body)

    def _filled(self, value: Any) -> Any:
        """A value with every placeholder in it filled in, as a copy; `{start_epoch}` alone becomes a number."""
        if isinstance(value, Mapping):
            return {name: self._filled(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._filled(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if value[1:-1] in self._numbers and PLACEHOLDER.fullmatch(value):
            return self._numbers[value[1:-1]]
        return self._text(value, self._value)

    def _text(self, text: str, value: str) -> str:
        return PLACEHOLDER.sub(lambda found: self._written(found, value), text)

    def _written(self, found: re.Match[str], value: str) -> str:
        name, style = found.groups()
        if name == "each":
            return value
        if name in self._numbers:
            return str(self._numbers[name])
        moment = self._times[name]
        if style:
            return moment.strftime(style)
        return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else moment.isoformat()


def _put(body: dict[str, Any], name: str, value: object) -> None:
    """Set a member by its dotted name."""
    *outer, last = name.split(".")
    for key in outer:
        inner = body.get(key)
        body[key] = inner if isinstance(inner, dict) else {}
        body = body[key]
    body[last] = value
