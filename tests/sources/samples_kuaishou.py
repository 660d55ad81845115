"""Kuaishou's formats: one sound, fictional record of each, all of one video."""

from typing import Any

MEDIACRAWLER: dict[str, Any] = {
    "video_id": "3xsampleabcdef1",
    "video_type": "1",
    "title": "赶海捡了半桶蛏子，吐沙两小时再下锅",
    "desc": "赶海捡了半桶蛏子，吐沙两小时再下锅",
    "create_time": 1762905600000,
    "creator_hash": "44aa55bb66cc77dd",
    "nickname": "海***叔",
    "liked_count": "4100",
    "viewd_count": "98000",
    "last_modify_ts": 1763000000456,
    "video_url": "https://www.kuaishou.com/short-video/3xsampleabcdef1",
    "video_cover_url": "",
    "video_play_url": "",
    "source_keyword": "赶海",
}
KS_DOWNLOADER: dict[str, Any] = {
    "collection_time": "2025-11-13_10:00:00",
    "photoType": "视频",
    "authorID": "3xsampleauthor9",
    "name": "海边阿叔",
    "userSex": "M",
    "detailID": "3xsampleabcdef1",
    "caption": "赶海捡了半桶蛏子，吐沙两小时再下锅",
    "coverUrl": "",
    "duration": "00:00:31",
    "realLikeCount": 4100,
    "shareCount": -1,
    "commentCount": 77,
    "timestamp": "2025-11-12_08:00:00",
    "viewCount": 98000,
    "download": "https://v.example/1.mp4",
}
RSSHUB: dict[str, Any] = {
    "id": "3xsampleabcdef1",
    "content_html": '<video controls preload="metadata" poster="https://p.example/1.jpg"></video>',
    "authors": [{"name": "海边阿叔"}],
}

RECORDS: dict[str, dict[str, Any]] = {
    "kuaishou-mediacrawler": MEDIACRAWLER,
    "kuaishou-ksdownloader": KS_DOWNLOADER,
    "kuaishou-rsshub": RSSHUB,
}
PAGES = {
    "kuaishou-rsshub": '{"version":"https://jsonfeed.org/version/1.1","title":"海边阿叔",'
    '"feed_url":"https://rsshub.example/kuaishou/profile/3xsampleauthor9?format=json","items":%s}',
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    "kuaishou-mediacrawler": ("video_id", "create_time", "liked_count", "desc"),
    "kuaishou-ksdownloader": ("detailID", "timestamp", "viewCount", "caption"),
    "kuaishou-rsshub": ("id", "date_published", None, "content_html"),
}
