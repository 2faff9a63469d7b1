"""Alembic's entry: schema changes run as the owner, on the connection that `shared.db.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import shared.db.tables  # noqa: F401  the tables register themselves in SQLModel.metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
