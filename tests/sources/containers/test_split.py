import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest

from pipeline.errors import SourceError
from pipeline.records import Fragment
from pipeline.source_settings import SourceSettings
from pipeline.sources.containers import split as split_module
from pipeline.sources.containers.split import Page, split
from pipeline.sources.document import Document
from tests.sources.samples import document

SOURCE = SourceSettings(format="xiaohongshu-mediacrawler")
LINES = Page()
PAGE = Page(records=(("data", "list"), ("list",)), context=("owner",))


def bodies(data: bytes | str, page: Page = LINES) -> list[tuple[int | None, str]]:
    return [(f.line, f.body.decode()) for f in split(document(data), SOURCE, page)]


def test_json_lines_keep_their_line_numbers_and_broken_lines() -> None:
    data = '\ufeff{"a":1}\r\n\n{"a":"cut\nnot json\n{"a":4}'
    assert bodies(data) == [(1, '{"a":1}'), (3, '{"a":"cut'), (4, "not json"), (5, '{"a":4}')]


def test_json_lines_whose_first_line_is_broken_are_still_lines() -> None:
    assert bodies('{"a":"cut\n{"a":2}\n{"a":3}') == [(1, '{"a":"cut'), (2, '{"a":2}'), (3, '{"a":3}')]


def test_an_array_gives_positions() -> None:
    assert bodies('[\n {"a": 1},\n {"a":2}\n]\n') == [(1, '{"a": 1}'), (2, '{"a":2}')]


def test_an_object_printed_over_lines_is_one_record() -> None:
    assert bodies('{\n  "a": 1\n}\n') == [(1, '{\n  "a": 1\n}')]


def test_a_page_with_a_record_a_line_is_not_taken_for_json_lines() -> None:
    assert bodies('{"list":[\n{"a":1},\n{"a":2}\n]}', PAGE) == [(1, '{"a":1}'), (2, '{"a":2}')]


@pytest.mark.parametrize("data", ["", "\n\n", "[]", "\ufeff"])
def test_an_empty_document_has_no_records(data: str) -> None:
    assert bodies(data) == []


@pytest.mark.parametrize("page", ['{"data":{"list":%s}}', '{"n":1,"list":%s,"more":false}', "%s", "cb(%s);"])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_records_of_a_page_are_found_wherever_they_are(page: str, indent: int | None) -> None:
    data = page % json.dumps([{"a": 1}, {"a": 2}], indent=indent)
    assert [json.loads(body) for _, body in bodies(data, PAGE)] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("nested", "wanted"),
    [(0, ['{"list":[{"list":[{"a":1}]},{"a":2}]}', "null"]), (1, ['{"list":[{"a":1}]}', '{"a":2}', "null"])],
)
def test_pages_within_pages_are_taken_apart_as_deep_as_is_said(nested: int, wanted: list[str]) -> None:
    page = Page(records=(("list",),), nested=nested)
    found = bodies('{"list":[{"list":[{"list":[{"a":1}]},{"a":2}]},null]}', page)
    assert [body for _, body in found] == wanted


def test_lines_of_pages_are_taken_apart() -> None:
    data = '{"list":[{"a":1},{"a":2}]}\n{"list":null}\n{"a":3}\n'
    assert bodies(data, PAGE) == [(1, '{"a":1}'), (1, '{"a":2}'), (3, '{"a":3}')]


def test_a_page_that_is_cut_short_gives_what_it_has_and_the_rest() -> None:
    assert bodies('{"data":{"list":[{"a":1},{"a":2},{"a":', PAGE) == [(1, '{"a":1}'), (2, '{"a":2}'), (3, '{"a":')]


def test_an_object_that_is_no_page_is_handed_on_and_not_lost() -> None:
    assert bodies('{"hello":"world"}', PAGE) == [(1, '{"hello":"world"}')]


def test_what_the_records_need_of_the_page_travels_with_them() -> None:
    data = '{"owner":{"uin":7},"list":[{"a":1}],"other":1}'
    assert [f.context for f in split(document(data), SOURCE, PAGE)] == [b'{"owner":{"uin":7}}']


def test_an_envelope_that_cannot_be_read_is_no_context() -> None:
    data = '{"owner":{"uin":oops},"list":[{"a":1}]}'
    assert [f.context for f in split(document(data), SOURCE, PAGE)] == [None]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_page_in_another_encoding_is_handed_on_in_utf8(encoding: str) -> None:
    data = '[{"a":"乗乗"},{"a":"白菜"}]'.encode(encoding)
    assert bodies(data) == [(1, '{"a":"乗乗"}'), (2, '{"a":"白菜"}')]


def test_json_lines_in_gb18030_stay_the_bytes_they_are() -> None:
    line = '{"a":"白菜"}'.encode("gb18030")
    assert [f.body for f in split(document(line + b"\n" + line), SOURCE, LINES)] == [line, line]


def test_of_a_line_without_end_the_head_is_kept_and_the_next_lines_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_module, "MAX_LINE", 64)
    monkeypatch.setattr(split_module, "_KEPT_OF_LONG_LINE", 16)
    data = '{"a":1}\n{"a":"' + "x" * 500 + '"}\n{"a":3}\n'
    assert bodies(data) == [(1, '{"a":1}'), (2, '{"a":"xxxxxxxxxx'), (3, '{"a":3}')]


def test_a_page_too_large_for_memory_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_module, "MAX_PAGE", 2**20)
    with pytest.raises(SourceError, match=r"export\.json: a single JSON page of more than 1 MiB"):
        bodies("[" + "1," * 2**20 + "1]")


def test_a_stream_that_fails_names_the_file() -> None:
    class Failing(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            raise OSError("device gone")

    failing = Document(origin="day/1.jsonl", open=lambda: io.BufferedReader(Failing()))
    with pytest.raises(SourceError, match=r"day/1\.jsonl: cannot be read to its end \(device gone\)"):
        list(split(failing, SOURCE, LINES))


class Endless(io.RawIOBase):
    """A million lines that are never all in memory."""

    def __init__(self, line: bytes, lines: int) -> None:
        self._line, self._left, self._ready = line, lines, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._ready and self._left:
            self._left -= 1
            self._ready = self._line
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def test_json_lines_are_read_in_constant_memory() -> None:
    line = b'{"a":"' + b"x" * 20_000 + b'"}\n'
    stream = Document(origin="big.jsonl", open=lambda: io.BufferedReader(Endless(line, 5_000), 65_536))
    tracemalloc.start()
    try:
        assert _count(split(stream, SOURCE, LINES)) == 5_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000, "100 MB went through"
    finally:
        tracemalloc.stop()


def _count(fragments: Iterator[Fragment]) -> int:
    return sum(1 for _ in fragments)
