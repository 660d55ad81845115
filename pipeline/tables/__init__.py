"""The tables as SQLAlchemy knows them, for composed queries; a test proves that the migrations make the same."""

from pipeline.tables import review, stored
from pipeline.tables.columns import METADATA
from pipeline.tables.views import VIEWS, flagged_posts_daily

__all__ = ["METADATA", "VIEWS", "flagged_posts_daily", "review", "stored"]
