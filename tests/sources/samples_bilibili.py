"""Bilibili: one sound, fictional record of each format, the videos being one."""

from typing import Any

VIDEO: dict[str, Any] = {
    "video_id": "900000000000123",
    "video_type": "video",
    "title": "早八人的三分钟早餐",
    "desc": "燕麦提前泡好",
    "create_time": 1762905600,
    "creator_hash": "f00d00112233aabb",
    "nickname": "早***子",
    "liked_count": "15302",
    "disliked_count": "0",
    "video_play_count": "203211",
    "video_favorite_count": "1203",
    "video_share_count": "551",
    "video_coin_count": "3300",
    "video_danmaku": "2011",
    "video_comment": "899",
    "last_modify_ts": 1763000000456,
    "video_url": "https://www.bilibili.com/video/av900000000000123",
    "video_cover_url": "https://img.example/c.jpg",
    "source_keyword": "早餐",
}
DYNAMIC: dict[str, Any] = {
    "dynamic_id": "1100000000000000042",
    "creator_hash": "f00d00112233aabb",
    "user_name": "早***子",
    "text": "明天停更一天，去体检",
    "type": "WORD",
    "pub_ts": 1762905600,
    "total_comments": 12,
    "total_forwards": 3,
    "total_liked": 88,
    "last_modify_ts": 1763000000456,
}
YT_DLP: dict[str, Any] = {
    "id": "BV1MMTahJsZZ",
    "title": "早八人的三分钟早餐",
    "description": "燕麦提前泡好",
    "uploader": "早餐桌子",
    "uploader_id": "70000123",
    "timestamp": 1762905600,
    "upload_date": "20251112",
    "view_count": 203211,
    "like_count": 15302,
    "comment_count": 899,
    "tags": ["早餐"],
    "duration": 181.2,
    "subtitles": {
        "danmaku": [{"ext": "xml", "url": "https://comment.example/1.xml"}],
        "ai-zh": [{"ext": "srt", "data": "1\n00:00:00,000 --> 00:00:03,000\n先把燕麦泡上\n"}],
    },
    "comments": [{"id": 1, "text": "学到了"}],
    "_old_archive_ids": ["bilibili 900000000000123_part1"],
    "extractor": "BiliBili",
    "extractor_key": "BiliBili",
    "webpage_url": "https://www.bilibili.com/video/BV1MMTahJsZZ/?spm=1",
    "epoch": 1762909200,
    "_type": "video",
}

RECORDS = {"bilibili-mediacrawler": VIDEO, "bilibili-ytdlp": YT_DLP}
PAGES = {"bilibili-ytdlp": '{"_type":"playlist","id":"70000123","entries":%s,"extractor_key":"BilibiliSpaceVideo"}'}
FIELDS = {
    "bilibili-mediacrawler": ("video_id", "create_time", "liked_count", "desc"),
    "bilibili-ytdlp": ("id", "timestamp", "view_count", "description"),
}
