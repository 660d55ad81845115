from datetime import UTC, datetime

import pytest

from pipeline.errors import RecordError
from pipeline.sources.dates import time_of_any_layout


def read(written: object) -> datetime | None:
    return time_of_any_layout({"time": written}, "gone", "time")


@pytest.mark.parametrize(
    "written",
    [
        "2025-11-13 08:05:09",
        "2025.11.13 08.05.09",
        "2025/11/13 08-05-09",
        "2025年11月13日 08时05分09秒",
        "2025_11_13_08_05_09",
        "2025-11-13T00:05:09Z",
        "20251113080509",
        "20251113_080509",
        "13/11/2025 08:05:09",
        "11-13-2025 08:05:09",
        "1762992309",
        1762992309,
    ],
)
def test_a_time_is_read_in_whatever_layout_it_was_written(written: object) -> None:
    assert read(written) == datetime(2025, 11, 13, 0, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2025-11-13", "20251113", "13.11.2025", "2025年11月13日"])
def test_a_day_begins_at_its_midnight(written: str) -> None:
    assert read(written) == datetime(2025, 11, 12, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("written", [None, "", "1970-01-01 08:00:00"])
def test_a_time_that_is_not_known_is_none(written: object) -> None:
    assert read(written) is None


def test_a_day_that_may_be_a_month_is_refused_with_advice() -> None:
    with pytest.raises(RecordError, match=r"bad_time: `time` is '03/04/2025': which .* begin with the year"):
        read("03/04/2025")
    assert read("04/04/2025") == datetime(2025, 4, 3, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["soon", 99, -3, 10**15, "2025-02-30", "08:05:09 PM 13/11/2025", "9" * 999, "1 2 3"]
)
def test_what_is_no_time_is_refused(written: object) -> None:
    with pytest.raises(RecordError, match="bad_time: `time`"):
        read(written)
