"""The tables [source.<name>] of kolwatch.toml."""

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of kolwatch.toml; an unknown key is an error, not a silence."""


class SourceSettings(Section, frozen=True):
    format: str
    path: str = ""
    """Glob of the files of a day; `{date}` stands for the day (2026-11-20)."""
    transport: str = "files"
    schedule: str = "0 0 * * *"
    """Cron expression in the configured time zone; a run collects the interval that ends then."""
    account_id: str = ""
    """Whose posts these are, for formats that do not say."""
    account_name: str = ""
    retries: NotNegative = 2
    pool: str = "default_pool"
    enabled: bool = True
