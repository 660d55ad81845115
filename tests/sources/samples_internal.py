"""Fictional records of a company's own streams, and of a format that only its configuration knows."""

from typing import Any

from pipeline.stream_settings import CountPaths, MapSettings

EVENT = {
    "event": "created",
    "event_id": "01f0c0de-0000-4000-8000-00000000beef",
    "event_time": "2025-11-12T08:00:07+08:00",
    "platform": "douyin",
    "post_id": "7600000000000000777",
    "author": {"id": "u-4711", "name": "菜场的老陈", "verified": False, "followers": 48000},
    "content": {
        "title": "",
        "text": "买菜挑嫩的 #买菜",
        "transcript": "今天带大家挑菠菜",
        "ocr": "三招挑菠菜",
        "lang": "zh",
    },
    "media": [{"type": "video", "url": "https://media.example/777.mp4", "duration_ms": 21000}],
    "metrics": {"like": 310, "comment": 12, "share": None, "view": 9100, "collect": 40},
    "repost_of": None,
    "published_at": "2025-11-12T08:00:00+08:00",
    "url": "https://www.douyin.com/video/7600000000000000777",
}
ROW = {
    "id": "4900000000000777",
    "platform": "weibo",
    "author_id": "1200000077",
    "title": None,
    "body": "早市的豆腐比超市的香",
    "created_at": "2025-11-12 08:00:00+08",
    "updated_at": "2025-11-12T00:05:00+00:00",
    "deleted_at": None,
    "metrics": {"like": 53, "view": None},
}
LINE = {
    "platform": "xiaohongshu",
    "post_id": "70aa00000000000021004777",
    "author_id": "u-0815",
    "author_name": "楼下的小食堂",
    "title": "一周的早饭",
    "text": "周一粥，周二面",
    "published_at": "2025-11-12T00:00:00Z",
    "like_count": 77,
    "comment_count": 5,
    "share_count": 1,
    "view_count": None,
    "url": "https://www.xiaohongshu.com/explore/70aa00000000000021004777",
    "raw": "{}",
}

RECORDS: dict[str, dict[str, Any]] = {
    "internal-kafka": EVENT,
    "internal-postgres": ROW,
    "internal-objectstore": LINE,
}
PAGES: dict[str, str] = {}

UNFORESEEN = {
    "id": "p-4711",
    "created": 1762905600,
    "likes": "53",
    "words": "早市的豆腐比超市的香",
    "poster": {"uid": "u-1", "names": ["豆腐西施", "西施"], "fans": "1.2万"},
    "media": [{"kind": "image"}],
    "state": "shown",
}
MAP = MapSettings(
    records="data.items",
    platform="weibo",
    id="id",
    account_id="poster.uid?",
    account_name="poster.names.0?",
    follower_count="poster.fans?",
    posted_at="created?",
    text="words",
    has_media="media?",
    is_deleted="state?=gone",
    counts=CountPaths(likes="likes?"),
)
RECORDS["mapped"] = UNFORESEEN
PAGES["mapped"] = '{"data":{"items":%s,"cursor":"c2","has_more":true},"error":{"code":"ok"}}'
SETTINGS: dict[str, dict[str, Any]] = {"mapped": {"map": MAP}}
