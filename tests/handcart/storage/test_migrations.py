from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

import handcart_webhooks  # noqa: F401 - its tables join the metadata
from handcart.storage import Database, metadata


def test_the_migrations_lead_to_what_the_tables_say(db: Database) -> None:
    with db.writing() as work:
        assert compare_metadata(MigrationContext.configure(work), metadata) == []


def test_migrating_again_changes_nothing(db: Database) -> None:
    db.migrate()
    with db.writing() as work:
        assert set(inspect(work).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_every_primary_key_begins_with_the_shop() -> None:
    """Of receipts, with a digest of it: they outlive what is erased by the shop's name."""
    first = {
        table.name: next(iter(table.primary_key.columns)).name for table in metadata.sorted_tables
    }
    assert first.pop("receipts") == "shop_digest"
    wrong = [table for table, column in first.items() if column != "shop"]
    assert wrong == []
