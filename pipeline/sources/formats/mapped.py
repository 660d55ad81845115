"""Records of any shape, read by the paths of a map in the configuration.

`data.author.id` is a path; a number in it counts in an array, from 0. What follows a path says more: `path?` may be
missing, `path=word` is a yes where the record says that word. `=word` is a constant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from pipeline.errors import ConfigError, RecordError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.containers.split import Page, split
from pipeline.sources.contract import Format, Record
from pipeline.sources.document import Document
from pipeline.sources.values import MILLISECONDS, SECONDS
from pipeline.stream_settings import MapSettings, Paths, as_paths

_MISSING = object()
_NO: tuple[object, ...] = (None, "", "0", "0.0", "false", "no", "none", "null", "nan", [], {})
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class _Path:
    """One path of the map, understood."""

    written: str
    names: tuple[str, ...] = ()
    may_be_missing: bool = False
    wanted: str | None = None
    """The word that makes it a yes."""
    constant: str | None = None


@cache
def _understood(paths: Paths) -> tuple[_Path, ...]:
    return tuple(map(_path, as_paths(paths)))


def _path(written: str) -> _Path:
    path, sign, word = written.partition("=")
    if not path:
        return _Path(written, constant=word)
    names = tuple(path.removesuffix("?").split("."))
    return _Path(path.removesuffix("?"), names, path.endswith("?"), wanted=word if sign else None)


def _at(value: object, names: tuple[str, ...]) -> object:
    """What lies at a path. A member whose own name has dots, as in a table's header, comes first."""
    if not names:
        return value
    if isinstance(value, dict):
        whole = ".".join(names)
        return value[whole] if whole in value else _at(value.get(names[0], _MISSING), names[1:])
    if isinstance(value, list) and names[0].isascii() and names[0].isdecimal() and len(names[0]) < 10:
        index = int(names[0])
        return _at(value[index], names[1:]) if index < len(value) else _MISSING
    return _MISSING


class _Reader:
    """The values of one record, by the keys of the map."""

    def __init__(self, record: Record, source: SourceSettings) -> None:
        self.map, self.source = _map(source), source
        self._record = record

    def found(self, key: str) -> dict[str, Any]:
        """What the record says at the paths of a key, by path. Raises RecordError `missing` if it has none of them."""
        understood = self._paths(key)
        found = {
            p.written: value
            for p in understood
            if (value := _at(self._record, p.names) if p.constant is None else p.constant) is not _MISSING
        }
        if understood and not found and not any(p.may_be_missing for p in understood):
            raise RecordError("missing", self._advice(key, understood))
        return found

    def _paths(self, key: str) -> tuple[_Path, ...]:
        table: object = self.map
        for name in key.split("."):
            table = getattr(table, name)
        return _understood(cast(Paths, table))

    def _advice(self, key: str, understood: tuple[_Path, ...]) -> str:
        named = " or ".join(f"`{p.written}`" for p in understood)
        cut = f" (or records = {self.map.records!r}, where the record is a page)" if self.map.records else ""
        return f"no {named}; correct {key} in the source's map{cut}, or write `{understood[0].written}?` if it may be"

    def text(self, key: str) -> str:
        found = self.found(key)
        return values.text(found, *found)

    def identifier(self, key: str) -> str:
        found = self.found(key)
        return values.identifier(found, *found)

    def time(self, key: str) -> datetime | None:
        found = self.found(key)
        if self.map.times == "text":
            zone = ZoneInfo(self.source.zone) if self.source.zone else values.SHANGHAI
            return values.clock_text(found, *found, zone=zone)
        return values.epoch(found, *found, unit=SECONDS if self.map.times == "seconds" else MILLISECONDS)

    def is_so(self, key: str) -> bool | None:
        """Whether any path says yes; None where none is there."""
        found = self.found(key)
        return any(_says_yes(found.get(p.written), p.wanted) for p in self._paths(key)) if found else None

    def platform(self) -> Platform:
        if self.map.platform in list(Platform):
            return Platform(self.map.platform)
        found = self.found("platform")
        return values.platform(found, *found)

    def post_id(self) -> str:
        found = self.found("id")
        return values.required_id(found, *(found or [p.written for p in self._paths("id")]))

    def counts(self) -> dict[Metric, Count]:
        counts = {}
        for metric in Metric:
            found = self.found(f"counts.{metric}")
            number = values.count(found, *found)
            if number.value is not None:
                counts[metric] = number
        return counts


def _says_yes(value: object, wanted: str | None) -> bool:
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int | float):
        value = str(value) if abs(value) < _LARGEST else ""
    if isinstance(value, str):
        value = value.strip().lower()
    return value not in _NO if wanted is None else value == wanted.lower()


def _map(source: SourceSettings) -> MapSettings:
    if source.map is None:
        raise ConfigError('format = "mapped" needs the source\'s table map')
    return source.map


def _split(document: Document, source: SourceSettings) -> Iterator[Fragment]:
    records = _map(source).records
    return split(document, source, Page(records=(tuple(records.split(".")),) if records else ()))


def _identify(record: Record, fragment: Fragment, source: SourceSettings) -> str:
    return _Reader(record, source).post_id()


def _read(record: Record, fragment: Fragment, source: SourceSettings) -> list[ParsedPost]:
    reader = _Reader(record, source)
    platform, post_id = reader.platform(), reader.post_id()
    if reader.is_so("is_deleted"):  # what announces a deletion may hold nothing else
        return [ParsedPost(platform=platform, platform_post_id=post_id, account_id="", is_deleted=True)]
    url, followers = reader.found("url"), reader.found("follower_count")
    return [
        ParsedPost(
            platform=platform,
            platform_post_id=post_id,
            account_id=values.account(reader.identifier("account_id"), source, "account_id of the source's map"),
            account_name=reader.text("account_name") or source.account_name,
            follower_count=values.count(followers, *followers),
            url=values.web_address(url, *url),
            posted_at=reader.time("posted_at"),
            edited_at=reader.time("edited_at"),
            observed_at=reader.time("observed_at"),
            title=reader.text("title"),
            text=reader.text("text"),
            is_html=reader.map.html,
            transcript=reader.text("transcript"),
            reposted_text=reader.text("reposted_text"),
            counts=reader.counts(),
            has_media=bool(reader.is_so("has_media")),
            is_private=bool(reader.is_so("is_private")),
            is_truncated=bool(reader.is_so("is_truncated")),
            is_sponsored=reader.is_so("is_sponsored"),
        )
    ]


MAPPED = Format(
    name="mapped",
    platform=None,
    split=_split,
    recognises=lambda record: False,
    identify=_identify,
    read=_read,
)

FORMATS = (MAPPED,)
