"""The tables of a source that is a stream, a replica, or in a format that only its configuration knows."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from pipeline.sections import NotEmpty, NotNegative, Positive, Section

OWN_KAFKA_OPTIONS = frozenset(
    {
        *("bootstrap.servers", "metadata.broker.list", "group.id", "auto.offset.reset", "enable.auto.commit"),
        *("enable.auto.offset.store", "enable.partition.eof", "session.timeout.ms"),
    }
)
"""Options of librdkafka that the transport sets, because it rests on them."""


class KafkaSettings(Section, frozen=True, kw_only=True):
    brokers: NotEmpty
    """`host:port`, several with commas between."""
    topic: NotEmpty
    group: NotEmpty = "kolwatch"
    """The consumer group that is told how far the topic was read."""
    start: Literal["earliest", "latest"] = "earliest"
    """Where the very first run begins."""
    max_messages: Positive = 1_000_000
    """Of one run; the rest is left to the next."""
    wait_seconds: Positive = 10
    """How long the brokers may be silent before the run gives up."""
    options: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    """Of librdkafka, such as `security.protocol`."""

    def __post_init__(self) -> None:
        for name in self.options.keys() & OWN_KAFKA_OPTIONS:
            raise ValueError(f"options: {name} is not for you to set; brokers, group and start say the same")


class ReplicaSettings(Section, frozen=True, kw_only=True):
    dsn: NotEmpty
    """`postgresql://user:password@host/database`, or libpq's `host=… user=…`."""
    table: str = ""
    query: str = ""
    """A SELECT instead of a table."""
    columns: dict[str, str] = msgspec.field(default_factory=dict)
    """What the format calls a column, and what the table calls it; `id` and `updated_at` order the rows."""
    batch_size: Positive = 1000
    overlap_minutes: NotNegative = 10
    """So much earlier than it has come the reading starts again: for late commits."""

    def __post_init__(self) -> None:
        if bool(self.table) == bool(self.query):
            raise ValueError("give either a table or a query")


# ---- maps -------------------------------------------------------------------------------------------

Paths = str | tuple[str, ...]
"""Where a record says something: a path such as `data.author.id`, or several, of which the first there is counts."""


class CountPaths(Section, frozen=True):
    views: Paths = ""
    likes: Paths = ""
    comments: Paths = ""
    shares: Paths = ""
    favourites: Paths = ""


class MapSettings(Section, frozen=True, kw_only=True):
    records: str = ""
    """Where a page keeps its records; empty: each object is a record."""
    platform: NotEmpty
    """A platform's name, or where a record says it."""
    id: Paths
    account_id: Paths = ""
    account_name: Paths = ""
    follower_count: Paths = ""
    url: Paths = ""
    posted_at: Paths = ""
    edited_at: Paths = ""
    observed_at: Paths = ""
    """When the counts were read."""
    times: Literal["text", "seconds", "milliseconds"] = "text"
    title: Paths = ""
    text: Paths = ""
    transcript: Paths = ""
    reposted_text: Paths = ""
    html: bool = False
    """Whether the text is HTML."""
    has_media: Paths = ""
    is_deleted: Paths = ""
    is_private: Paths = ""
    is_truncated: Paths = ""
    is_sponsored: Paths = ""
    counts: CountPaths = CountPaths()

    def __post_init__(self) -> None:
        for key, path in self.paths():
            _check_path(key, path)
        if not list(as_paths(self.id)):
            raise ValueError("id: say where a record keeps the id of its post")
        if not any(map(as_paths, (self.title, self.text, self.transcript))):
            raise ValueError("text: say where a record keeps what its post says")

    def paths(self) -> Iterator[tuple[str, str]]:
        """Every path with its key."""
        fields: Mapping[str, object] = msgspec.structs.asdict(self) | {
            f"counts.{key}": value for key, value in msgspec.structs.asdict(self.counts).items()
        }
        for key, value in fields.items():
            if key != "times" and isinstance(value, str | tuple):
                yield from ((key, path) for path in as_paths(value))


def as_paths(paths: Paths) -> tuple[str, ...]:
    """The paths of a key, none where it is empty."""
    return (paths,) if isinstance(paths, str) and paths else tuple(paths)


def _check_path(key: str, written: str) -> None:
    path = written.partition("=")[0].removesuffix("?")
    is_constant = written.startswith("=") and len(written) > 1
    if not is_constant and any(not name.strip() for name in path.split(".")):
        raise ValueError(
            f"{key}: {written!r} is neither a path such as data.author.id nor a constant such as =gh_example"
        )
