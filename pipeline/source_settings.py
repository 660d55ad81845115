"""The tables [source.<name>] of kolwatch.toml."""

from typing import Literal

import msgspec

from pipeline.sections import NotNegative, Section, check_zone
from pipeline.stream_settings import KafkaSettings, MapSettings, ReplicaSettings
from pipeline.web_settings import FeedSettings, HttpSettings


class ObjectSettings(Section, frozen=True):
    """Where and how an object store is asked."""

    done: str = ""
    """Nothing of a folder is read before it has an object of this name, such as `_SUCCESS`."""
    endpoint: str = ""
    """Address of the service, where it is not Amazon's: `https://oss-cn-hangzhou.aliyuncs.com`."""
    region: str = ""
    addressing: Literal["auto", "virtual", "path"] = "auto"
    """Whether the bucket is part of the host (OSS takes nothing else) or of the path."""
    key: str = ""
    secret: str = ""
    token: str = ""
    options: dict[str, str | int | bool] = msgspec.field(default_factory=dict)
    """What else the package of another kind of store is told."""


class SourceSettings(Section, frozen=True):
    format: str = "auto"
    """`auto`: each record is told by what marks it."""
    path: str = ""
    """Glob or folder of a day's files; `{date}` stands for the day (2026-11-20), `{date:%Y%m%d}` for it so written."""
    late_days: NotNegative = 0
    """Days before its own at whose files a run looks again: some come late, or were still being written."""
    table: str = ""
    """The sheet or table to read, where a workbook or database has several."""
    transport: str = "files"
    schedule: str = "0 0 * * *"
    """Cron expression in the configured time zone; a run collects the interval that ends then."""
    account_id: str = ""
    """Whose posts these are, for formats that do not say."""
    account_name: str = ""
    zone: str = ""
    """Time zone of a feed's times that say none; empty: the format's own."""
    retries: NotNegative = 2
    pool: str = "default_pool"
    enabled: bool = True
    http: HttpSettings | None = None
    feeds: FeedSettings | None = None
    kafka: KafkaSettings | None = None
    replica: ReplicaSettings | None = None
    objects: ObjectSettings | None = None
    map: MapSettings | None = None

    def __post_init__(self) -> None:
        check_zone(self.zone)
