"""RSSHub: one sound, fictional item of a route that no other format reads."""

from typing import Any

WEIBO_ITEM: dict[str, Any] = {
    "id": "https://weibo.com/9000000001/z0JH2lOMb",
    "url": "https://weibo.com/9000000001/z0JH2lOMb",
    "title": "下班路上看到晚霞",
    "content_html": '下班路上看到晚霞<span class="url-icon"><img alt="[心]" src="https://icon.example/1"></span>',
    "date_published": "2025-11-12T00:00:00.000Z",
    "authors": [{"name": "晚霞收集者", "url": "https://weibo.com/9000000001", "avatar": "https://img.example/1"}],
    "tags": ["晚霞"],
}

RECORDS: dict[str, dict[str, Any]] = {"rsshub-jsonfeed": WEIBO_ITEM}
PAGES = {
    "rsshub-jsonfeed": '{"version":"https://jsonfeed.org/version/1.1","title":"晚霞收集者的微博",'
    '"home_page_url":"https://weibo.com/9000000001/","feed_url":"http://127.0.0.1:1200/weibo/user/9000000001","items":%s}'
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {"rsshub-jsonfeed": ("", "date_published", None, "content_html")}
