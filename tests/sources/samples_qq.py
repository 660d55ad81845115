"""QQ and Qzone: one sound, fictional record of each format beside the first two."""

from typing import Any

AIOQZONE: dict[str, Any] = {
    "comm": {
        "time": 1762905600,
        "appid": 311,
        "feedstype": 0,
        "curlikekey": "http://user.qzone.qq.com/300000007/mood/00c0ffee5a5a5a5a00010000",
        "orglikekey": "http://user.qzone.qq.com/300000007/mood/00c0ffee5a5a5a5a00010000",
        "ugckey": "300000007_311_00c0ffee5a5a5a5a00010000_",
        "ugcrightkey": "00c0ffee5a5a5a5a00010000",
        "right_info": {"ugc_right": 1, "allow_uins": []},
        "wup_feeds_type": 2,
    },
    "id": {"cellid": "00c0ffee5a5a5a5a00010000"},
    "userinfo": {"user": {"uin": 300000007, "nickname": "云上的小林"}},
    "summary": {"summary": "今天包了饺子 [em]e113[/em]", "hasmore": False},
    "like": {"isliked": 0, "num": 7, "likemans": []},
    "comment": {"num": 4, "comments": [{"commentid": 1, "content": "好吃吗", "date": 1762909200}]},
    "pic": {"albumid": "a1", "uin": 300000007, "picdata": []},
}
CHANNEL: dict[str, Any] = {
    "id": "https://pd.qq.com/g/qexample01d/post/B_exam01ple",
    "url": "https://pd.qq.com/g/qexample01d/post/B_exam01ple",
    "title": "春天怎么种番茄",
    "content_html": '春天怎么种番茄，先育苗<p style="text-align: center"><img src="https://img.example/1"></p>',
    "date_published": "2025-11-12T00:00:00.000Z",
    "authors": [{"name": "阳台农夫"}],
}

RECORDS: dict[str, dict[str, Any]] = {"qzone-aioqzone": AIOQZONE, "qq-rsshub": CHANNEL}
PAGES = {
    "qzone-aioqzone": '{"code":0,"message":"","data":{"vFeeds":%s,"hasmore":1,"attachinfo":"x","newcnt":0}}',
    "qq-rsshub": '{"version":"https://jsonfeed.org/version/1.1","title":"阳台 - 腾讯频道","items":%s}',
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    "qzone-aioqzone": ("id.cellid", "comm.time", "like.num", "summary.summary"),
    "qq-rsshub": ("", "date_published", None, "content_html"),
}
