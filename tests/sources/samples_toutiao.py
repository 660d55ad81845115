"""Toutiao's formats: one sound, fictional record of each."""

from typing import Any

RSSHUB: dict[str, Any] = {
    "id": "https://www.toutiao.com/article/7500000000000000042/",
    "url": "https://www.toutiao.com/article/7500000000000000042/",
    "title": "入冬前怎么给窗户贴保温膜",
    "content_html": "先把玻璃擦干净，量好尺寸再裁……",
    "date_published": "2025-11-12T00:00:00.000Z",
    "authors": [{"name": "老房子修修"}],
}
YT_DLP: dict[str, Any] = {
    "id": "7500000000000000042",
    "title": "入冬前怎么给窗户贴保温膜",
    "uploader": "老房子修修",
    "uploader_id": "MS4wLjABAAAAexample",
    "view_count": 6200,
    "like_count": 140,
    "comment_count": 9,
    "timestamp": 1762905600,
    "upload_date": "20251112",
    "duration": 59,
    "extractor": "toutiao",
    "extractor_key": "Toutiao",
    "webpage_url": "https://www.toutiao.com/video/7500000000000000042/?from=search",
    "epoch": 1763000000,
    "_type": "video",
}

RECORDS: dict[str, dict[str, Any]] = {
    "toutiao-rsshub": RSSHUB,
    "toutiao-ytdlp": YT_DLP,
}
PAGES = {
    "toutiao-rsshub": '{"version":"https://jsonfeed.org/version/1.1","title":"老房子修修的头条主页",'
    '"home_page_url":"https://www.toutiao.com/c/user/token/MS4wLjABAAAAexample/","items":%s}',
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    "toutiao-rsshub": ("", "date_published", None, "content_html"),
    "toutiao-ytdlp": ("id", "timestamp", "comment_count", "description"),
}
