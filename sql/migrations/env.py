"""Alembic runs the migrations over the connection that `kolwatch migrate` hands in."""

from alembic import context

from pipeline.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
