"""Customers who asked to be forgotten leave a digest, so that late news do not bring them back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgotten_customers",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("forgotten_at", handcart.storage.types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "digest", name=op.f("pk_forgotten_customers")),
    )


def downgrade() -> None:
    op.drop_table("forgotten_customers")
