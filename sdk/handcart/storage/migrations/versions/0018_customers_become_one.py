"""Customers that the platform has made into one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = handcart.storage.types.UtcDateTime(timezone=True)
    op.create_table(
        "merged_customers",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("gone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("shop", "gone_id", name=op.f("pk_merged_customers")),
    )
    op.create_index("ix_merged_customers_kept", "merged_customers", ["shop", "kept_id"])


def downgrade() -> None:
    op.drop_table("merged_customers")
