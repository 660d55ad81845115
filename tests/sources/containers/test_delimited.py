"""Tables as text: what stands in a cell arrives as it is, and a broken row costs that row alone."""

import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.source_settings import SourceSettings
from pipeline.sources.containers import delimited
from pipeline.sources.containers import split as split_module
from pipeline.sources.containers.split import Page, split
from pipeline.sources.document import Document
from tests.sources.containers.test_split import Endless
from tests.sources.samples import document

HEADER = ("id", "正文", "点赞数")
SOURCE = SourceSettings(format="weibo-weibosearch")


def rows(data: bytes | str) -> list[tuple[int | None, object]]:
    """Line and content of every row; the bytes of what is no JSON."""
    found: list[tuple[int | None, object]] = []
    for fragment in split(document(data), SOURCE, Page()):
        try:
            found.append((fragment.line, json.loads(fragment.body)))
        except ValueError:
            found.append((fragment.line, fragment.body))
    return found


def test_cells_are_the_text_they_were() -> None:
    assert rows("id,微博正文,点赞数\r\n007,  喝白醋, 1.2万\r\n8,,-1\r\n") == [
        (2, {"id": "007", "微博正文": "  喝白醋", "点赞数": " 1.2万"}),
        (3, {"id": "8", "微博正文": "", "点赞数": "-1"}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_every_encoding_and_delimiter_gives_the_same(encoding: str, delimiter: str) -> None:
    data = f"id{delimiter}正文\n1{delimiter}乗乗，a;b\n2{delimiter}𠮷\n".replace("a;b", "ab")
    assert rows(data.encode(encoding)) == [(2, {"id": "1", "正文": "乗乗，ab"}), (3, {"id": "2", "正文": "𠮷"})]


def test_a_file_in_gb18030_stays_so_where_a_row_might_be_utf8() -> None:
    data = "id,正文\n1,模\n2,白菜\n".encode("gb18030")  # the bytes of 模 are UTF-8 too, for ģ
    assert [row for _, row in rows(data)] == [{"id": "1", "正文": "模"}, {"id": "2", "正文": "白菜"}]


def test_what_a_writer_quotes_comes_back_whole() -> None:
    cells = ["1", 'say "hi",\nsecond line\r\n\r\nfourth; tab\there', "\x00\x01 \ud800".replace("\ud800", "\ufffd")]
    written = io.StringIO()
    csv.writer(written).writerows([["id", "text", "other"], cells, ["2", "b", "c"]])
    assert rows(written.getvalue()) == [
        (2, dict(zip(["id", "text", "other"], cells, strict=True))),
        (6, {"id": "2", "text": "b", "other": "c"}),
    ]


def test_a_row_that_does_not_fit_its_header_is_an_array_that_goes_to_quarantine() -> None:
    assert rows("id,text\n1,a,b\n2\n3,c\n") == [
        (2, ["1", "a", "b"]),
        (3, ["2"]),
        (4, {"id": "3", "text": "c"}),
    ]


def test_a_header_written_again_is_no_row() -> None:
    assert rows("id,text\n1,a\nid,text\n2,b\n") == [(2, {"id": "1", "text": "a"}), (4, {"id": "2", "text": "b"})]


def test_a_quote_that_never_closes_costs_its_line_alone() -> None:
    good = [{"id": str(n), "text": "x"} for n in (2, 3, 5, 6)]
    found = rows('id,text\n1,"a\n2,x\n3,x\n4,"b\n5,x\n6,x\n')
    assert [row for _, row in found if isinstance(row, dict)] == good
    assert [row for _, row in found if not isinstance(row, dict)] == [b'1,"a', b'4,"b']


def test_a_quote_inside_a_cell_is_a_sign_like_any_other() -> None:
    assert rows('id,text\n1,5" wide\n2,x\n') == [(2, {"id": "1", "text": '5" wide'}), (3, {"id": "2", "text": "x"})]


def test_open_quotes_do_not_gather_lines_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_LINES", 3)
    assert [row for _, row in rows('id,text\n1,"a\n' + "2,x\n" * 9)] == [b'1,"a'] + [{"id": "2", "text": "x"}] * 9


def test_of_a_huge_cell_the_head_goes_to_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split_module, "MAX_LINE", 64)
    monkeypatch.setattr(split_module, "_KEPT_OF_LONG_LINE", 16)
    assert rows("id,text\n1," + "x" * 500 + "\n2,y\n3,z\n") == [
        (2, b"1,xxxxxxxxxxxxxx"),
        (3, {"id": "2", "text": "y"}),
        (4, {"id": "3", "text": "z"}),
    ]


@pytest.mark.parametrize(
    ("header", "said"),
    [("id,text,id", "names id twice"), (",,", None), ("1000001,养生", None), ('cb({"a":1,"b":2})', None)],
)
def test_a_header_that_cannot_be_one(header: str, said: str | None) -> None:
    if said:
        with pytest.raises(SourceError, match=said):
            rows(f"{header}\n1,2,3\n")
    else:
        assert not any(isinstance(row, dict) and "text" in row for _, row in rows(f"{header}\n1,2,3\n"))


def test_columns_without_a_name_are_named_by_their_place() -> None:
    assert rows(",id,text\n0,7,x\n") == [(2, {"column 1": "0", "id": "7", "text": "x"})]


@pytest.mark.parametrize("text", ["id,text\n", "id,text", "\ufeffid\ttext\r\n\r\n"])
def test_a_header_alone_has_no_rows(text: str) -> None:
    assert rows(text) == []


@pytest.mark.parametrize(
    "data", ['oops, not json\n{"id":1}\n', "<html>,\n<p>a,b", "请先登录，再试一次\n", "error, please log in\n"]
)
def test_what_is_no_table_is_not_taken_for_one(data: str) -> None:
    assert rows(data)[0][1] == data.splitlines()[0].encode() or rows(data) == [(1, data.strip().encode())]


def test_a_large_table_is_read_in_constant_memory() -> None:
    line = b'7,"' + b"x" * 20_000 + b'\n"\n'
    chunks = iter([b"id,text\n"])

    class WithHeader(Endless):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            self._ready = next(chunks, b"") or self._ready
            return super().readinto(buffer)

    big = Document(origin="big.csv", open=lambda: io.BufferedReader(WithHeader(line, 5_000), 65_536))
    tracemalloc.start()
    try:
        assert sum(1 for row in split(big, SOURCE, Page()) if row.body.startswith(b'{"id"')) == 5_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000, "100 MB went through"
    finally:
        tracemalloc.stop()


CELL = st.text(st.sampled_from('ab7醋,;\t"\n\r \x00'), max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    cells=st.lists(st.tuples(CELL, CELL, CELL), max_size=8),
    delimiter=st.sampled_from(delimited.DELIMITERS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    damage=st.none() | st.tuples(st.integers(0, 200), st.sampled_from([b'"', b"\n", b",", b"\xff"])),
)
def test_whatever_is_written_comes_back(
    cells: list[tuple[str, str, str]], delimiter: str, encoding: str, damage: tuple[int, bytes] | None
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([HEADER, *cells])
    data = written.getvalue().encode(encoding)
    if damage is None:
        kept = [dict(zip(HEADER, row, strict=True)) for row in cells if "".join(row).strip()]
        assert [row for _, row in rows(data) if any(map(str.strip, row.values()))] == kept  # type: ignore[attr-defined]
    else:
        start = min(len(data), len(delimiter.join(HEADER).encode(encoding)) + 2 + damage[0])
        found = rows(data[:start] + damage[1] + data[start:])
        assert all(isinstance(row, dict | list | bytes) for _, row in found)
