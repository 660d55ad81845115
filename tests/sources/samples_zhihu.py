"""Zhihu's format: one sound, fictional record."""

from typing import Any

MEDIACRAWLER: dict[str, Any] = {
    "content_id": "3600000017",
    "content_type": "answer",
    "content_text": "我家阳台朝北，发芽前一天翻两次，没发霉。",
    "content_url": "https://www.zhihu.com/question/610000005/answer/3600000017",
    "question_id": "610000005",
    "title": "自己发豆芽要注意什么？",
    "desc": "我家阳台朝北",
    "created_time": 1762905600,
    "updated_time": 1762909200,
    "voteup_count": 88,
    "comment_count": 6,
    "source_keyword": "豆芽",
    "creator_hash": "dd00ee11ff220033",
    "user_nickname": "北***台",
    "last_modify_ts": 1763000000456,
}

RECORDS: dict[str, dict[str, Any]] = {
    "zhihu-mediacrawler": MEDIACRAWLER,
}
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    "zhihu-mediacrawler": ("content_id", "created_time", "voteup_count", "content_text"),
}
