"""A cart on its way to another device: a link whose secret we only know by its hash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cart_handoffs",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("handoff_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("cart_id", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("check", sa.String(length=4), nullable=False),
        sa.Column("claimed_by", sa.String(length=80), nullable=True),
        sa.Column("made_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "handoff_id", name=op.f("pk_cart_handoffs")),
    )
    with op.batch_alter_table("cart_handoffs", schema=None) as batch_op:
        batch_op.create_index("ix_cart_handoffs_cart", ["shop", "cart_id"], unique=False)
        batch_op.create_index("ux_cart_handoffs_digest", ["shop", "digest"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("cart_handoffs", schema=None) as batch_op:
        batch_op.drop_index("ux_cart_handoffs_digest")
        batch_op.drop_index("ix_cart_handoffs_cart")

    op.drop_table("cart_handoffs")
