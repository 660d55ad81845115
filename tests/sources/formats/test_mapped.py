"""A map in the configuration reads a format that nobody foresaw, and says where it is wrong."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline import settings
from pipeline.errors import ConfigError, RecordError
from pipeline.records import Count, Fragment, Metric, ParsedPost, Platform
from pipeline.sources import check
from pipeline.sources.tombstone import context
from pipeline.stream_settings import CountPaths, MapSettings
from tests.sources.samples import document, fragment, settings_of, source
from tests.sources.samples_internal import MAP, UNFORESEEN

POSTED = datetime(2025, 11, 12, tzinfo=UTC)


def read(record: dict[str, Any], **changed: Any) -> ParsedPost:
    """The post of a record; `changed` are keys of the map."""
    opened = source("mapped", map=msgspec.structs.replace(MAP, **changed))
    [post] = opened.parse(fragment(record))
    assert opened.external_id(fragment(record)) == post.platform_post_id
    return post


def test_a_record_is_read_whole() -> None:
    assert read(UNFORESEEN) == ParsedPost(
        platform=Platform.WEIBO,
        platform_post_id="p-4711",
        account_id="u-1",
        account_name="豆腐西施",
        follower_count=Count(12000),
        posted_at=POSTED,
        text="早市的豆腐比超市的香",
        counts={Metric.LIKES: Count(53)},
        has_media=True,
    )


def test_a_page_is_cut_at_its_records() -> None:
    opened = source("mapped")
    page = '{"data":{"items":[{"id":"1","words":"a"},{"id":"2","words":"b"}]}}'
    assert [opened.external_id(f) for f in opened.split(document(page))] == ["1", "2"]


def test_a_platform_may_be_in_the_record() -> None:
    assert read({**UNFORESEEN, "site": "Douyin"}, platform="site").platform is Platform.DOUYIN
    with pytest.raises(RecordError, match="unknown_platform: the platform 'orkut'"):
        read({**UNFORESEEN, "site": "orkut"}, platform="site")


def test_a_constant_stands_for_itself() -> None:
    post = read(UNFORESEEN, account_id="=gh.1", is_sponsored="=yes")
    assert (post.account_id, post.is_sponsored) == ("gh.1", True)


def test_the_first_path_that_is_there_counts() -> None:
    assert read({**UNFORESEEN, "body": "另有其文"}, text=("body", "words")).text == "另有其文"
    assert read(UNFORESEEN, text=("body", "words")).text == UNFORESEEN["words"]


def test_a_member_may_have_dots_in_its_name() -> None:
    assert read({**UNFORESEEN, "user.name": "阿婆"}, account_name="user.name").account_name == "阿婆"
    assert read({**UNFORESEEN, "a": {"b.c": "阿婆"}}, account_name="a.b.c").account_name == "阿婆"


@pytest.mark.parametrize(
    ("written", "times", "zone"),
    [
        ("2025-11-12 08:00:00", "text", ""),
        ("2025-11-12 00:00:00", "text", "UTC"),
        ("1762905600", "seconds", ""),
        (1762905600000, "milliseconds", ""),
    ],
)
def test_times_are_read_as_the_map_says(written: object, times: str, zone: str) -> None:
    opened = source("mapped", zone=zone, map=msgspec.structs.replace(MAP, times=times))
    assert opened.parse(fragment({**UNFORESEEN, "created": written}))[0].posted_at == POSTED


@pytest.mark.parametrize("value", [1, True, "yes", "2025-11-12", [1], 0.5])
def test_what_is_there_is_a_yes(value: object) -> None:
    assert read({**UNFORESEEN, "mark": value}, is_private="mark").is_private


@pytest.mark.parametrize("value", [0, False, "No", "", None, [], 0.0, "0"])
def test_what_is_empty_is_a_no(value: object) -> None:
    assert not read({**UNFORESEEN, "mark": value}, is_private="mark").is_private


@pytest.mark.parametrize(("value", "wanted"), [("friends", True), ("Self", True), ("all", False), (None, False)])
def test_a_word_makes_it_a_yes(value: object, wanted: bool) -> None:
    assert read({**UNFORESEEN, "to": value}, is_private=("to=friends", "to=self")).is_private is wanted


@pytest.mark.parametrize(("value", "wanted"), [(3, True), (True, False), (2**80, False)])
def test_a_word_may_be_a_number(value: object, wanted: bool) -> None:
    assert read({**UNFORESEEN, "to": value}, is_private="to=3").is_private is wanted


def test_whether_it_is_sponsored_is_unknown_where_nothing_says() -> None:
    assert read(UNFORESEEN).is_sponsored is None
    assert read(UNFORESEEN, is_sponsored="ad?").is_sponsored is None
    assert read({**UNFORESEEN, "ad": 0}, is_sponsored="ad?").is_sponsored is False


def test_a_deletion_needs_nothing_but_its_id() -> None:
    post = read({"id": "p-4711", "state": "gone"})
    assert (post.platform_post_id, post.is_deleted) == ("p-4711", True)


def test_the_key_of_a_deletion_may_be_the_id_alone() -> None:
    gone = Fragment(body=b"", origin="x", context=context("p-4711", {}, is_deletion=True))
    [post] = source("mapped").parse(gone)
    assert (post.platform, post.platform_post_id, post.is_deleted) == (Platform.WEIBO, "p-4711", True)


@pytest.mark.parametrize("path", ["wordz", "poster.words", "media.1.words", "poster.names.x", "id.0", "media.-1"])
def test_a_path_that_leads_nowhere_is_named(path: str) -> None:
    with pytest.raises(RecordError) as error:
        read(UNFORESEEN, text=path)
    assert error.value.reason == "missing"
    assert error.value.detail.startswith(f"no `{path}`; correct text in the source's map")
    assert read(UNFORESEEN, text=f"{path}?").text == ""


def test_a_count_that_leads_nowhere_is_named() -> None:
    with pytest.raises(RecordError, match=r"missing: no `like`; correct counts\.likes in"):
        read(UNFORESEEN, counts=CountPaths(likes="like"))


def test_a_wrong_place_of_the_records_is_named() -> None:
    opened = source("mapped")
    [page] = opened.split(document('{"data":{"list":[{"id":"1"}]}}'))
    with pytest.raises(RecordError, match=r"missing: no `id`; .*\(or records = 'data\.items', where"):
        opened.parse(page)


def test_a_value_that_cannot_be_read_is_named_by_its_path() -> None:
    with pytest.raises(RecordError, match=r"bad_count: `poster\.fans` is '12 or so'"):
        read({**UNFORESEEN, "poster": {"uid": "u-1", "fans": "12 or so"}})


TABLE = '[source.x]\nformat = "mapped"\npath = "*"\n[source.x.map]\nplatform = "weibo"\nid = "id"\ntext = "text"\n'


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (TABLE + 'txet = "words"', r"\[source\.x\]: Object contains unknown field `txet` - at `\$\.map`"),
        (TABLE + 'url = "a..b"', r"\[source\.x\]: url: 'a\.\.b' is neither a path .* - at `\$\.map`"),
        (TABLE + 'title = ["a", ""]', r"\[source\.x\]: title: '' is neither a path"),
        (TABLE + 'times = "days"', r"\[source\.x\]: Invalid enum value 'days' - at `\$\.map\.times`"),
        (
            TABLE + 'counts = {like = "a"}',
            r"\[source\.x\]: Object contains unknown field `like` - at `\$\.map\.counts`",
        ),
        (TABLE.replace('id = "id"', "id = []"), r"\[source\.x\]: id: say where"),
        (TABLE.replace('text = "text"', ""), r"\[source\.x\]: text: say where"),
    ],
)
def test_a_mistake_in_the_map_is_named_with_file_table_and_key(toml: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "kolwatch.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"^{path}: {said}"):
        settings.load({"KOLWATCH_CONFIG": str(path)})


def test_map_and_format_belong_together() -> None:
    with pytest.raises(ConfigError, match=r'\[source\.x\]: format = "mapped" needs the table \[source\.x\.map\]'):
        check({"x": settings_of("mapped", map=None)})
    with pytest.raises(ConfigError, match=r'\[source\.x\.map\] is of no use to format = "internal-kafka"'):
        check({"x": settings_of("internal-kafka", map=MapSettings(platform="weibo", id="id", text="text"))})
