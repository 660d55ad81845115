"""Every kind of bad record, in every format: read right, or a RecordError, and the rest of the file goes on."""

import json
from typing import Any

import pytest

from pipeline.errors import RecordError
from pipeline.records import ParsedPost
from tests.sources import (
    samples_bilibili,
    samples_douyin,
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
from tests.sources.samples import RECORDS, document, fragment, source

# Where each format keeps: the post's id (empty: in an address), a time, a count and a text (if it has one).
FIELDS: dict[str, tuple[str, str, str | None, str]] = {
    **samples_bilibili.FIELDS,
    **samples_douyin.FIELDS,
    **samples_tiktok.FIELDS,
    **samples_wechat.FIELDS,
    **samples_weibo.FIELDS,
    **samples_xiaohongshu.FIELDS,
    **samples_kuaishou.FIELDS,
    **samples_qq.FIELDS,
    **samples_rsshub.FIELDS,
    **samples_tieba.FIELDS,
    **samples_toutiao.FIELDS,
    **samples_zhihu.FIELDS,
    **samples_youku.FIELDS,
    "xiaohongshu-mediacrawler": ("note_id", "time", "liked_count", "desc"),
    "douyin-mediacrawler": ("aweme_id", "create_time", "comment_count", "desc"),
    "tiktok-researchapi": ("id", "create_time", "view_count", "video_description"),
    "youku-openapi": ("id", "published", "view_count", "description"),
    "qzone-qzoneexport": ("tid", "created_time", "cmtnum", "content"),
    "qzone-msglistv6": ("tid", "created_time", "cmtnum", "content"),
    "wechat-articleexporter": ("appmsgid", "create_time", "readNum", "content"),
    "wechat-freepublish": ("article_id", "update_time", None, "content"),
    "wechatchannels-wxchannelsdownload": ("id", "createtime", None, "objectDesc"),
    "internal-kafka": ("post_id", "published_at", None, "content"),
    "internal-postgres": ("id", "created_at", None, "body"),
    "mapped": ("id", "created", "likes", "words"),
    "internal-objectstore": ("post_id", "published_at", "like_count", "text"),
}
# What else would do as the id.
OTHER_IDS: dict[str, tuple[str, ...]] = {
    "weibo-openapi": ("mid", "id"),
    "weibo-nghuyong": ("mblogid",),
    "weibo-weibocrawler": ("bid",),
    "weibo-weibosearch": ("bid",),
}
NAMES = sorted(FIELDS)
WITH_ID = [name for name in NAMES if FIELDS[name][0]]
WITH_TEXT = [name for name in NAMES if FIELDS[name][3]]


def outcome(name: str, body: dict[str, Any] | bytes) -> ParsedPost | str:
    """The first post of the record, or the reason it is none."""
    try:
        return source(name, account_id="gh_1").parse(fragment(body))[0]
    except RecordError as error:
        return error.reason


def placed(name: str, path: str, value: object) -> dict[str, Any]:
    """The sample with another value at a path such as `ad.id`."""
    record: dict[str, Any] = json.loads(json.dumps(RECORDS[name]))
    *outer, last = path.split(".")
    part = record
    for key in outer:
        part = part[key]
    part[last] = value
    return record


def changed(name: str, field: int, value: object) -> dict[str, Any]:
    key = FIELDS[name][field]
    assert key is not None
    record = placed(name, key, value)
    if name == "wechat-articleexporter" and field == 0:
        record |= {"aid": value, "link": ""}
    others = OTHER_IDS.get(name, ()) if field == 0 else ()
    return {k: v for k, v in record.items() if k not in others}


@pytest.mark.parametrize("name", WITH_ID)
@pytest.mark.parametrize("missing", [None, "", "None", 0])
def test_a_record_without_its_id_is_refused(name: str, missing: object) -> None:
    assert outcome(name, changed(name, 0, missing)) == "missing"


@pytest.mark.parametrize("name", WITH_ID)
@pytest.mark.parametrize("value", [[], {}, True, 7.6e18, "two words", "\x00"])
def test_a_record_with_an_impossible_id_is_refused(name: str, value: object) -> None:
    assert outcome(name, changed(name, 0, value)) == "bad_id"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [10**15, -3, "2025-02-30 00:00:00", "soon", 99])
def test_a_record_with_an_impossible_date_is_refused(name: str, value: object) -> None:
    assert outcome(name, changed(name, 1, value)) == "bad_time"


@pytest.mark.parametrize("name", NAMES)
def test_a_record_without_a_date_is_read(name: str) -> None:
    times = (FIELDS[name][1], "published", "created", "created_at", "发布时间")
    record = {k: v for k, v in changed(name, 1, None).items() if "time" not in k.lower() and k not in times}
    post = outcome(name, record)
    assert isinstance(post, ParsedPost)
    assert post.posted_at is None


@pytest.mark.parametrize("name", [n for n in NAMES if FIELDS[n][2]])
@pytest.mark.parametrize(
    ("shown", "value", "lower_bound"),
    [
        ("1.2万", 12000, False),
        ("10万+", 100000, True),
        ("1千+", 1000, True),
        ("-1", None, False),
        ("None", None, False),
    ],
)
def test_a_count_is_read_in_every_format(name: str, shown: str, value: int | None, lower_bound: bool) -> None:
    post = outcome(name, changed(name, 2, shown))
    assert isinstance(post, ParsedPost)
    wanted = [] if value is None else [(value, lower_bound)]
    before = outcome(name, changed(name, 2, None))
    assert isinstance(before, ParsedPost)
    assert [(c.value, c.lower_bound) for m, c in post.counts.items() if m not in before.counts] == wanted


@pytest.mark.parametrize("name", [n for n in NAMES if FIELDS[n][2]])
def test_a_count_that_cannot_be_read_is_refused(name: str) -> None:
    assert outcome(name, changed(name, 2, "12 or so")) == "bad_count"


def text_of(name: str, inner: str) -> bytes:
    """The sample with its text replaced by raw JSON text `inner`, wherever the format keeps it."""
    marker = "MARK"
    record: dict[str, Any] = dict(RECORDS[name])
    if name == "wechat-freepublish":
        record["content"] = {"news_item": [{"title": "t", "content": marker}]}
    elif name == "internal-kafka":
        record["content"] = {"text": marker}
    elif name == "wechatchannels-wxchannelsdownload":
        record["objectDesc"] = {"description": marker}
    else:
        record = placed(name, FIELDS[name][3], marker)
    return json.dumps(record, ensure_ascii=False).replace(marker, inner).encode()


@pytest.mark.parametrize("name", WITH_TEXT)
@pytest.mark.parametrize("inner", ["坐\\u0000下", "坐\x00下", "坐\\ud83d下", "坐\\udc00下"])
def test_nul_and_lone_surrogates_become_the_replacement_character(name: str, inner: str) -> None:
    post = outcome(name, text_of(name, inner))
    assert isinstance(post, ParsedPost)
    assert post.text == "坐\ufffd下"


@pytest.mark.parametrize("name", WITH_TEXT)
def test_a_text_of_twenty_megabytes_is_read(name: str) -> None:
    post = outcome(name, text_of(name, "长" * 7_000_000))
    assert isinstance(post, ParsedPost)
    assert len(post.text) == 7_000_000


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_ten_thousand_levels_of_nesting_are_refused(name: str) -> None:
    deep = json.dumps(RECORDS[name])[:-1].encode() + b',"extra":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    assert outcome(name, deep) == "too_deep"


@pytest.mark.parametrize("name", WITH_TEXT)
def test_gb18030_is_read_and_another_encoding_refused(name: str) -> None:
    body = text_of(name, "坐下喝口水")
    post = outcome(name, body.decode().encode("gb18030"))
    assert isinstance(post, ParsedPost)
    assert post.text == "坐下喝口水"
    assert outcome(name, text_of(name, "MARK2").replace(b"MARK2", b"\xff\xfe\xff")) == "wrong_encoding"


@pytest.mark.parametrize("name", sorted(RECORDS))
@pytest.mark.parametrize(
    ("packed", "bad"),
    [("{0}\n{1}\n{0}\n", bad) for bad in ("not json", '{"cut":"sho', "[]", '"x"', "{}", "[" * 10_000, "\x00\x00")]
    + [
        ("[{0},{1},{0}]", bad)
        for bad in ("notjson", '{"cut":"sho"', "[]", '"x"', "{}", "[" * 9999 + "]" * 9999, "\x00")
    ],
)
def test_the_rest_of_the_file_goes_on(name: str, packed: str, bad: str) -> None:
    good = json.dumps(RECORDS[name])
    data = packed.format(good, bad)
    opened = source(name, account_id="gh_1")
    read, refused = [], []
    for record in opened.split(document(data)):
        try:
            opened.parse(record)
            read.append(record.line)
        except RecordError:
            refused.append(record.line)
    assert (read, refused) == ([1, 3], [2])
