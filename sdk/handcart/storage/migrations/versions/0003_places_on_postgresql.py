"""places on PostgreSQL come from a sequence; its bodies are packed the fast way"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_HAS_LZ4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in ("deliveries", "tasks"):
        op.execute(f"CREATE SEQUENCE {table}_place OWNED BY {table}.place")
        last: sa.Select[tuple[int]] = sa.select(
            sa.func.coalesce(sa.func.max(sa.column("place")), 0) + 1
        )
        next_place = last.select_from(sa.table(table)).scalar_subquery()
        op.execute(sa.select(sa.func.setval(f"{table}_place", next_place, False)))
    if op.get_bind().scalar(sa.text(_HAS_LZ4)):
        op.execute("ALTER TABLE deliveries ALTER COLUMN body SET COMPRESSION lz4")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE deliveries ALTER COLUMN body SET COMPRESSION default")
    for table in ("deliveries", "tasks"):
        op.execute(f"DROP SEQUENCE {table}_place")
