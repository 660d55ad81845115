"""Read values out of a record whose fields may be missing, of another type, or written as people see them.

Each function takes the record and the keys to try in order. Missing, null, empty and NaN are one thing: unknown.
A value that says something impossible raises RecordError (`bad_type`, `bad_id`, `bad_time`, `bad_count`, `missing`).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipeline.errors import RecordError
from pipeline.records import Count, Metric, Platform
from pipeline.source_settings import SourceSettings

SHANGHAI = ZoneInfo("Asia/Shanghai")
SECONDS = 1
MILLISECONDS = 1000
UNKNOWN = Count()

_EARLIEST = int(datetime(2005, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2101, 1, 1, tzinfo=UTC).timestamp())
_ABSENT = frozenset({"", "0", "-1", "none", "null", "nan", "undefined"})
_FRACTION = re.compile(r"(?<=\d)\.\d{0,9}\Z", re.ASCII)
_NO_TIME = (None, "", "0", "None", "null")
_NO_CLOCK = re.compile(r"(?:0000|1970-01-01|1969-12-31).*|未知|unknown|无", re.IGNORECASE)
"""What tools write for a time they do not know: their word for it, or second zero of 1970 as their clocks show it."""
_ID = re.compile(r"[^\s\x00-\x1f\x7f\ufffd]{1,256}")
_COUNT = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,19}(?:\.\d{1,9})?)\s*(百万|千万|[万千亿wkmWKM]?)\s*(\+?)")
_UNITS = {
    "": 1,
    "千": 10**3,
    "k": 10**3,
    "万": 10**4,
    "w": 10**4,
    "百万": 10**6,
    "m": 10**6,
    "千万": 10**7,
    "亿": 10**8,
}
_LARGEST = 2**63 - 1
_LONGEST_COUNT = 64
_DATE_SIGNS = str.maketrans({"年": "-", "月": "-", "日": " ", "/": "-"})
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T _]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2}|(?(4)[+-]\d{2}))?"
)


# ---- shapes -----------------------------------------------------------------------------------------


def mapping(record: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The object at the first key that has one; empty if none does."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, dict):
            return value
        if value not in (None, "", []):
            raise bad_type(key, value, "an object")
    return {}


def sequence(record: Mapping[str, Any], *keys: str) -> Sequence[Any]:
    """The array at the first key that has a non-empty one; empty if none does."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, list) and value:
            return value
        if value not in (None, "", [], {}):
            raise bad_type(key, value, "an array")
    return ()


def flag(record: Mapping[str, Any], key: str) -> bool:
    """A yes or no written as a bool, 0/1 or their words; unknown is no."""
    value = record.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    word = str(value).strip().lower() if isinstance(value, int | str) else None
    if word in ("1", "true", "yes"):
        return True
    if word in ("", "0", "false", "no", "none", "null"):
        return False
    raise bad_type(key, value, "a yes or no")


def bad_type(key: str, value: object, wanted: str) -> RecordError:
    return RecordError("bad_type", f"`{key}` is {_show(value)}, not {wanted}")


# ---- text and ids -----------------------------------------------------------------------------------


def text(record: Mapping[str, Any], *keys: str) -> str:
    """The first non-empty text, as received but for NUL characters, which become U+FFFD."""
    for key in keys:
        value = record.get(key)
        if value is None or value == "":
            continue
        if type(value) is str:
            return value.replace("\x00", "\ufffd") if "\x00" in value else value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise bad_type(key, value, "text")
        if value == value:  # NaN is how spreadsheets write an empty cell
            return str(value) if isinstance(value, float) else _digits(key, value)
    return ""


def identifier(record: Mapping[str, Any], *keys: str) -> str:
    """The first id that is there, as text; empty if none is."""
    for key in keys:
        value = record.get(key)
        if value is None:
            continue
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise RecordError("bad_id", f"`{key}` is {_show(value)}; an id is text or a whole number")
        word = value.strip() if isinstance(value, str) else _digits(key, value)
        if word.lower() in _ABSENT:
            continue
        if not _ID.fullmatch(word):
            raise RecordError("bad_id", f"`{key}` is {_show(value)}; an id has 1 to 256 visible characters")
        return word
    return ""


def required_id(record: Mapping[str, Any], *keys: str) -> str:
    """The first id that is there; raises RecordError `missing` if none is."""
    return identifier(record, *keys) or _missing(keys)


def platform(record: Mapping[str, Any], *keys: str) -> Platform:
    """The platform that a record names; raises RecordError for one that is not known."""
    written = text(record, *keys).strip()
    name = written.lower().replace("-", "_")
    if name in list(Platform):
        return Platform(name)
    if not name:
        _missing(keys)
    raise RecordError("unknown_platform", f"the platform {_show(written)} is none of {', '.join(Platform)}")


def account(found: str, source: SourceSettings, *keys: str) -> str:
    """The account's id: what the record says, else what the configuration says."""
    chosen = found or source.account_id
    if len(chosen) > 256 or not chosen.isprintable():
        raise RecordError("bad_id", f"the account is {_show(chosen)}; an id has 1 to 256 visible characters")
    if chosen:
        return chosen
    raise RecordError("missing", f"no account ({' or '.join(keys)}); set account_id in the source's table")


def web_address(record: Mapping[str, Any], *keys: str) -> str:
    """The first http(s) address, without fragment and as https; empty if there is none."""
    for key in keys:
        address = text(record, key).strip()
        if address.startswith(("https://", "http://")):
            return "https://" + address.split("://", 1)[1].split("#", 1)[0]
    return ""


def host(address: str) -> str:
    """The host of an address; empty where it has none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _missing(keys: Sequence[str]) -> str:
    raise RecordError("missing", f"no {' or '.join(f'`{k}`' for k in keys)}")


def _digits(key: str, value: int) -> str:
    if abs(value) >= 10**256:
        raise bad_type(key, "a number of more than 256 digits", "text")
    return str(value)


def _show(value: object) -> str:
    if isinstance(value, list | dict):
        return "an array" if isinstance(value, list) else "an object"
    if isinstance(value, int) and abs(value) >= 10**64:
        return "a number of more than 64 digits"
    return repr(value)[:80].encode("utf-8", "replace").decode()


# ---- counts -----------------------------------------------------------------------------------------


def count(record: Mapping[str, Any], *keys: str, cap: int | None = None) -> Count:
    """The first known count; one above `cap`, where the platform stops counting, is read as `cap` or more."""
    for key in keys:
        found = read_count(record.get(key), key)
        if found.value is not None:
            return Count(cap, True) if cap is not None and found.value > cap else found
    return UNKNOWN


def counts(
    record: Mapping[str, Any], wanted: Mapping[Metric, tuple[str, ...]], cap: int | None = None
) -> dict[Metric, Count]:
    """The counts that are known; a metric that is not is left out."""
    found = {}
    for metric, keys in wanted.items():
        number = count(record, *keys, cap=cap)
        if number.value is not None:
            found[metric] = number
    return found


def read_count(value: object, key: str) -> Count:
    """Read `12034`, `12,034`, `1.2万`, `10万+`, `999+`. Empty, `-1`, `None` and words without a digit are unknown.

    Raises RecordError `bad_count`.
    """
    if value is None:
        return UNKNOWN
    with suppress(ValueError):  # the error below says more: it knows the key
        if type(value) is str and len(value) <= _LONGEST_COUNT:
            return _count_of_text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _count_of_number(value)
    raise RecordError("bad_count", f"`{key}` is {_show(value)}; a count is a number such as 12034, 1.2万 or 10万+")


def _count_of_number(number: float) -> Count:
    if number == -1 or number != number:
        return UNKNOWN
    if not 0 <= number <= _LARGEST or number != int(number):
        raise ValueError
    return Count(int(number))


@lru_cache(maxsize=8192)
def _count_of_text(shown: str) -> Count:
    plain = unicodedata.normalize("NFKC", shown).strip()
    if not any(c.isdecimal() for c in plain):
        return UNKNOWN
    match = _COUNT.fullmatch(plain.removeprefix("约"))
    if match is None:
        raise ValueError
    sign, digits, unit, plus = match.groups()
    number = round(Decimal(digits.replace(",", "")) * _UNITS[unit.lower()])
    if sign:
        return _count_of_number(-number)
    if number > _LARGEST:
        raise ValueError
    return Count(number, lower_bound=bool(plus))


# ---- times ------------------------------------------------------------------------------------------


def epoch(record: Mapping[str, Any], *keys: str, unit: int) -> datetime | None:
    """The first known time since 1970, in seconds or milliseconds as the format declares.

    A number that is impossible in the declared unit and possible in the other is read in the other: the two ranges
    (2005 to 2100) do not overlap. Zero, null and empty are unknown. Raises RecordError `bad_time`.
    """
    for key in keys:
        value = record.get(key)
        if type(value) is not int:
            if value in _NO_TIME or value != value:
                continue
            value = _number(key, value)
        if value in (0, -1):
            continue
        moment = _moment(value, unit)
        if moment is None:
            raise RecordError("bad_time", f"`{key}` is {_show(value)}, which is no time from 2005 to 2100")
        return moment
    return None


def clock_text(record: Mapping[str, Any], *keys: str, zone: tzinfo = SHANGHAI) -> datetime | None:
    """The first known time written out, such as `2026-06-12 09:01:01`; without a zone of its own it is `zone`'s.

    Raises RecordError `bad_time`.
    """
    for key in keys:
        value = record.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return epoch(record, key, unit=SECONDS)
        written = text(record, key).strip()
        if written and not _NO_CLOCK.fullmatch(written):
            return _read_clock(written, key, zone)
    return None


def local_zone(source: SourceSettings) -> tzinfo:
    """The zone of times that a tool writes by the clock of its machine: as configured, else Beijing's."""
    return ZoneInfo(source.zone) if source.zone else SHANGHAI


def _number(key: str, value: object) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        # A table writes a whole column as 1762905600.0 where one of its cells is empty.
        number = int(_FRACTION.sub("", value.strip())) if isinstance(value, str) else int(value)
    except (ValueError, OverflowError):
        raise RecordError("bad_time", f"`{key}` is {_show(value)}, not a number of seconds or milliseconds") from None
    return number


def _moment(number: int, unit: int) -> datetime | None:
    if not _EARLIEST * unit <= number < _LATEST * unit:
        unit = MILLISECONDS if unit == SECONDS else SECONDS
        if not _EARLIEST * unit <= number < _LATEST * unit:
            return None
    return datetime.fromtimestamp(number / unit, UTC)


def _read_clock(written: str, key: str, zone: tzinfo) -> datetime:
    match = _DATE.fullmatch(written.translate(_DATE_SIGNS).strip())
    error = RecordError(
        "bad_time", f"`{key}` is {_show(written)}, not a time such as 2026-06-12 09:01:01 from 2005 to 2100"
    )
    if match is None:
        raise error
    *parts, offset = match.groups()
    try:
        moment = datetime(*(int(p or 0) for p in parts), tzinfo=_zone(offset, zone))  # type: ignore[misc,arg-type]
    except ValueError:
        raise error from None
    if not 2005 <= moment.year <= 2100:
        raise error
    return moment


def _zone(offset: str | None, zone: tzinfo) -> tzinfo:
    if offset is None:
        return zone
    is_whole_hours = len(offset) == len("+08")
    parsed = datetime.strptime(f"{offset}00" if is_whole_hours else offset, "%z").tzinfo
    return parsed or zone
