"""The tables as SQLAlchemy knows them, for composed queries; a test proves that the migrations make the same."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, REAL

METADATA = MetaData()
MOMENT = DateTime(timezone=True)


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, Identity(always=True), primary_key=True)


def _needed(name: str, kind: Any, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *more, nullable=False, **options)


source_state = Table(
    "source_state",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("last_day", Date),
    Column("last_success_at", MOMENT),
    Column("last_error", Text),
    _needed("cursor", JSONB, server_default=text("'{}'::jsonb")),
    Column("watermark", MOMENT),
)
source_document = Table(
    "source_document",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    _needed("collected_for", Date),
    _needed("fingerprint", Text),
)
raw_record = Table(
    "raw_record",
    METADATA,
    _key("raw_id"),
    _needed("source", Text),
    _needed("external_id", Text),
    _needed("sha256", LargeBinary),
    _needed("body", LargeBinary),
    Column("context", LargeBinary),
    _needed("origin", Text),
    Column("line", Integer),
    _needed("collected_for", Date),
    UniqueConstraint("source", "external_id", "sha256"),
    Index("raw_record_day", "collected_for"),
)
quarantine = Table(
    "quarantine",
    METADATA,
    Column("raw_id", ForeignKey("raw_record.raw_id", ondelete="CASCADE"), primary_key=True),
    _needed("reason", Text),
    _needed("detail", Text),
    Column("replayed_at", MOMENT),
)
dropped_post = Table(
    "dropped_post",
    METADATA,
    Column("platform", Text, primary_key=True),
    Column("platform_post_id", Text, primary_key=True),
    Column("collected_for", Date, primary_key=True),
    Column("source", Text, primary_key=True),
    _needed("reason", Text),
    Column("raw_id", ForeignKey("raw_record.raw_id", ondelete="SET NULL")),
    Index("dropped_post_day", "collected_for", "reason"),
    Index("dropped_post_raw", "raw_id"),
)
kol_tier = Table(
    "kol_tier",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("tier", Text, primary_key=True),
    _needed("min_followers", BigInteger),
)
account = Table(
    "account",
    METADATA,
    _key("account_key"),
    _needed("platform", Text),
    _needed("account_id", Text),
    _needed("name", Text, server_default=""),
    _needed("last_seen_for", Date),
    UniqueConstraint("platform", "account_id"),
)
account_observation = Table(
    "account_observation",
    METADATA,
    Column("account_key", ForeignKey("account.account_key", ondelete="CASCADE"), primary_key=True),
    Column("observed_at", MOMENT, primary_key=True),
    _needed("follower_count", BigInteger),
    _needed("lower_bound", Boolean),
    _needed("collected_for", Date),
)
_is_due = text("judged_version IS NULL AND judge_error IS NULL")
post_text = Table(
    "post_text",
    METADATA,
    Column("content_hash", LargeBinary, primary_key=True),
    _needed("document", Text),
    _needed("title_end", Integer),
    _needed("text_end", Integer),
    _needed("first_day", Date),
    Column("judged_version", Text),
    Column("rejudge_on", Date),
    Column("judge_error", Text),
    Index("post_text_due", "first_day", "content_hash", postgresql_where=_is_due),
    Index("post_text_day", "first_day"),
)
post = Table(
    "post",
    METADATA,
    _key("post_key"),
    _needed("platform", Text),
    _needed("platform_post_id", Text),
    _needed("account_key", BigInteger, ForeignKey("account.account_key")),
    _needed("source", Text),
    _needed("url", Text),
    Column("posted_at", MOMENT),
    _needed("has_media", Boolean),
    _needed("last_seen_for", Date),
    UniqueConstraint("platform", "platform_post_id"),
    Index("post_account", "account_key"),
    Index("post_last_seen", "last_seen_for"),
)
post_version = Table(
    "post_version",
    METADATA,
    Column("post_key", ForeignKey("post.post_key", ondelete="CASCADE"), primary_key=True),
    Column("content_hash", ForeignKey("post_text.content_hash"), primary_key=True),
    _needed("collected_for", Date),
    _needed("last_seen_for", Date),
    Column("edited_at", MOMENT),
    Column("raw_id", ForeignKey("raw_record.raw_id", ondelete="SET NULL")),
    _needed("reposted_text", Text),
    _needed("is_truncated", Boolean),
    Column("is_sponsored", Boolean),
    Index("post_version_day", "collected_for"),
    Index("post_version_last_seen", "last_seen_for"),
    Index("post_version_text", "content_hash"),
    Index("post_version_raw", "raw_id"),
)
post_observation = Table(
    "post_observation",
    METADATA,
    Column("post_key", ForeignKey("post.post_key", ondelete="CASCADE"), primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("observed_at", MOMENT, primary_key=True),
    _needed("value", BigInteger),
    _needed("lower_bound", Boolean),
    _needed("collected_for", Date),
)
guidance = Table(
    "guidance",
    METADATA,
    Column("guidance_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    _needed("topic", Text),
    _needed("severity", Text),
    _needed("severity_reason", Text),
    _needed("position_zh", Text),
    _needed("position_en", Text),
    _needed("scope", Text),
    _needed("source_title", Text),
    _needed("source_url", Text),
    Column("page_date", Text),
    _needed("verification", Text),
    Column("verified_by", Text),
    _needed("valid_from", Date),
    Column("retired", Date),
    _needed("do_not_flag", JSONB),
    _needed("related", JSONB),
)
judge = Table(
    "judge",
    METADATA,
    Column("judge_id", Integer, Identity(always=True), primary_key=True),
    _needed("judge_version", Text, unique=True),
    _needed("model", Text),
    _needed("model_sha256", Text),
    _needed("guidance_version", Text),
    _needed("lexicon_version", Text),
    _needed("min_flag", Double),
    _needed("min_maybe", Double),
    _needed("positions", JSONB),
    _needed("untrained", JSONB),
    _needed("in_force_since", MOMENT),
)
assessment = Table(
    "assessment",
    METADATA,
    Column("content_hash", ForeignKey("post_text.content_hash", ondelete="CASCADE"), primary_key=True),
    Column("judge_version", ForeignKey("judge.judge_version"), primary_key=True),
    _needed("probability", REAL),
    _needed("band", Text),
    _needed("expression", Text),
    Column("severity", Text),
    _needed("found_by", Text),
    Column("rejudged_on", Date),
    Index("assessment_band", "content_hash", "judge_version", postgresql_where=text("band <> 'none'::text")),
)
claim = Table(
    "claim",
    METADATA,
    Column("content_hash", ForeignKey("post_text.content_hash", ondelete="CASCADE"), primary_key=True),
    Column("start_offset", Integer, primary_key=True),
    Column("end_offset", Integer, primary_key=True),
    _needed("text", Text),
)
claim_stance = Table(
    "claim_stance",
    METADATA,
    _needed("content_hash", LargeBinary),
    _needed("judge_version", Text),
    _needed("rank", SmallInteger),
    _needed("start_offset", Integer),
    _needed("end_offset", Integer),
    _needed("guidance_id", Text),
    _needed("stance", Text),
    _needed("probability", REAL),
    PrimaryKeyConstraint("content_hash", "judge_version", "rank"),
    ForeignKeyConstraint(
        ["content_hash", "judge_version"],
        ["assessment.content_hash", "assessment.judge_version"],
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["content_hash", "start_offset", "end_offset"],
        ["claim.content_hash", "claim.start_offset", "claim.end_offset"],
        ondelete="CASCADE",
    ),
)
flag = Table(
    "flag",
    METADATA,
    _key("flag_id"),
    _needed("post_key", BigInteger),
    _needed("content_hash", LargeBinary),
    _needed("guidance_id", Text),
    _needed("guidance_version", Integer),
    _needed("judge_version", Text, ForeignKey("judge.judge_version")),
    _needed("found_by", Text),
    _needed("day", Date),
    _needed("start_offset", Integer),
    _needed("end_offset", Integer),
    _needed("severity", Text),
    _needed("probability", REAL),
    _needed("priority", Double),
    _needed("factors", JSONB),
    _needed("is_late", Boolean),
    Column("closing", Integer),
    Column("told_at", MOMENT),
    _needed("status", Text, server_default="open"),
    UniqueConstraint("post_key", "content_hash", "guidance_id"),
    ForeignKeyConstraint(["post_key", "content_hash"], ["post_version.post_key", "post_version.content_hash"]),
    ForeignKeyConstraint(["guidance_id", "guidance_version"], ["guidance.guidance_id", "guidance.version"]),
    Index("flag_text", "content_hash"),
    Index("flag_day", "day"),
    Index("flag_untold", "flag_id", postgresql_where=text("severity = 'S4'::text AND told_at IS NULL")),
)
review_decision = Table(
    "review_decision",
    METADATA,
    _key("decision_id"),
    _needed("flag_id", BigInteger, ForeignKey("flag.flag_id")),
    _needed("reviewer", Text),
    _needed("outcome", Text),
    _needed("reason", Text),
    _needed("decided_at", MOMENT),
    Index("review_decision_flag", "flag_id", "decision_id"),
)
day_close = Table(
    "day_close",
    METADATA,
    Column("day", Date, primary_key=True),
    _needed("closed_at", MOMENT),
    _needed("closings", Integer),
    _needed("daily_budget", Integer),
)

# ---- views, for reading only; outside METADATA, because migrations do not make them -------------------

VIEWS = MetaData()


def _columns(names: str, kind: Any) -> list[Column[Any]]:
    return [Column(name, kind) for name in names.split()]


flagged_posts_daily = Table(
    "flagged_posts_daily",
    VIEWS,
    Column("day", Date),
    Column("rank", BigInteger),
    *_columns("platform account_name", Text),
    Column("follower_count", BigInteger),
    *_columns("tier claim guidance_id position_zh position_en severity", Text),
    Column("probability", REAL),
    Column("priority", Double),
    Column("factors", JSONB),
    Column("other_flags", BigInteger),
    Column("status", Text),
    *_columns("is_late is_after_close is_below_capacity", Boolean),
    Column("found_by", Text),
    *_columns("is_untrained is_deleted is_truncated is_sponsored", Boolean),
    Column("url", Text),
    Column("posted_at", MOMENT),
    *_columns("platform_post_id account_id source source_title source_url page_date", Text),
    Column("guidance_version", Integer),
    Column("judge_version", Text),
    Column("flag_id", BigInteger),
)
