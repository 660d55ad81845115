"""WeChat: one sound, fictional record of each format beside the first two."""

from typing import Any

GENERAL_MSG: dict[str, Any] = {
    "comm_msg_info": {
        "id": 1000000042,
        "type": 49,
        "datetime": 1762905600,
        "fakeid": "3200000001",
        "status": 2,
        "content": "",
    },
    "app_msg_ext_info": {
        "title": "冬天怎么囤白菜",
        "digest": "三个办法",
        "content": "",
        "content_url": "http://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&amp;mid=2660000009&amp;idx=1&amp;sn=0f#wechat_redirect",
        "cover": "https://mmbiz.example/0",
        "author": "小编阿禾",
        "copyright_stat": 11,
        "del_flag": 1,
        "is_multi": 1,
        "multi_app_msg_item_list": [
            {
                "title": "萝卜也能囤",
                "digest": "两个办法",
                "content_url": "http://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&amp;mid=2660000009&amp;idx=2&amp;sn=1f",
                "cover": "",
                "del_flag": 1,
            }
        ],
    },
}
ROUTED: dict[str, Any] = {
    "id": "https://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&mid=2660000009&idx=1&sn=0f",
    "url": "https://mp.weixin.qq.com/s?__biz=MzIwMDAwMDAwMQ==&mid=2660000009&idx=1&sn=0f",
    "title": "冬天怎么囤白菜",
    "content_html": '<section><p>白菜先晒两天，</p><p>再用纸包好。</p><img src="https://mmbiz.example/1"></section>',
    "date_published": "2025-11-12T00:00:00.000Z",
    "authors": [{"name": "社区厨房笔记"}],
}
WEWE: dict[str, Any] = {
    "id": "AbCdEfGhIjKlMnOpQrStUw",
    "url": "https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw",
    "title": "冬天怎么囤白菜",
    "content_html": "<style> .rich {overflow: hidden}</style><div class='rich'>白菜先晒两天</div>",
    "image": "https://mmbiz.example/0",
    "date_modified": "2025-11-12T00:00:00.000Z",
    "authors": [{"name": "社区厨房笔记"}],
}
WEMP: dict[str, Any] = {
    "id": "MP_WXS_3200000001-2660000009_1",
    "mp_id": "MP_WXS_3200000001",
    "title": "冬天怎么囤白菜",
    "pic_url": "https://mmbiz.example/0",
    "url": "https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUw",
    "content": "<div>白菜先晒两天</div>",
    "description": "三个办法",
    "status": 1,
    "publish_time": 1762905600,
    "created_at": "2025-11-12 08:30:00",
    "updated_at": "2025-11-12 08:30:00",
}

RECORDS: dict[str, dict[str, Any]] = {
    "wechat-generalmsglist": GENERAL_MSG,
    "wechat-rsshub": ROUTED,
    "wechat-wemprss": WEMP,
    "wechat-wewerss": WEWE,
}
_FEED = '{"version":"https://jsonfeed.org/version/1.1","title":"%s","home_page_url":"%s","items":%%s}'
PAGES = {
    "wechat-generalmsglist": '{"code":0,"msg":"成功","data":{"ret":0,"general_msg_list":{"list":%s}}}',
    "wechat-rsshub": _FEED % ("社区厨房笔记", "https://weixin.sogou.example/"),
    "wechat-wewerss": _FEED % ("社区厨房笔记", "http://127.0.0.1:4000/feeds/MP_WXS_3200000001.json"),
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    "wechat-generalmsglist": ("comm_msg_info.id", "comm_msg_info.datetime", None, "app_msg_ext_info.content"),
    "wechat-rsshub": ("", "date_published", None, "content_html"),
    "wechat-wemprss": ("id", "publish_time", None, "content"),
    "wechat-wewerss": ("", "date_modified", None, "content_html"),
}
