import json
import time

import pytest

from pipeline.sources.containers import scan


def elements(array: str) -> list[str]:
    return [part.decode() for part in scan.elements(array.encode())]


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        ("[]", []),
        ('[ {"a": 1} ,\n{"a":[2]}]', ['{"a": 1}', '{"a":[2]}']),
        ('[1, "x]", null]', ["1", '"x]"', "null"]),
        ('[{"a":undefined},{"a":2}]', ['{"a":undefined}', '{"a":2}']),
        ('[{"a":"\\ud800"},{"a":"}\\""}]', ['{"a":"\\ud800"}', '{"a":"}\\""}']),
        ('[{"a":1},,{"a":2},]', ['{"a":1}', '{"a":2}']),
    ],
)
def test_elements_are_cut_byte_for_byte(array: str, wanted: list[str]) -> None:
    assert elements(array) == wanted


def test_an_array_cut_short_gives_its_complete_elements_and_the_rest() -> None:
    assert elements('[{"a":1},{"a":2},{"a":"th') == ['{"a":1}', '{"a":2}', '{"a":"th']


def test_after_a_missing_brace_the_next_elements_are_found() -> None:
    assert elements('[{"a":1},{"a":2,{"a":3},{"a":4}]') == ['{"a":1}', '{"a":2', '{"a":3}', '{"a":4}']


def test_after_a_missing_quote_the_next_elements_are_found() -> None:
    broken = '[\n {"a":"one},\n {"a":"two"},\n {"a":"three"}\n]'
    assert elements(broken) == ['{"a":"one}', '{"a":"two"}', '{"a":"three"}']


def test_a_comment_inside_a_broken_record_is_not_taken_for_a_record() -> None:
    broken = '[{"tid":"1","c":[{"id":7},{"id":8}],"x":"oops},{"tid":"2","c":[]}]'
    assert elements(broken)[1:] == ['{"tid":"2","c":[]}']


def test_garbage_between_elements_is_handed_on_and_ends_nothing() -> None:
    assert elements('[{"a":1} what? {"a":2}]') == ['{"a":1}', "what?", '{"a":2}']


def test_an_array_of_broken_elements_does_not_take_for_ever() -> None:
    parts = list(scan.elements(b"[" + b'{"a":[},' * 20_000 + b"]"))
    assert b"".join(parts).count(b"{") == 20_000


def test_nesting_beyond_reason_is_cut_like_anything_else() -> None:
    deep = "[" * 10_000 + "]" * 10_000
    assert elements(f'[{{"a":1}},{deep},{{"a":2}}]') == ['{"a":1}', deep, '{"a":2}']


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ('{"a":1}', ['{"a":1}']),
        (' {"a":1}\n{"b":2} [3]', ['{"a":1}', '{"b":2}', "[3]"]),
        ('_preloadCallback({"a":undefined});', ['{"a":undefined}']),
        ('cb({"a":1});\ncb({"a":2});\n', ['{"a":1}', '{"a":2}']),
        ('{"a":"cut\n{"a":2}\n{"a":3}', ['{"a":"cut', '{"a":2}', '{"a":3}']),
        ("<html>\n<p>log in</p>", ["<html>\n<p>log in</p>"]),
        ("", []),
        (" \n", []),
    ],
)
def test_a_document_is_one_value_or_several(data: str, wanted: list[str]) -> None:
    assert [part.decode() for part in scan.values(data.encode())] == wanted


def test_members_keep_their_bytes() -> None:
    page = '{ "code": 0, "list": [1, 2], "name": "x" }'
    assert scan.members(page.encode()) == {"code": b"0", "list": b"[1, 2]", "name": b'"x"'}


def test_members_of_a_broken_object_reach_to_the_end() -> None:
    assert scan.members(b'{"code":undefined,"list":[{"a":1},{"a"') == {"code": b"undefined", "list": b'[{"a":1},{"a"'}


def test_an_object_cut_after_a_key_has_the_members_before() -> None:
    assert scan.members(b'{"code":0,"list":') == {"code": b"0"}


@pytest.mark.parametrize("value", [{"a": ["]", {"b": '"'}]}, "x\\", 12.5, [], True])
def test_the_end_of_a_value_is_found(value: object) -> None:
    data = json.dumps(value).encode()
    assert scan.end_of_value(data + b" ,", 0) == len(data)


@pytest.mark.parametrize("line", [b"[", b"{"])
def test_many_openings_are_cut_in_bounded_time(line: bytes) -> None:
    data = (line + b"\n") * 100_000
    began = time.process_time()
    parts = list(scan.values(data))
    assert time.process_time() - began < 30
    assert sum(map(len, parts)) + len(parts) == len(data)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (rb'"{\"a\":[1,\"\\u4e2d\"]}"', b'{"a":[1,"\\u4e2d"]}'),
        (b'{"a":1}', b'{"a":1}'),
        (b'"', b""),
        (rb'"{\"a\":[1,', b'{"a":[1,'),
        (rb'"{\"a', b'{"a'),
        (b'"{\\"a\\', b'{"a'),
        (b'"{\\\\\\', b"{\\"),
        (b'"{\\u4e', b"{"),
        (b'"\\x"', b'"\\x"'),
    ],
)
def test_json_inside_a_string_is_taken_out_as_far_as_it_goes(value: bytes, said: bytes) -> None:
    assert scan.unquoted(value) == said
