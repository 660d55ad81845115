"""One sound, fictional record of every format, and the ways its platform packs records into a document."""

import io
import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources import Source, open_source
from pipeline.sources.document import Cursor, Document, Window
from pipeline.sources.values import SHANGHAI
from tests.sources import (
    samples_bilibili,
    samples_douyin,
    samples_internal,
    samples_kuaishou,
    samples_qq,
    samples_rsshub,
    samples_tieba,
    samples_tiktok,
    samples_toutiao,
    samples_wechat,
    samples_weibo,
    samples_xiaohongshu,
    samples_youku,
    samples_zhihu,
)

XHS_OLD = {
    "note_id": "70aa00000000000021004f11",
    "type": "video",
    "title": "晨跑半年的变化",
    "desc": "晨跑半年的变化\n体重没怎么变，睡得倒是香了[笑哭R] #晨跑[话题]#",
    "video_url": "https://sns-video.example/1.mp4",
    "time": 1762905600000,
    "last_update_time": 0,
    "user_id": "5b77000000000000110a22cc",
    "nickname": "跑步的阿圆",
    "avatar": "https://sns-avatar.example/1.jpg",
    "liked_count": "1520",
    "collected_count": "310",
    "comment_count": "44",
    "share_count": "12",
    "ip_location": "四川",
    "image_list": "",
    "tag_list": "晨跑",
    "last_modify_ts": 1763000000456,
    "note_url": "https://www.xiaohongshu.com/explore/70aa00000000000021004f11?xsec_token=QQexample=&xsec_source=pc_user",
    "source_keyword": "",
    "xsec_token": "QQexample=",
}
XHS_NEW = {
    **{k: v for k, v in XHS_OLD.items() if k not in ("user_id", "avatar", "ip_location", "video_url")},
    "type": "normal",
    "creator_hash": "c0ffee0011223344",
    "nickname": "跑***圆",
    "last_update_time": 1762909200000,
    "liked_count": "1.2万",
    "collected_count": "8千+",
    "comment_count": "",
    "share_count": "999+",
    "image_list": "https://sns-webpic.example/1.webp,https://sns-webpic.example/2.webp",
}
DOUYIN = {
    "aweme_id": "7600000000000000123",
    "aweme_type": "0",
    "title": "厨房小白也会的番茄牛腩 #家常菜",
    "desc": "厨房小白也会的番茄牛腩 #家常菜",
    "create_time": 1762905600,
    "creator_hash": "beef00112233aabb",
    "nickname": "灶***哥",
    "liked_count": "88210",
    "collected_count": "3120",
    "comment_count": "None",
    "share_count": "415",
    "last_modify_ts": 1763000000456,
    "aweme_url": "https://www.douyin.com/video/7600000000000000123?modal=1",
    "cover_url": "",
    "source_keyword": "家常菜",
}
TIKTOK = {
    "id": 7610000000000000321,
    "video_description": "晚上喝什么睡得好 #睡眠",
    "create_time": 1762905600,
    "region_code": "SG",
    "username": "anmian_xiaozhan",
    "like_count": 640,
    "comment_count": 21,
    "share_count": 9,
    "view_count": 20480,
    "favorites_count": 77,
    "hashtag_names": ["睡眠"],
    "voice_to_text": "今天聊聊晚上喝什么",
    "video_duration": 35,
}
YOUKU = {
    "id": "XNjAwMDAwMDEy",
    "title": "太极拳二十四式慢动作",
    "link": "http://v.youku.com/v_show/id_XNjAwMDAwMDEy.html",
    "duration": "612.5",
    "state": "normal",
    "created": "2025-11-12 07:40:00",
    "published": "2025-11-12 08:00:00",
    "description": "跟着师傅慢慢练",
    "public_type": "all",
    "copyright_type": "original",
    "user": {"id": "900100200", "name": "公园晨练", "link": "http://i.youku.com/u/UExample"},
    "tags": "太极,晨练",
    "view_count": 43210,
    "up_count": 510,
    "comment_count": 35,
    "favorite_count": 60,
}
QZONE = {
    "tid": "00c0ffee5a5a5a5a00010000",
    "uin": 300000007,
    "name": "云上的小林",
    "content": "今天包了饺子 @{uin:300000008,nick:小周,who:1,auto:1} [em]e113[/em]",
    "conlist": [{"con": "今天包了饺子", "type": 2}],
    "created_time": 1762905600,
    "createTime": "2025年11月12日",
    "custom_create_time": "2025-11-12 08:00:00",
    "cmtnum": 4,
    "fwdnum": 2,
    "commentlist": [{"content": "好吃吗", "tid": 1, "uin": 300000009, "create_time": 1762909200}],
    "has_more_con": 0,
    "likes": [{"uin": 300000008}, {"uin": 300000009}],
    "pic": [{"url1": "https://qpic.example/1"}],
    "custom_images": [],
    "secret": 0,
    "ugc_right": 1,
}
QZONE_PAGE = {k: v for k, v in QZONE.items() if not k.startswith("custom_") and k != "likes"}
WECHAT = {
    "_accountName": "社区厨房笔记",
    "aid": "2660000009_2",
    "appmsgid": 2660000009,
    "itemidx": 2,
    "title": "冬天怎么囤白菜",
    "digest": "三个办法",
    "author_name": "小编阿禾",
    "link": "http://mp.weixin.qq.com/s?__biz=MzEXAMPLE==&mid=2660000009&idx=2&sn=0f0f&chksm=abc123&scene=27#rd",
    "cover": "https://mmbiz.example/0",
    "create_time": 1762905600,
    "update_time": 1762909200,
    "item_show_type": 0,
    "is_deleted": False,
    "readNum": 100001,
    "oldLikeNum": 230,
    "likeNum": 61,
    "shareNum": 900,
    "commentNum": 18,
    "content": "<p>白菜先晒两天，<br/>再用纸包好。</p>",
}
WECHAT_SEND = {
    "article_id": "Pexample01",
    "update_time": "1762905600",
    "content": {
        "news_item": [
            {
                "title": "门诊停诊通知",
                "author": "办公室",
                "digest": "",
                "content": "<p>周三停诊半天</p>",
                "thumb_media_id": "m1",
                "url": "http://mp.weixin.qq.com/s?__biz=MzEXAMPLE==&mid=2660000011&idx=1&sn=aa&chksm=zz",
                "is_deleted": False,
            },
            {"title": "旧文", "content": "", "digest": "已撤", "url": "", "is_deleted": True},
        ]
    },
}
CHANNELS = {
    "id": "14600000000000000042",
    "contact": {"username": "v2_example@finder", "nickname": "老街理发店"},
    "objectDesc": {
        "description": "给九十岁爷爷理发 #日常",
        "media": [{"mediaType": 4, "videoPlayLen": 40}],
        "mediaType": 4,
    },
    "objectNonceId": "7_7",
    "source_url": "",
    "createtime": 1762905600,
    "transcript": "爷爷坐好别动",
    "type": "media",
}

RECORDS: dict[str, dict[str, Any]] = {
    "xiaohongshu-mediacrawler": XHS_NEW,
    "douyin-mediacrawler": DOUYIN,
    "tiktok-researchapi": TIKTOK,
    "youku-openapi": YOUKU,
    "qzone-qzoneexport": QZONE,
    "qzone-msglistv6": QZONE_PAGE,
    "wechat-articleexporter": WECHAT,
    "wechat-freepublish": WECHAT_SEND,
    "wechatchannels-wxchannelsdownload": CHANNELS,
    **samples_bilibili.RECORDS,
    **samples_douyin.RECORDS,
    **samples_tiktok.RECORDS,
    **samples_youku.RECORDS,
    **samples_internal.RECORDS,
    **samples_wechat.RECORDS,
    **samples_weibo.RECORDS,
    **samples_xiaohongshu.RECORDS,
    **samples_kuaishou.RECORDS,
    **samples_qq.RECORDS,
    **samples_rsshub.RECORDS,
    **samples_tieba.RECORDS,
    **samples_toutiao.RECORDS,
    **samples_zhihu.RECORDS,
}
PAGES = {
    "tiktok-researchapi": '{"data":{"cursor":100,"has_more":false,"videos":%s},"error":{"code":"ok","message":""}}',
    "youku-openapi": '{"total":9,"page":1,"count":20,"videos":%s}',
    "qzone-msglistv6": '{"code":0,"msglist":%s,"usrinfo":{"uin":300000007,"fans":5200}}',
    "wechat-articleexporter": '{"base_resp":{"ret":0},"articles":%s}',
    "wechat-freepublish": '{"total_count":9,"item":%s,"item_count":2}',
    "wechatchannels-wxchannelsdownload": '{"code":0,"data":{"object":%s}}',
    **samples_bilibili.PAGES,
    **samples_douyin.PAGES,
    **samples_tiktok.PAGES,
    **samples_youku.PAGES,
    **samples_internal.PAGES,
    **samples_wechat.PAGES,
    **samples_weibo.PAGES,
    **samples_xiaohongshu.PAGES,
    **samples_kuaishou.PAGES,
    **samples_qq.PAGES,
    **samples_rsshub.PAGES,
    **samples_tieba.PAGES,
    **samples_toutiao.PAGES,
}


def settings_of(name: str, **changed: Any) -> SourceSettings:
    """The settings of a source of the format `name`, with what that format cannot do without."""
    return SourceSettings(**{"format": name, "path": "*", **samples_internal.SETTINGS.get(name, {}), **changed})


def source(name: str, **changed: Any) -> Source:
    """A source of the format `name`, opened as the pipeline would."""
    return open_source("test", settings_of(name, **changed), Path())


def fragment(record: object) -> Fragment:
    body = record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode()
    return Fragment(body=body, origin="export.json", line=1)


def document(data: bytes | str) -> Document:
    body = data if isinstance(data, bytes) else data.encode()
    return Document(origin="export.json", open=lambda: io.BytesIO(body))


def window_of(day: date, cursor: Cursor | None = None) -> Window:
    """The window of a local day."""
    start = datetime.combine(day, time(), SHANGHAI)
    return Window(day=day, start=start, end=start + timedelta(days=1), cursor=cursor or {})
