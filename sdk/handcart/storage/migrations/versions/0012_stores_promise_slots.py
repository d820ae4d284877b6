"""What each store promises: its rules, its slots, and who has a part of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slot_bookings",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("booking_id", sa.String(length=80), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("expires_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("shop", "booking_id", name=op.f("pk_slot_bookings")),
    )
    with op.batch_alter_table("slot_bookings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_slot_bookings_slot", ["shop", "location_id", "starts_at"], unique=False
        )

    op.create_table(
        "slots",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("starts_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "location_id", "starts_at", name=op.f("pk_slots")),
    )
    op.create_table(
        "store_rules",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "location_id", name=op.f("pk_store_rules")),
    )
    with op.batch_alter_table("pickups", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "promised_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("pickups", schema=None) as batch_op:
        batch_op.drop_column("promised_at")

    op.drop_table("store_rules")
    op.drop_table("slots")
    with op.batch_alter_table("slot_bookings", schema=None) as batch_op:
        batch_op.drop_index("ix_slot_bookings_slot")

    op.drop_table("slot_bookings")
