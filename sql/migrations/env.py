"""Alembic runs the migrations over the connection that `kolwatch migrate` hands in."""

from alembic import context
from sqlalchemy import select

from pipeline.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA)
context.run_migrations()
for table in METADATA.tables.values():  # an unreleased version may have made them without a column
    connection.execute(select(table).limit(0))
