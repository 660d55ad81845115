"""Xiaohongshu's formats beside MediaCrawler: one sound, fictional record of each, all of one note."""

from typing import Any

REAJASON: dict[str, Any] = {
    "note_id": "70aa00000000000021004f11",
    "type": "normal",
    "title": "晨跑半年的变化",
    "desc": "体重没怎么变，睡得倒是香了[笑哭R] #晨跑[话题]#",
    "time": 1762905600000,
    "last_update_time": 1762909200000,
    "user": {"user_id": "5b77000000000000110a22cc", "nickname": "跑步的阿圆", "avatar": "https://sns-avatar.example/1"},
    "interact_info": {
        "liked": False,
        "liked_count": "1.2万",
        "collected": False,
        "collected_count": "310",
        "comment_count": "10万+",
        "share_count": "",
        "followed": False,
        "relation": "none",
    },
    "image_list": [{"url_default": "https://sns-webpic.example/1.webp", "width": 1080, "height": 1440}],
    "tag_list": [{"id": "7a", "name": "晨跑", "type": "topic"}],
    "at_user_list": [],
    "ip_location": "四川",
}
XHS_DOWNLOADER: dict[str, Any] = {
    "收藏数量": "310",
    "评论数量": "10万+",
    "分享数量": "-1",
    "点赞数量": "1.2万",
    "作品标签": "晨跑 早起",
    "作品ID": "70aa00000000000021004f11",
    "作品链接": "https://www.xiaohongshu.com/explore/70aa00000000000021004f11",
    "作品标题": "晨跑半年的变化",
    "作品描述": "体重没怎么变，睡得倒是香了[笑哭R] #晨跑[话题]#",
    "作品类型": "图文",
    "发布时间": "2025-11-12_08:00:00",
    "最后更新时间": "2025-11-12_09:00:00",
    "时间戳": 1762905600.0,
    "作者昵称": "跑步的阿圆",
    "作者ID": "5b77000000000000110a22cc",
    "作者链接": "https://www.xiaohongshu.com/user/profile/5b77000000000000110a22cc",
    "采集时间": "2025-11-13 10:00:00",
    "下载地址": "",
    "动图地址": "",
}
YT_DLP: dict[str, Any] = {
    "id": "70aa00000000000021004f11",
    "title": "晨跑半年的变化",
    "description": "体重没怎么变，睡得倒是香了[笑哭R] #晨跑[话题]#",
    "tags": ["晨跑"],
    "uploader_id": "5b77000000000000110a22cc",
    "thumbnails": [],
    "extractor": "XiaoHongShu",
    "extractor_key": "XiaoHongShu",
    "webpage_url": "https://www.xiaohongshu.com/explore/70aa00000000000021004f11?xsec_token=QQexample=",
    "epoch": 1763000000,
    "_type": "video",
}
RSSHUB: dict[str, Any] = {
    "id": "https://www.xiaohongshu.com/explore/70aa00000000000021004f11",
    "url": "https://www.xiaohongshu.com/explore/70aa00000000000021004f11?xsec_token=QQexample=",
    "title": "晨跑半年的变化",
    "content_html": '<img src="https://sns-webpic.example/1.webp"><br>体重没怎么变，睡得倒是香了',
    "date_published": "2025-11-12T00:00:00.000Z",
    "authors": [{"name": "跑步的阿圆"}],
}

RECORDS: dict[str, dict[str, Any]] = {
    "xiaohongshu-reajason": REAJASON,
    "xiaohongshu-xhsdownloader": XHS_DOWNLOADER,
    "xiaohongshu-ytdlp": YT_DLP,
    "xiaohongshu-rsshub": RSSHUB,
}
PAGES = {
    "xiaohongshu-reajason": '{"code":0,"success":true,"msg":"成功","data":{"items":%s}}',
    "xiaohongshu-rsshub": '{"version":"https://jsonfeed.org/version/1.1","title":"跑步的阿圆 - 笔记 • 小红书 / RED",'
    '"home_page_url":"https://www.xiaohongshu.com/user/profile/5b77000000000000110a22cc","items":%s}',
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    "xiaohongshu-reajason": ("note_id", "time", "interact_info.liked_count", "desc"),
    "xiaohongshu-xhsdownloader": ("作品ID", "时间戳", "点赞数量", "作品描述"),
    "xiaohongshu-ytdlp": ("id", "timestamp", None, "description"),
    "xiaohongshu-rsshub": ("", "date_published", None, "content_html"),
}
