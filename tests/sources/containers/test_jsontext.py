import json
import time

import pytest

from pipeline.errors import RecordError
from pipeline.sources.containers.jsontext import MAX_DEPTH, decode, decode_object, utf8


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"t":"\\ud800x"}', "\ufffdx"),
        (b'{"t":"x\\udc00"}', "x\ufffd"),
        (b'{"t":"\\ud83d\\ude00 \\ud83d"}', "😀 \ufffd"),
        (b'{"t":"\xed\xa0\x80x"}', "\ufffdx"),
        (b'{"t":"\xed\xa0\xbd\xed\xb8\x80"}', "😀"),
        (b'{"t":"a\x00b"}', "a\x00b"),
        (b'{"t":"a\nb"}', "a\nb"),
        (b'\xef\xbb\xbf{"t":"x"}', "x"),
        ('{"t":"今天吃面"}'.encode("gb18030"), "今天吃面"),
        ('{"t":"今天吃面"}'.encode("utf-16"), "今天吃面"),
        (b'{"t":"undefined","u":undefined}', "undefined"),
    ],
)
def test_sloppy_json_is_read(body: bytes, wanted: str) -> None:
    assert decode_object(body)["t"] == wanted


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"not json", "not_json"),
        (b'{"t":"cut sho', "not_json"),
        (b'{"t":undefinedly}', "not_json"),
        (b"{} {}", "not_json"),
        (b"\x00\x00\x00", "not_json"),
        (b'{"n":' + b"1" * 5000 + b"}", "not_json"),
        (b"[1]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"t":"\xff\xfe\xff"}', "wrong_encoding"),
        ('{"t":"今天吃面，明天吃饭'.encode() + b'\xff"}', "wrong_encoding"),
        (b"\xff\xfex", "wrong_encoding"),
        (b"[" * 10_000 + b"]" * 10_000, "too_deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too_deep"),
        (b"[" * 10_000, "too_deep"),
        (("[" * 5000 + "]" * 5000).encode("utf-16"), "too_deep"),
    ],
)
def test_what_is_no_record_is_one_kind_of_error_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as error:
        decode_object(body)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"null", "null"),
        (b"false", "true or false"),
        (b"12", "a number"),
        (b"1.5", "a number"),
        (b'"a"', "text"),
        (b"[{}]", r"an array \(or a table's row with more or fewer cells than its header\)"),
    ],
)
def test_what_stands_where_a_record_was_expected_is_named_in_words(body: bytes, name: str) -> None:
    with pytest.raises(RecordError, match=f"^not_an_object: {name} where a record, a JSON object, was expected"):
        decode_object(body)


def test_utf8_with_a_broken_byte_is_not_taken_for_gb18030() -> None:
    halved = '{"t":"晚饭后散步'.encode()[:-1] + '公园"}'.encode()
    assert halved.decode("gb18030"), "the trap: these bytes are gibberish in GB18030, but no error"
    with pytest.raises(RecordError, match="damaged at byte"):
        decode_object(halved)


def test_brackets_inside_text_are_no_nesting() -> None:
    assert decode_object(b'{"t":"' + b"[" * 1000 + b'"}') == {"t": "[" * 1000}


def test_the_deepest_allowed_nesting_is_read() -> None:
    assert decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_the_deepest_allowed_nesting_is_read_on_the_slow_path_too() -> None:
    assert decode(b'["\\ud800",' + b"[" * (MAX_DEPTH - 1) + b"]" * MAX_DEPTH)


@pytest.mark.parametrize("tail", ["", "\\ud800"])
def test_twenty_megabytes_of_text_are_read_in_seconds(tail: str) -> None:
    body = ('{"t":"' + "长" * 7_000_000 + tail + '"}').encode()
    start = time.perf_counter()
    assert len(decode_object(body)["t"]) >= 7_000_000
    assert time.perf_counter() - start < 10


def test_a_page_in_gb18030_becomes_utf8_and_a_damaged_one_stays() -> None:
    page = json.dumps({"t": "乗\\乗"}, ensure_ascii=False)
    assert utf8(page.encode("gb18030")) == page.encode()
    assert utf8(b"\xff\xff{}") == b"\xff\xff{}"
