"""TikTok beside its Research API: one sound, fictional record of each format, the videos being one."""

from typing import Any

AD: dict[str, Any] = {
    "ad": {
        "id": 120009001,
        "first_shown_date": 20251112,
        "last_shown_date": 20251119,
        "status": "active",
        "status_statement": "",
        "videos": [{"url": "https://ad.example/v.mp4", "cover_image_url": "https://ad.example/c.jpg"}],
        "image_urls": [],
        "reach": {"unique_users_seen": "10K-100K"},
    },
    "advertiser": {"business_id": 5500000000007, "business_name": "晚安茶铺", "paid_for_by": "晚安商贸"},
    "transcript": "睡前一杯暖茶",
}
YT_DLP: dict[str, Any] = {
    "id": "7610000000000000321",
    "title": "晚上喝什么睡得好 ...",
    "description": "晚上喝什么睡得好 #睡眠",
    "timestamp": 1762905600,
    "upload_date": "20251112",
    "uploader": "anmian_xiaozhan",
    "uploader_id": "6600000000000000042",
    "channel": "安眠小站",
    "channel_id": "MS4wLjABAAAAexample",
    "view_count": 20480,
    "like_count": 640,
    "repost_count": 9,
    "comment_count": 21,
    "save_count": 77,
    "duration": 35,
    "subtitles": {
        "cmn-Hans-CN": [
            {"ext": "vtt", "url": "https://sub.example"},
            {"ext": "vtt", "data": "WEBVTT\n\n00:00.000 --> 00:02.000\n今天聊聊晚上喝什么\n"},
        ]
    },
    "extractor": "TikTok",
    "extractor_key": "TikTok",
    "webpage_url": "https://www.tiktok.com/@anmian_xiaozhan/video/7610000000000000321?lang=zh",
    "epoch": 1762909200,
    "_type": "video",
}
RSSHUB: dict[str, Any] = {
    "id": "https://www.tiktok.com/@anmian_xiaozhan/video/7610000000000000321",
    "url": "https://www.tiktok.com/@anmian_xiaozhan/video/7610000000000000321",
    "title": "晚上喝什么睡得好 #睡眠",
    "content_html": '<iframe src="https://www.tiktok.com/embed/7610000000000000321"></iframe>',
    "date_published": "2025-11-12T00:00:00.000Z",
    "authors": [{"name": "安眠小站"}],
}

RECORDS = {"tiktok-commercialcontent": AD, "tiktok-ytdlp": YT_DLP, "tiktok-rsshub": RSSHUB}
PAGES = {
    "tiktok-commercialcontent": '{"data":{"ads":%s,"has_more":false,"search_id":"1"},"error":{"code":"ok"}}',
    "tiktok-ytdlp": '{"_type":"playlist","id":"anmian_xiaozhan","entries":%s,"extractor_key":"TikTokUser"}',
    "tiktok-rsshub": '{"version":"https://jsonfeed.org/version/1.1","title":"安眠小站",'
    '"home_page_url":"https://www.tiktok.com/@anmian_xiaozhan","items":%s}',
}
FIELDS = {
    "tiktok-commercialcontent": ("ad.id", "ad.first_shown_date", None, ""),
    "tiktok-ytdlp": ("id", "timestamp", "view_count", "description"),
    "tiktok-rsshub": ("", "date_published", None, "title"),
}
