"""Youku beside its open API: one sound, fictional record of each format, all of one video."""

from typing import Any

LUX: dict[str, Any] = {
    "url": "https://v.youku.com/v_show/id_XNjAwMDAwMDEy.html?spm=a2h.1",
    "site": "优酷 youku.com",
    "title": "太极拳二十四式慢动作",
    "type": "video",
    "streams": {"mp4": {"size": 1}},
    "caption": {"danmaku": {"url": "https://dm.example"}},
    "err": None,
}
YOU_GET: dict[str, Any] = {
    "url": "https://v.youku.com/v_show/id_XNjAwMDAwMDEy.html",
    "title": "太极拳二十四式慢动作",
    "site": "优酷 (Youku)",
    "streams": {"mp4sd": {"container": "mp4", "size": 1}},
    "extra": {"referer": "https://v.youku.com"},
}
YT_DLP: dict[str, Any] = {
    "id": "XNjAwMDAwMDEy",
    "title": "太极拳二十四式慢动作",
    "formats": [],
    "duration": 612.5,
    "uploader": "公园晨练",
    "uploader_id": "900100200",
    "uploader_url": "https://www.youku.com/profile/index/?uid=UMzYwMDQwMDgwMA==",
    "tags": ["太极", "晨练"],
    "extractor": "youku",
    "extractor_key": "Youku",
    "webpage_url": "https://v.youku.com/v_show/id_XNjAwMDAwMDEy.html?spm=a2h.1",
    "epoch": 1762909200,
    "_type": "video",
}
RSSHUB: dict[str, Any] = {
    "id": "https://v.youku.com/v_show/id_XNjAwMDAwMDEy.html",
    "url": "https://v.youku.com/v_show/id_XNjAwMDAwMDEy.html",
    "title": "太极拳二十四式慢动作",
    "content_html": '<iframe src="https://player.youku.com/embed/XNjAwMDAwMDEy"></iframe>',
    "date_published": "2026-11-12T00:00:00.000Z",
}

FIELDS = {"youku-ytdlp": ("id", "timestamp", "view_count", "description")}
RECORDS = {"youku-lux": LUX, "youku-youget": YOU_GET, "youku-ytdlp": YT_DLP, "youku-rsshub": RSSHUB}
PAGES = {
    "youku-ytdlp": '{"_type":"playlist","id":"UMzYw","entries":%s,"extractor_key":"YoukuShow"}',
    "youku-rsshub": '{"version":"https://jsonfeed.org/version/1.1","title":"公园晨练",'
    '"home_page_url":"https://i.youku.com/i/UMzYwMDQwMDgwMA==","items":%s}',
}
