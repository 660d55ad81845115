"""Tieba's formats: one sound, fictional record of each, both of one thread."""

from typing import Any

MEDIACRAWLER: dict[str, Any] = {
    "note_id": "9600000011",
    "title": "新手养龟，冬天要不要加热",
    "desc": "水温掉到十五度了，它不怎么动",
    "note_url": "https://tieba.baidu.com/p/9600000011",
    "publish_time": "2025-11-12 08:00:00",
    "creator_hash": "8899aabbccddeeff",
    "user_nickname": "养***手",
    "tieba_name": "乌龟吧",
    "tieba_link": "https://tieba.baidu.com/f?kw=乌龟",
    "total_replay_num": 27,
    "total_replay_page": 1,
    "source_keyword": "养龟",
    "last_modify_ts": 1763000000456,
}
AIOTIEBA: dict[str, Any] = {
    "title": "新手养龟，冬天要不要加热",
    "fid": 21,
    "fname": "乌龟",
    "tid": 9600000011,
    "pid": 151000000011,
    "user": {
        "user_id": 910007,
        "portrait": "tb.1.example",
        "user_name": "",
        "nick_name_new": "养龟新手",
        "level": 3,
    },
    "author_id": 910007,
    "contents": {
        "texts": [{"text": "水温掉到十五度了，"}, {"text": "它不怎么动"}],
        "emojis": [{"id": "image_emoticon1", "desc": "呵呵"}],
        "imgs": [],
        "video": {"src": "", "duration": 0},
        "voice": {"md5": "", "duration": 0},
    },
    "is_share": False,
    "is_hide": False,
    "share_origin": {"contents": {"texts": []}, "title": "", "author_id": 0, "tid": 0},
    "view_num": 640,
    "reply_num": 27,
    "share_num": 0,
    "agree": 5,
    "disagree": 1,
    "create_time": 1762905600,
    "last_time": 1762909200,
}

RECORDS: dict[str, dict[str, Any]] = {
    "tieba-mediacrawler": MEDIACRAWLER,
    "tieba-aiotieba": AIOTIEBA,
}
PAGES = {
    "tieba-aiotieba": '{"objs":%s,"page":{"current_page":1,"has_more":false},"forum":{"fid":21},"err":null}',
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    "tieba-mediacrawler": ("note_id", "publish_time", "total_replay_num", "desc"),
    "tieba-aiotieba": ("tid", "create_time", "reply_num", ""),
}
