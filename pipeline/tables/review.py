"""What people do with flags, and who they are."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.tables.columns import METADATA, MOMENT, key, needed


def _to(name: str, target: str, **options: Any) -> Column[Any]:
    return Column(name, BigInteger, ForeignKey(target), **options)


claim_cluster = Table(
    "claim_cluster",
    METADATA,
    key("cluster_id"),
    needed("made_at", MOMENT),
    _to("merged_into", "claim_cluster.cluster_id"),
)
claim_cluster_member = Table(
    "claim_cluster_member",
    METADATA,
    Column("content_hash", LargeBinary, primary_key=True),
    Column("start_offset", Integer, primary_key=True),
    Column("end_offset", Integer, primary_key=True),
    _to("cluster_id", "claim_cluster.cluster_id", nullable=False),
    needed("placed_by", Text),
    needed("is_by_person", Boolean),
    needed("placed_at", MOMENT),
    ForeignKeyConstraint(
        ["content_hash", "start_offset", "end_offset"],
        ["claim.content_hash", "claim.start_offset", "claim.end_offset"],
        ondelete="CASCADE",
    ),
    Index("claim_cluster_member_cluster", "cluster_id"),
)
claim_cluster_change = Table(
    "claim_cluster_change",
    METADATA,
    key("change_id"),
    needed("kind", Text),
    _to("from_cluster", "claim_cluster.cluster_id", nullable=False),
    _to("into_cluster", "claim_cluster.cluster_id", nullable=False),
    needed("claims", Integer),
    needed("changed_by", Text),
    needed("changed_at", MOMENT),
    needed("note", Text),
    _to("undoes", "claim_cluster_change.change_id"),
    Index("claim_cluster_change_undoes", "undoes", unique=True),
    Index("claim_cluster_change_from", "from_cluster"),
    Index("claim_cluster_change_into", "into_cluster"),
)
claim_cluster_move = Table(
    "claim_cluster_move",
    METADATA,
    _to("change_id", "claim_cluster_change.change_id", primary_key=True),
    Column("content_hash", LargeBinary, primary_key=True),
    Column("start_offset", Integer, primary_key=True),
    Column("end_offset", Integer, primary_key=True),
    needed("placed_by", Text),
    needed("is_by_person", Boolean),
    ForeignKeyConstraint(
        ["content_hash", "start_offset", "end_offset"],
        ["claim.content_hash", "claim.start_offset", "claim.end_offset"],
        ondelete="CASCADE",
    ),
    Index("claim_cluster_move_claim", "content_hash", "start_offset", "end_offset"),
)
review_decision = Table(
    "review_decision",
    METADATA,
    key("decision_id"),
    _to("flag_id", "flag.flag_id", nullable=False),
    needed("reviewer", Text),
    Column("outcome", Text),
    needed("reason", Text, server_default="unspecified"),
    needed("decided_at", MOMENT),
    needed("action", Text, server_default="decide"),
    needed("review", Text, server_default="first"),
    needed("note", Text, server_default=""),
    _to("undoes", "review_decision.decision_id"),
    _to("applied_from", "review_decision.decision_id"),
    needed("needs_second", Boolean, server_default=text("false")),
    Index("review_decision_flag", "flag_id", "decision_id"),
    Index("review_decision_undoes", "undoes", unique=True),
    Index("review_decision_applied", "applied_from", postgresql_where=text("applied_from IS NOT NULL")),
    Index("review_decision_moment", "decided_at"),
    Index("review_decision_reviewer", "reviewer", "decision_id"),
)
flag_lease = Table(
    "flag_lease",
    METADATA,
    _to("flag_id", "flag.flag_id", primary_key=True),
    Column("reviewer", Text, primary_key=True),
    needed("purpose", Text),
    needed("leased_until", MOMENT),
    Index("flag_lease_one", "flag_id", unique=True, postgresql_where=text("purpose <> 'golden'::text")),
    Index("flag_lease_reviewer", "reviewer"),
    Index("flag_lease_until", "leased_until"),
)
flag_skip = Table(
    "flag_skip",
    METADATA,
    _to("flag_id", "flag.flag_id", primary_key=True),
    Column("reviewer", Text, primary_key=True),
    needed("reason", Text),
    Column("skipped_at", MOMENT, primary_key=True),
)
golden_item = Table(
    "golden_item",
    METADATA,
    _to("flag_id", "flag.flag_id", primary_key=True, autoincrement=False),
    needed("outcome", Text),
    needed("note", Text),
    needed("added_by", Text),
    needed("added_at", MOMENT),
    Column("retired_at", MOMENT),
)
golden_answer = Table(
    "golden_answer",
    METADATA,
    _to("flag_id", "golden_item.flag_id", primary_key=True),
    Column("reviewer", Text, primary_key=True),
    needed("outcome", Text),
    needed("reason", Text),
    needed("note", Text),
    needed("answered_at", MOMENT),
)
console_user = Table(
    "console_user",
    METADATA,
    Column("name", Text, primary_key=True),
    needed("role", Text),
    Column("password_hash", Text),
    Column("subject", Text, unique=True),
    needed("is_disabled", Boolean, server_default=text("false")),
    needed("made_at", MOMENT),
)
console_session = Table(
    "console_session",
    METADATA,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("name", Text, ForeignKey("console_user.name", ondelete="CASCADE"), nullable=False),
    needed("seen_at", MOMENT),
    needed("ends_at", MOMENT),
    Index("console_session_name", "name"),
    Index("console_session_ends", "ends_at"),
)
sign_in_attempt = Table(
    "sign_in_attempt",
    METADATA,
    key("attempt_id"),
    needed("name", Text),
    needed("address", Text),
    needed("tried_at", MOMENT),
    needed("succeeded", Boolean),
    Index("sign_in_attempt_name", "name", "tried_at"),
    Index("sign_in_attempt_address", "address", "tried_at"),
)
audit_entry = Table(
    "audit_entry",
    METADATA,
    key("entry_id"),
    needed("happened_at", MOMENT),
    needed("name", Text),
    needed("action", Text),
    needed("subject", Text),
    needed("detail", JSONB, server_default=text("'{}'::jsonb")),
    Index("audit_entry_moment", "happened_at"),
)
webhook_delivery = Table(
    "webhook_delivery",
    METADATA,
    _to("decision_id", "review_decision.decision_id", primary_key=True, autoincrement=False),
    needed("state", Text),
    needed("attempts", Integer),
    needed("next_attempt_at", MOMENT),
    needed("last_error", Text, server_default=""),
    Index("webhook_delivery_pending", "next_attempt_at", postgresql_where=text("state = 'pending'::text")),
)
