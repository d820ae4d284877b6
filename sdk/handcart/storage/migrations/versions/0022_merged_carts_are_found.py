"""Merged carts are found by an index of theirs alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.drop_index("ix_carts_merged_into")
        batch_op.create_index(
            "ix_carts_merged_into",
            ["shop", "merged_into"],
            unique=False,
            sqlite_where=_MERGED,
            postgresql_where=_MERGED,
        )


def downgrade() -> None:
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.drop_index("ix_carts_merged_into")
        batch_op.create_index("ix_carts_merged_into", ["shop", "merged_into"], unique=False)
