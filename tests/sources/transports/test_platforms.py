"""The platforms' interfaces as their documentation describes them, through their formats."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline import land
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources import open_source
from tests import world
from tests.sources.samples import PAGES, RECORDS, window_of
from tests.sources.transports.web import Said, Web, web
from tests.stepping import rows

__all__ = ["web"]

INTERFACES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "tiktok-researchapi": (
        {
            "method": "POST",
            "params": {"fields": "id,username"},
            "body": {"max_count": 100},
            "paging": {
                "style": "cursor",
                "next": "data.cursor",
                "more": "data.has_more",
                "echo": {"search_id": "data.search_id"},
            },
        },
        [{"data": {"has_more": True, "cursor": 100, "search_id": "72"}}, {"data": {"has_more": False, "cursor": 101}}],
        [{"max_count": 100}, {"max_count": 100, "cursor": 100, "search_id": "72"}],
    ),
    "douyin-openplatform": (
        {
            "params": {"open_id": "o1", "count": 20},
            "paging": {"style": "cursor", "next": "data.cursor", "more": "data.has_more", "first": 0},
        },
        [{"data": {"has_more": True, "cursor": 1781226061000}}, {"data": {"has_more": False, "cursor": 0}}],
        [
            {"open_id": "o1", "count": "20", "cursor": "0"},
            {"open_id": "o1", "count": "20", "cursor": "1781226061000"},
        ],
    ),
    "wechat-freepublish": (
        {
            "method": "POST",
            "params": {"access_token": "t"},
            "paging": {"style": "offset", "count": "count", "size": 1, "total": "total_count", "items": "item"},
        },
        [{"total_count": 2}, {"total_count": 2}],
        [{"offset": 0, "count": 1}, {"offset": 1, "count": 1}],
    ),
    "youku-openapi": (
        {"paging": {"style": "page", "count": "count", "size": 1, "total": "total", "items": "videos"}},
        [{"total": 2}, {"total": 2}],
        [{"page": "1", "count": "1"}, {"page": "2", "count": "1"}],
    ),
    "weibo-openapi": (
        {"paging": {"style": "ids", "items": "statuses", "id": "idstr"}, "reads": "stream"},
        [{}, {"statuses": []}],
        [{}, {"max_id": RECORDS["weibo-openapi"]["idstr"]}],
    ),
}


def merged(page: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    both = {
        k: merged(page[k], v) if isinstance(v, dict) and isinstance(page.get(k), dict) else v
        for k, v in members.items()
    }
    return {**page, **both}


@pytest.mark.parametrize("name", INTERFACES)
def test_an_interface_is_read_as_it_is_documented(web: Web, name: str) -> None:
    table, members, asked = INTERFACES[name]
    page = json.loads(PAGES[name] % json.dumps([RECORDS[name]]))
    web.says(*(merged(page, changed) for changed in members))
    described = {"url": web.url("/list"), "requests_per_minute": 60_000, **table}
    settings = msgspec.convert(
        {"format": name, "transport": "http", "account_id": "a1", "http": described}, SourceSettings
    )
    source = open_source("test", settings, Path())
    posts = [
        source.parse(fragment)
        for document in source.documents(window_of(world.DAY))
        for fragment in source.split(document)
    ]
    assert len(posts) == sum(changed.get("statuses", 1) != [] for changed in members)
    assert [dict(a.json if a.method == "POST" else a.params) for a in web.asked] == asked


WEMP_RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>社区厨房笔记</title>
<link>http://127.0.0.1:8001/</link><generator>Mp-We-Rss</generator><item><id>MP_WXS_3200000001-2660000009_1</id>
<title>冬天怎么囤白菜</title><description>白菜先晒两天</description><guid>https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOp</guid>
<link>https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOp</link><pubDate>Wed, 12 Nov 2025 08:00:00 </pubDate></item>
</channel></rss>"""
WEWE_ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>http://127.0.0.1:4000/feeds/MP_WXS_3200000001.atom</id>
<title>社区厨房笔记</title><entry><title type="html">冬天怎么囤白菜</title><id>AbCdEfGhIjKlMnOpQrStUw</id>
<link href="https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw"/><updated>2025-11-12T00:00:00.000Z</updated></entry></feed>"""
JSON_FEED = PAGES["rsshub-jsonfeed"] % json.dumps([RECORDS["rsshub-jsonfeed"]])


@pytest.mark.parametrize(
    ("name", "feed"),
    [("wechat-wemprss", WEMP_RSS), ("wechat-wewerss", WEWE_ATOM), ("rsshub-jsonfeed", JSON_FEED)],
)
def test_a_feed_of_each_kind_becomes_posts(web: Web, site: Site, name: str, feed: str) -> None:
    web.says(Said(feed.encode()))
    table = {"urls": [web.url("/feed")], "requests_per_minute": 60_000}
    found = msgspec.convert({"format": name, "transport": "feeds", "feeds": table}, SourceSettings)
    site.settings = msgspec.structs.replace(site.settings, source={"feed": found})
    counts = land.collect(site, "feed", *site.interval(world.DAY))
    assert (counts["records"], counts["quarantined"]) == (1, 0)
    assert len(rows(site, "SELECT FROM post")) == 1
