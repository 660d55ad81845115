"""What the exports of MediaCrawler have in common, whatever the platform.

Before July 2026 a record names its author (`user_id`); since then it carries a hash and a masked name.
"""

from datetime import datetime

from pipeline.errors import RecordError
from pipeline.source_settings import SourceSettings
from pipeline.sources import values
from pipeline.sources.contract import Record
from pipeline.sources.values import MILLISECONDS

_AUTHOR = ("user_id", "creator_hash")


def post_id(record: Record, key: str) -> str:
    """The id of a post. A comment carries that of the post it stands under, and must not be taken for it."""
    if "comment_id" in record:
        raise RecordError("not_a_post", "a comment; take the files named `…_comments_…` out of the source's path")
    return values.required_id(record, key)


def account_id(record: Record, source: SourceSettings) -> str:
    """The author's id, or the hash of it."""
    return values.account(values.identifier(record, *_AUTHOR), source, *_AUTHOR)


def observed_at(record: Record) -> datetime | None:
    """When the record was written, and its counts read."""
    return values.epoch(record, "last_modify_ts", unit=MILLISECONDS)
