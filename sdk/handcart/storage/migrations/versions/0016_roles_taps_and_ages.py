"""Roles of the staff, taps that are sent again until they were answered, goods for grown-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("seen_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "user_id", name=op.f("pk_staff")),
    )
    op.create_table(
        "counter_taps",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("tap_id", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "tap_id", name=op.f("pk_counter_taps")),
    )
    with op.batch_alter_table("counter_taps", schema=None) as batch_op:
        batch_op.create_index("ix_counter_taps_at", ["shop", "at"], unique=False)

    with op.batch_alter_table("pickup_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("min_age", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("pickup_lines", schema=None) as batch_op:
        batch_op.drop_column("min_age")

    with op.batch_alter_table("counter_taps", schema=None) as batch_op:
        batch_op.drop_index("ix_counter_taps_at")

    op.drop_table("counter_taps")
    op.drop_table("staff")
