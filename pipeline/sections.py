"""What the tables of kolwatch.toml are made of."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
NotEmpty = Annotated[str, msgspec.Meta(min_length=1)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of kolwatch.toml; an unknown key is an error, not a silence."""


def check_zone(zone: str) -> None:
    """Raise ValueError for what is no time zone; empty is fine."""
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"zone: {zone!r} is not an IANA zone such as Asia/Shanghai") from None
