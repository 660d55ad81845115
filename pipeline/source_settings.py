"""The tables [source.<name>] of kolwatch.toml."""

from pipeline.sections import NotNegative, Section, check_zone
from pipeline.stream_settings import KafkaSettings, MapSettings, ReplicaSettings
from pipeline.web_settings import FeedSettings, HttpSettings


class SourceSettings(Section, frozen=True):
    format: str
    path: str = ""
    """Glob or folder of the files of a day; `{date}` stands for the day (2026-11-20), `{date:%Y%m%d}` for it so written."""
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
    map: MapSettings | None = None
    kafka: KafkaSettings | None = None
    replica: ReplicaSettings | None = None

    def __post_init__(self) -> None:
        check_zone(self.zone)
