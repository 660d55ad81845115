"""What people do with flags: claim clusters, leases, an append-only log of decisions, users and what they looked at."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
