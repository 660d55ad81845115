from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.errors import RecordError
from pipeline.records import Count, Metric
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.values import MILLISECONDS, SECONDS

NINE_IN_SHANGHAI = datetime(2025, 11, 12, 9, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("shown", "value", "lower_bound"),
    [
        ("12034", 12034, False),
        ("12,034", 12034, False),
        ("1.2万", 12000, False),
        ("1.15万", 11500, False),
        ("3.4w", 34000, False),
        ("2k+", 2000, True),
        ("10万+", 100000, True),
        ("１０万＋", 100000, True),
        ("1千+", 1000, True),
        ("8千+", 8000, True),
        ("999+", 999, True),
        ("1.5亿", 150000000, False),
        ("约3百万", 3000000, False),
        (" 7 ", 7, False),
        ("0", 0, False),
        (0, 0, False),
        (3.0, 3, False),
    ],
)
def test_a_count_is_read_as_people_see_it(shown: object, value: int, lower_bound: bool) -> None:
    assert values.read_count(shown, "likes") == Count(value, lower_bound)


@pytest.mark.parametrize("shown", [None, "", " ", "-1", -1, "None", "null", "赞", "--", float("nan")])
def test_what_is_not_counted_is_unknown_and_not_zero(shown: object) -> None:
    assert values.read_count(shown, "likes") == Count(None, False)


@pytest.mark.parametrize(
    "shown",
    ["12 or so", "1.2.3", "-5", -5, True, [1], {}, 1.5, float("inf"), 10**30, "9" * 60, "9999999999999亿", "1" * 10**6],
)
def test_an_impossible_count_is_an_error_that_names_the_key(shown: object) -> None:
    with pytest.raises(RecordError, match="bad_count: `likes`"):
        values.read_count(shown, "likes")


def test_the_first_known_count_is_taken_and_an_unknown_one_left_out() -> None:
    record = {"cmtnum": None, "commenttotal": 3, "fwdnum": "-1"}
    wanted = {Metric.COMMENTS: ("cmtnum", "commenttotal"), Metric.SHARES: ("fwdnum", "gone")}
    assert values.counts(record, wanted) == {Metric.COMMENTS: Count(3)}


@pytest.mark.parametrize(("shown", "wanted"), [(100001, Count(100000, True)), (100000, Count(100000)), (7, Count(7))])
def test_a_count_beyond_the_cap_is_a_lower_bound(shown: int, wanted: Count) -> None:
    assert values.count({"readNum": shown}, "readNum", cap=100_000) == wanted


@pytest.mark.parametrize("value", [1762909200, "1762909200", "1762909200.0", 1762909200.0, 1762909200000])
@pytest.mark.parametrize("unit", [SECONDS, MILLISECONDS])
def test_a_time_is_read_in_the_unit_that_makes_it_possible(value: object, unit: int) -> None:
    assert values.epoch({"time": value}, "time", unit=unit) == NINE_IN_SHANGHAI


def test_milliseconds_are_kept() -> None:
    moment = values.epoch({"ts": 1763000000456}, "ts", unit=MILLISECONDS)
    assert moment == datetime(2025, 11, 13, 2, 13, 20, 456000, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 0, "", "0", "None", -1, float("nan")])
def test_a_time_that_is_not_given_is_unknown(value: object) -> None:
    assert values.epoch({"time": value}, "time", unit=SECONDS) is None


@pytest.mark.parametrize(
    "value",
    [-5, 1, 1104537599, 4133980800, 10**18, 10**400, "soon", "1762909200.0.0", ".5", True, [1], float("inf")],
)
def test_an_impossible_time_is_an_error(value: object) -> None:
    with pytest.raises(RecordError, match="bad_time: `time`"):
        values.epoch({"time": value}, "time", unit=SECONDS)


@pytest.mark.parametrize(
    "written",
    [
        "2025-11-12 09:00:00",
        "2025/11/12 09:00",
        "2025-11-12_09:00:00",
        "2025年11月12日 09:00",
        "2025-11-12T01:00:00Z",
        "2025-11-12 02:00:00+01:00",
        "2025-11-12 02:00:00.125+01",
        1762909200,
    ],
)
def test_a_written_time_without_a_zone_is_shanghais(written: object) -> None:
    assert values.clock_text({"published": written}, "published") == NINE_IN_SHANGHAI


def test_a_written_time_can_be_told_its_zone() -> None:
    assert values.clock_text({"t": "2025-11-12 01:00:00"}, "t", zone=UTC) == NINE_IN_SHANGHAI


@pytest.mark.parametrize(
    "written",
    [
        "2025-02-30 00:00:00",
        "2025-13-01",
        "2025-01-01 25:00:00",
        "1999-01-01",
        "2999-01-01",
        "2025-11-12+08",
        "昨天09:01",
        "x",
    ],
)
def test_an_impossible_date_is_an_error(written: str) -> None:
    with pytest.raises(RecordError, match="bad_time"):
        values.clock_text({"published": written}, "published")


@pytest.mark.parametrize(
    "written", ["", None, "0000-00-00 00:00:00", "1970-01-01 08:00:00", "1969-12-31 19:00", "未知", "Unknown", "无"]
)
def test_an_empty_date_is_unknown(written: object) -> None:
    assert values.clock_text({"published": written}, "published") is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(7610000000000000321, "7610000000000000321"), (" ab ", "ab"), (12.0, "12"), ("0", ""), ("None", ""), (None, "")],
)
def test_an_id_is_text(value: object, wanted: str) -> None:
    assert values.identifier({"id": value}, "id") == wanted


@pytest.mark.parametrize("value", [7.61e18, True, [], {}, "a b", "a\x00b", "x" * 257, 10**300, "\ufffd"])
def test_an_id_that_cannot_be_one_is_an_error(value: object) -> None:
    with pytest.raises(RecordError, match="bad_"):
        values.identifier({"id": value}, "id")


def test_a_missing_id_names_the_keys_tried() -> None:
    with pytest.raises(RecordError, match="missing: no `id` or `videoid`"):
        values.required_id({}, "id", "videoid")


def test_text_keeps_everything_but_nul() -> None:
    assert values.text({"desc": "a\x00b\u200b \n"}, "desc") == "a\ufffdb\u200b \n"


@pytest.mark.parametrize(("value", "wanted"), [(12, "12"), (None, ""), (float("nan"), ""), (1.5, "1.5")])
def test_a_number_where_text_belongs_is_its_digits(value: object, wanted: str) -> None:
    assert values.text({"title": value}, "title") == wanted


@pytest.mark.parametrize("value", [[], {}, True, 10**400])
def test_text_of_another_type_is_an_error(value: object) -> None:
    with pytest.raises(RecordError, match="bad_type: `title`"):
        values.text({"title": value}, "title")


def test_an_account_comes_from_the_record_before_the_configuration() -> None:
    configured = SourceSettings(format="x", path="*", account_id="gh_mine")
    assert values.account("theirs", configured, "uin") == "theirs"
    assert values.account("", configured, "uin") == "gh_mine"


def test_a_record_without_account_says_where_to_set_it() -> None:
    with pytest.raises(RecordError, match="set account_id in the source's table"):
        values.account("", SourceSettings(format="x", path="*"), "uin")


@pytest.mark.parametrize(
    ("value", "wanted"), [(1, True), ("1", True), (True, True), (0, False), (None, False), ("", False)]
)
def test_a_flag_is_read_from_its_many_spellings(value: object, wanted: bool) -> None:
    assert values.flag({"secret": value}, "secret") is wanted


@pytest.mark.parametrize("value", [2, "maybe", [], 0.5])
def test_a_flag_that_is_neither_is_an_error(value: object) -> None:
    with pytest.raises(RecordError, match="bad_type: `secret`"):
        values.flag({"secret": value}, "secret")


@pytest.mark.parametrize(
    ("value", "wanted"), [("http://a.example/x#rd", "https://a.example/x"), ("javascript:x()", ""), ("", "")]
)
def test_an_address_is_https_without_fragment_or_nothing(value: str, wanted: str) -> None:
    assert values.web_address({"link": value}, "link") == wanted


def test_a_host_that_cannot_be_read_is_empty() -> None:
    assert values.host("https://[bad") == ""
