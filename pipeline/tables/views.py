"""Views, for reading only; outside METADATA, because migrations do not make them."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, REAL

from pipeline.tables.columns import MOMENT, columns

VIEWS = MetaData()

flagged_posts_daily = Table(
    "flagged_posts_daily",
    VIEWS,
    Column("day", Date),
    Column("rank", BigInteger),
    *columns("platform account_name", Text),
    Column("follower_count", BigInteger),
    *columns("tier claim guidance_id position_zh position_en severity", Text),
    Column("probability", REAL),
    Column("priority", Double),
    Column("factors", JSONB),
    Column("other_flags", BigInteger),
    Column("status", Text),
    *columns("is_late is_after_close is_below_capacity", Boolean),
    Column("found_by", Text),
    *columns("is_untrained is_deleted is_truncated is_sponsored", Boolean),
    Column("url", Text),
    Column("posted_at", MOMENT),
    *columns("platform_post_id account_id source source_title source_url page_date", Text),
    Column("guidance_version", Integer),
    Column("judge_version", Text),
    Column("flag_id", BigInteger),
    Column("is_likely_repeat", Boolean),
)
