from __future__ import annotations

import subprocess
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

import handcart_webhooks  # noqa: F401 - its tables join the metadata
from handcart.storage import Database, metadata
from handcart.storage.migrate import is_newest, newest


def test_the_migrations_lead_to_what_the_tables_say(db: Database) -> None:
    with db.writing() as work:
        assert compare_metadata(MigrationContext.configure(work), metadata) == []


def test_migrating_again_changes_nothing(db: Database) -> None:
    db.migrate()
    with db.writing() as work:
        assert set(inspect(work).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_a_start_that_finds_the_newest_schema_needs_no_alembic(db: Database) -> None:
    """Their files are named after them, so it knows the last one without."""
    with db.reading() as view:
        assert is_newest(view)
        head = MigrationContext.configure(view).get_current_revision()
    assert head == newest()
    script = f"""
import sys
from handcart.storage import Database
db = Database({str(db.url.render_as_string(hide_password=False))!r})
db.migrate()
db.close()
sys.exit("alembic" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_every_primary_key_begins_with_the_shop() -> None:
    """Of receipts, with a digest of it: they outlive what is erased by the shop's name."""
    first = {
        table.name: next(iter(table.primary_key.columns)).name for table in metadata.sorted_tables
    }
    assert first.pop("receipts") == "shop_digest"
    wrong = [table for table, column in first.items() if column != "shop"]
    assert wrong == []
