"""Read times in the layout that the operator of a tool chose: `2026.06.12 09-01-01`, `12/06/2026`, `20260612090101`."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from pipeline.errors import RecordError
from pipeline.sources import values
from pipeline.sources.values import SECONDS, SHANGHAI

_NUMBERS_ONLY = re.compile(r"[\d\s年月日时分秒:./_,T-]{1,40}", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\D?(\d\d)(\d\d)(\d\d)?)?", re.ASCII)
_EPOCH = re.compile(r"\d{10}|\d{13}", re.ASCII)
_DAYS = range(13, 32)
"""Numbers that are a day and no month."""


def time_of_any_layout(record: Mapping[str, Any], *keys: str, zone: tzinfo = SHANGHAI) -> datetime | None:
    """The first known time; one that says neither its year first nor which of two numbers is the month is refused.

    Raises RecordError `bad_time`.
    """
    for key in keys:
        written = values.text(record, key).strip()
        if _EPOCH.fullmatch(written):
            return values.epoch({key: written}, key, unit=SECONDS)
        if written:
            return values.clock_text({key: _year_first(written, key)}, key, zone=zone)
    return None


def _year_first(written: str, key: str) -> str:
    """The time as `values.clock_text` reads it; one in no known layout stays as it is."""
    compact = _COMPACT.fullmatch(written)
    numbers = [n for n in compact.groups() if n] if compact else re.findall(r"\d+", written)
    if not _NUMBERS_ONLY.fullmatch(written) or len(numbers) < 3:
        return written
    if len(numbers[0]) < 4 and len(numbers[2]) == 4:
        numbers = [numbers[2], *_month_and_day(numbers[0], numbers[1], written, key), *numbers[3:]]
    year, month, day, hour, minute, second = [*numbers, "00", "00", "00"][:6]
    return f"{year}-{month}-{day} {hour}:{minute}:{second}"


def _month_and_day(first: str, second: str, written: str, key: str) -> Sequence[str]:
    if int(first) in _DAYS:
        return second, first
    if int(second) in _DAYS or first == second:
        return first, second
    detail = f"`{key}` is {written!r}: which of the two is the month? Let the tool write dates that begin with the year"
    raise RecordError("bad_time", detail)
