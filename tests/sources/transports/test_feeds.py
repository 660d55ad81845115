"""Feeds: what is new is stored, what is not is not sent again, and one that fails holds back no other."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline import land
from pipeline.errors import SourceError
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources.transports import feeds
from tests import world
from tests.sources.samples import window_of
from tests.sources.transports.web import Asked, Said, Web, web
from tests.stepping import rows, video

__all__ = ["web"]

SECRET = "s3cret-token-0123456789"


def settings(web: Web, *paths: str, **table: Any) -> SourceSettings:
    """Feeds of one record each, in a format whose documents may be a single record."""
    described = {"urls": [web.url(path) for path in paths], "requests_per_minute": 60_000, "attempts": 1, **table}
    return msgspec.convert({"format": "douyin-mediacrawler", "transport": "feeds", "feeds": described}, SourceSettings)


def collect(site: Site, source: SourceSettings) -> land.Counts:
    site.settings = msgspec.structs.replace(site.settings, source={"douyin": source})
    return land.collect(site, "douyin", *site.interval(world.DAY))


def stored(site: Site) -> list[str]:
    return [i for (i,) in rows(site, "SELECT platform_post_id FROM post ORDER BY platform_post_id")]


def post(number: int) -> bytes:
    return video(number, f"大蒜水包治百病，家家都要备{number}")


class Versioned:
    """Feeds that know what whoever asks has already."""

    def __init__(self) -> None:
        self.numbers = {"/a": 1, "/b": 2}

    def __call__(self, asked: Asked) -> Said:
        number = self.numbers[asked.path]
        if asked.headers.get("If-None-Match") == f'"{number}"':
            return Said(status=304)
        stamp = "Fri, 20 Nov 2026 01:00:00 GMT"
        return Said(post(number), headers={"ETag": f'"{number}"', "Last-Modified": stamp})


def test_what_has_not_changed_is_not_sent_again(web: Web, site: Site) -> None:
    web.answer = feed = Versioned()
    source = settings(web, "/a", f"/b?key={SECRET}")
    assert collect(site, source)["records"] == 2
    feed.numbers["/a"] = 3
    assert collect(site, source)["records"] == 1
    assert stored(site) == ["1", "2", "3"]
    assert web.asked[2].headers["If-Modified-Since"] == "Fri, 20 Nov 2026 01:00:00 GMT"
    assert web.asked[3].params == {"key": SECRET}


def test_one_feed_that_fails_holds_back_no_other(web: Web, site: Site) -> None:
    web.answer = lambda asked: Said(status=404) if asked.path == "/gone" else post(1)
    with pytest.raises(SourceError, match=r"/gone feed 1: refuses \(HTTP 404\)"):
        collect(site, settings(web, "/gone", "/a"))
    assert stored(site) == ["1"]


def test_a_feed_that_could_not_be_stored_is_sent_again(web: Web, site: Site) -> None:
    """Two readers that fail in their own ways are both told of, and the sound feed between them is stored."""
    bad = Said(b'{"errcode": 1}', headers={"ETag": '"x"'})
    web.answer = lambda asked: {"/bad": bad, "/gone": Said(status=410)}.get(asked.path) or Versioned()(asked)
    source = settings(web, "/bad", "/a", "/gone")
    source = msgspec.structs.replace(source, format="wechat-freepublish", account_id="gh_1")
    with pytest.raises(SourceError, match=r"(?s)/bad feed 1: WeChat answered with error 1 .*/gone feed 3: .*HTTP 410"):
        collect(site, source)
    with pytest.raises(SourceError):
        collect(site, source)
    headers = [asked.headers.get("If-None-Match") for asked in web.asked]
    assert headers == [None, None, None, None, '"1"', None]


def test_what_is_stored_names_no_secret(web: Web, site: Site) -> None:
    web.answer = Versioned()
    collect(site, settings(web, f"/a?key={SECRET}", headers={"Cookie": SECRET}))
    assert rows(site, "SELECT origin FROM raw_record") == [(web.url("/a feed 1"),)]
    assert SECRET not in str(rows(site, "SELECT cursor FROM source_state"))


def test_a_version_too_odd_to_repeat_is_not_kept(web: Web) -> None:
    web.says(Said(b"{}", headers={"ETag": "x" * 2000}))
    source = settings(web, "/a")
    for document in feeds.documents(source, Path(), window_of(world.DAY)):
        if document.acknowledge:
            document.acknowledge()
    assert document.cursor is not None
    assert list(document.cursor["feeds"].values()) == [{}]
