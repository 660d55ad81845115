"""What every format of Weibo needs: one id in two notations, texts cut for a list, times in Weibo's own order."""

import re
from datetime import UTC, datetime, tzinfo

from pipeline.sources import values
from pipeline.sources.contract import Record
from pipeline.sources.values import SHANGHAI

_DIGITS = {digit: place for place, digit in enumerate("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_BID = re.compile(r"[0-9A-Za-z]{6,12}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CREATED_AT = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{4}) (\d{4})")
_MORE = re.compile(r"(?:\.{3}|…+)\s*(?:<a\b[^<>]*>)?\s*(?:全文|展开c?)\s*(?:</a>)?\s*\Z")
_TAIL = 400
"""Characters at the end of a text that may hold the link to the rest of it."""
_FIRST_SECOND = 515_483_463
"""The second that Weibo's numbers count from: the upper bits of a number are the seconds since."""


def canonical_id(post_id: str) -> str:
    """The number (mid) of a post, also where the short name of its address (bid) is given: `z0JH2lOMb`.

    Each four characters of the name are seven digits of the number. What is neither stays as it is.
    """
    if post_id.isdecimal() or not _BID.fullmatch(post_id):
        return post_id
    groups = [post_id[max(0, end - 4) : end] for end in range(len(post_id), 0, -4)]
    numbers = [_number(group) for group in reversed(groups)]
    if max(numbers) >= 10**7:
        return post_id
    return "".join(f"{number:07}" for number in numbers).lstrip("0")


def _number(group: str) -> int:
    number = 0
    for digit in group:
        number = number * len(_DIGITS) + _DIGITS[digit]
    return number


def address(post_id: str) -> str:
    return f"https://m.weibo.cn/detail/{post_id}"


def without_more(text: str) -> tuple[str, bool]:
    """The text without the link `…全文` to the rest of it, and whether it was cut there."""
    link = _MORE.search(text, max(0, len(text) - _TAIL))
    return (text[: link.start()].rstrip(), True) if link else (text, False)


def written_at(record: Record, *keys: str, zone: tzinfo = SHANGHAI) -> datetime | None:
    """The first known time, written as Weibo does (`Fri Jun 12 09:01:01 +0800 2026`) or from year to second."""
    for key in keys:
        shown = record.get(key)
        match = _CREATED_AT.fullmatch(shown.strip()) if isinstance(shown, str) else None
        if match and match[1] in _MONTHS:
            month, day, clock, offset, year = match.groups()
            shown = f"{year}-{_MONTHS.index(month) + 1}-{day} {clock}{offset}"
        if moment := values.clock_text({key: shown}, key, zone=zone):
            return moment
    return None


def with_its_year(moment: datetime | None, post_id: str) -> datetime | None:
    """A time whose year a crawler guessed: in January it takes a post of December for one of the December to come."""
    if moment is None or not re.fullmatch(r"[0-9]{16}", post_id):
        return moment
    numbered = datetime.fromtimestamp((int(post_id) >> 22) + _FIRST_SECOND, UTC)
    if not 360 <= (moment - numbered).days <= 370:
        return moment
    return moment.replace(year=moment.year - 1, day=min(moment.day, 28) if moment.month == 2 else moment.day)
