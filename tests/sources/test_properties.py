"""Whatever arrives, nothing but the declared errors leaves a format, and every record is accounted for."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import RecordError, SourceError
from pipeline.records import Count, Fragment, ParsedPost
from pipeline.sources import Source
from pipeline.sources.document import Document
from tests.sources.samples import PAGES, RECORDS, document, fragment, source

NAMES = sorted(RECORDS)
FEW = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
"""Of each format; as many formats share their code, the same is tried far more often."""

AWKWARD = st.sampled_from(
    [
        "",
        "None",
        "-1",
        "1.2万",
        "10万+",
        "0",
        "nan",
        "1e999",
        "2025-02-30",
        "https://[x",
        "http://mp.weixin.qq.com/s?__biz=%00",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=20),
    AWKWARD,
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a sample, the outermost first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*here, key)
        yield from paths(part, (*here, key))


@st.composite
def spoilt(draw: st.DrawFn, name: str) -> Any:
    """A sound record with some of its parts, at any depth, replaced by anything or taken out."""
    record = json.loads(json.dumps(RECORDS[name]))
    for path in draw(st.lists(st.sampled_from(list(paths(record))), min_size=1, max_size=4)):
        *outer, last = path
        part = record
        for key in outer:
            part = part[key] if _has(part, key) else None
        if _has(part, last):
            part[last] = draw(ANYTHING)
    for key in draw(st.lists(st.sampled_from(sorted(record)), max_size=2)):
        record.pop(key, None)
    return record


def _has(part: Any, key: Any) -> bool:
    return (isinstance(part, dict) and key in part) or (
        isinstance(part, list) and isinstance(key, int) and key < len(part)
    )


def check_post(post: ParsedPost) -> None:
    """What the rest of the pipeline may rely on."""
    assert 1 <= len(post.platform_post_id) <= 600
    assert post.account_id or post.is_deleted or not (post.title or post.text or post.transcript)
    for words in (post.account_name, post.url, post.title, post.text, post.transcript, post.reposted_text):
        assert "\x00" not in words
        words.encode("utf-8")
    for moment in (post.posted_at, post.edited_at, post.observed_at):
        assert moment is None or (moment.tzinfo is not None and 2005 <= moment.year <= 2100)
    for number in (post.follower_count, *post.counts.values()):
        assert isinstance(number, Count)
        assert number.value is None or 0 <= number.value < 2**63


def account_for(opened: Source, found: Document) -> tuple[int, int]:
    """How many records were read and how many refused; any other error fails the test."""
    read = refused = 0
    for record in opened.split(found):
        try:
            posts = opened.parse(record)
        except RecordError:
            refused += 1
        else:
            assert posts
            read += 1
            for post in posts:
                check_post(post)
            assert opened.external_id(record) == posts[0].platform_post_id
    return read, refused


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_a_spoilt_record_is_read_or_refused(name: str, data: st.DataObject) -> None:
    opened = source(name, account_id=data.draw(st.sampled_from(["", "gh_1"])))
    record = fragment(json.dumps(data.draw(spoilt(name))).encode())
    try:
        posts = opened.parse(record)
    except RecordError:
        opened.external_id(record)
        return
    assert posts
    for post in posts:
        check_post(post)


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(value=ANYTHING, context=st.none() | st.binary(max_size=40))
def test_any_json_with_any_envelope_is_read_or_refused(name: str, value: Any, context: bytes | None) -> None:
    record = Fragment(body=json.dumps(value).encode(), origin="x", line=1, context=context)
    with pytest.raises(RecordError):
        source(name).parse(record)


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_every_record_of_an_array_or_of_lines_is_accounted_for(name: str, data: st.DataObject) -> None:
    records = data.draw(st.lists(st.one_of(st.just(RECORDS[name]), spoilt(name)), max_size=6))
    opened = source(name, account_id="gh_1")
    array = json.dumps(records, indent=data.draw(st.sampled_from([None, 2])))
    assert sum(account_for(opened, document(array))) == len(records)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    assert sum(account_for(opened, document(lines))) == len(records)


@pytest.mark.parametrize("name", sorted(PAGES))
@FEW
@given(data=st.data())
def test_every_record_of_a_page_is_accounted_for(name: str, data: st.DataObject) -> None:
    records = data.draw(st.lists(st.one_of(spoilt(name), SCALARS), max_size=6))
    page = PAGES[name] % json.dumps(records, indent=data.draw(st.sampled_from([None, 1])))
    assert sum(account_for(source(name, account_id="gh_1"), document(page))) == len(records)


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(count=st.integers(1, 5), keep=st.floats(0, 1), indent=st.sampled_from([None, 2]))
def test_of_a_document_cut_short_every_complete_record_is_read(
    name: str, count: int, keep: float, indent: int | None
) -> None:
    pack = PAGES.get(name, "%s")
    whole = pack % json.dumps([RECORDS[name]] * count, indent=indent)
    cut = whole[: int(len(whole) * keep)]
    one = json.dumps([RECORDS[name]], indent=indent)[1:-1].strip()
    read, refused = account_for(source(name, account_id="gh_1"), document(cut))
    assert read == cut.count(one)
    assert refused <= 1


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_any_damage_to_a_document_leaves_only_declared_errors(name: str, data: st.DataObject) -> None:
    whole = (PAGES.get(name, "%s") % json.dumps([RECORDS[name]] * 3, ensure_ascii=False)).encode()
    start = data.draw(st.integers(0, len(whole)))
    damaged = whole[:start] + data.draw(st.binary(max_size=8)) + whole[start + data.draw(st.integers(0, 30)) :]
    try:
        read, refused = account_for(source(name, account_id="gh_1"), document(damaged))
    except SourceError:
        return
    assert read + refused >= 1


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.binary(max_size=200) | st.text('[]{}",:\\ \nab1(;)', max_size=60).map(str.encode))
def test_any_bytes_leave_only_declared_errors(name: str, data: bytes) -> None:
    with contextlib.suppress(SourceError):
        account_for(source(name), document(data))
