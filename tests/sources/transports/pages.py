"""Servers that cut a list of posts into pages, one for every style of paging, and sources that read them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pipeline import land
from pipeline.site import Site
from pipeline.source_settings import SourceSettings
from pipeline.sources.document import Document
from pipeline.sources.transports import http
from tests import world
from tests.sources.samples import window_of
from tests.sources.transports.web import Asked, Said, Web
from tests.stepping import rows, video

SECRET = "s3cret-token-0123456789"
QUICK = {"requests_per_minute": 60_000, "timeout_seconds": 2.0, "attempts": 1}
POSTS: list[Any] = [json.loads(video(number, f"大蒜水包治百病，家家都要备{number}")) for number in range(7, 0, -1)]
"""Newest first."""


def settings(web: Web, *, format: str = "douyin-mediacrawler", path: str = "/posts", **table: Any) -> SourceSettings:
    described = {"url": web.url(path), "records": "data.items", **QUICK, **table}
    found = {"format": format, "transport": "http", "http": {k: v for k, v in described.items() if v is not None}}
    return msgspec.convert(found, SourceSettings)


def collect(site: Site, source: SourceSettings) -> land.Counts:
    site.settings = msgspec.structs.replace(site.settings, source={"douyin": source})
    return land.collect(site, "douyin", *site.interval(world.DAY))


def documents(source: SourceSettings, cursor: Mapping[str, Any] | None = None) -> list[Document]:
    return list(http.documents(source, Path(), window_of(world.DAY, cursor)))


def stored(site: Site) -> list[str]:
    return [i for (i,) in rows(site, "SELECT platform_post_id FROM post ORDER BY platform_post_id")]


def cursor(site: Site) -> Any:
    return rows(site, "SELECT cursor FROM source_state")[0][0]


ALL = [str(number) for number in range(1, 8)]


def page(items: list[Any], **members: Any) -> dict[str, Any]:
    return {"data": {"items": items, **members}}


def part(start: int, size: int = 3) -> list[Any]:
    return POSTS[start : start + size]


# ---- every style ------------------------------------------------------------------------------------------


def by_cursor(asked: Asked) -> object:
    start = int(asked.params.get("cursor", 0))
    return page(part(start), cursor=start + 3, has_more=start + 3 < len(POSTS))


def by_offset(asked: Asked) -> object:
    return page(part(int(asked.params["offset"]), int(asked.params["count"])), total=len(POSTS))


def by_page(asked: Asked) -> object:
    return page(part(3 * int(asked.params["page"]) - 3))


def by_ids(asked: Asked) -> object:
    """As Weibo does: `max_id` itself comes again."""
    high, low = int(asked.params.get("max_id", 99)), int(asked.params.get("since_id", 0))
    return page([post for post in POSTS if low < int(post["aweme_id"]) <= high][:3])


def by_header(asked: Asked) -> object:
    start = int(asked.params.get("from", 0))
    link = {"Link": f'</posts?from={start + 3}>; rel="next"'} if start + 3 < len(POSTS) else {}
    return Said(page(part(start)), headers=link)


def by_link(asked: Asked) -> object:
    start = int(asked.params.get("from", 0))
    query = f"?from={start + 3}&access_token={asked.params.get('access_token')}"
    return page(part(start), next=query if start + 3 < len(POSTS) else None)


STYLES = {
    "cursor": (by_cursor, {"style": "cursor", "next": "data.cursor", "more": "data.has_more"}),
    "offset": (by_offset, {"style": "offset", "count": "count", "size": 3, "total": "data.total"}),
    "page": (by_page, {"style": "page"}),
    "ids": (by_ids, {"style": "ids", "id": "aweme_id"}),
    "header": (by_header, {"style": "link"}),
    "link": (by_link, {"style": "link", "next": "data.next"}),
}
