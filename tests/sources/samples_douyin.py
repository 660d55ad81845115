"""Douyin beside MediaCrawler: one sound, fictional record of each format, all of one video."""

from typing import Any

EVIL0CTAL: dict[str, Any] = {
    "type": "video",
    "platform": "douyin",
    "aweme_id": "7600000000000000123",
    "desc": "厨房小白也会的番茄牛腩 #家常菜",
    "create_time": 1762905600,
    "author": {
        "uid": "330000000009",
        "sec_uid": "MS4wLjABAAAAexample",
        "unique_id": "zaotai_gege",
        "short_id": "0",
        "nickname": "灶台哥",
        "signature": "",
        "follower_count": 0,
    },
    "statistics": {
        "aweme_id": "7600000000000000123",
        "comment_count": 260,
        "digg_count": 88210,
        "share_count": 415,
        "collect_count": 3120,
        "play_count": 0,
    },
    "hashtags": [{"hashtag_name": "家常菜", "start": 12, "end": 16, "type": 1}],
    "video_data": {"wm_video_url": ""},
}
OPEN_PLATFORM: dict[str, Any] = {
    "item_id": "@9exampleBBB==",
    "title": "厨房小白也会的番茄牛腩 #家常菜",
    "cover": "",
    "create_time": 1762905600,
    "is_reviewed": True,
    "is_top": False,
    "share_url": "https://www.iesdouyin.com/share/video/7600000000000000123/?region=CN&mid=1",
    "statistics": {
        "comment_count": 260,
        "digg_count": 88210,
        "download_count": 3,
        "play_count": 910000,
        "share_count": 415,
        "forward_count": 7,
    },
}
TIKTOK_DOWNLOADER: dict[str, Any] = {
    "作品类型": "视频",
    "采集时间": "2025-11-12 09:00:00",
    "UID": "330000000009",
    "SEC_UID": "MS4wLjABAAAAexample",
    "ID": "zaotai_gege",
    "作品ID": "7600000000000000123",
    "作品描述": "厨房小白也会的番茄牛腩 #家常菜",
    "作品话题": "家常菜",
    "视频时长": "00:00:52",
    "作品链接": "https://www.douyin.com/video/7600000000000000123",
    "发布时间": "2025-11-12 08:00:00",
    "账号昵称": "灶台哥",
    "年龄": "-1",
    "点赞数量": "88210",
    "评论数量": "260",
    "收藏数量": "3120",
    "分享数量": "415",
    "播放数量": "-1",
    "额外信息": "",
}
RSSHUB: dict[str, Any] = {
    "id": "https://www.douyin.com/video/7600000000000000123",
    "url": "https://www.douyin.com/video/7600000000000000123",
    "title": "厨房小白也会的番茄牛腩",
    "content_html": '<img src="https://img.example/c.jpg"><br>厨房小白也会的番茄牛腩<br>#家常菜',
    "date_published": "2025-11-12T00:00:00.000Z",
    "tags": ["美食"],
}

RECORDS = {
    "douyin-evil0ctal": EVIL0CTAL,
    "douyin-openplatform": OPEN_PLATFORM,
    "douyin-tiktokdownloader": TIKTOK_DOWNLOADER,
    "douyin-rsshub": RSSHUB,
}
PAGES = {
    "douyin-evil0ctal": '{"code":200,"router":"/api","data":{"aweme_list":%s,"status_code":0,"has_more":0}}',
    "douyin-openplatform": '{"data":{"error_code":0,"cursor":1,"list":%s},"extra":{"now":1762909200000}}',
    "douyin-rsshub": '{"version":"https://jsonfeed.org/version/1.1","title":"灶台哥",'
    '"home_page_url":"https://www.douyin.com/user/MS4wLjABAAAAexample","items":%s}',
}
FIELDS = {
    "douyin-evil0ctal": ("aweme_id", "create_time", "statistics.digg_count", "desc"),
    "douyin-openplatform": ("item_id", "create_time", "statistics.digg_count", "title"),
    "douyin-tiktokdownloader": ("作品ID", "发布时间", "点赞数量", "作品描述"),
    "douyin-rsshub": ("", "date_published", None, "content_html"),
}
