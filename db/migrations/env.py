"""Alembic's entry: runs on the connection that `db.migrate` opened and locked."""

from alembic import context

from db.every_table import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
