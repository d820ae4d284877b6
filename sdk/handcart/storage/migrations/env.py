"""Alembic's way in: it gets an open connection and never a URL."""

from __future__ import annotations

from alembic import context

from handcart.storage.types import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
