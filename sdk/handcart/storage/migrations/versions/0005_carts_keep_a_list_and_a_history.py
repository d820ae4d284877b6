"""carts_keep_a_list_and_a_history"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cart_changes",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("cart_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "cart_id", "version", name=op.f("pk_cart_changes")),
    )
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("saved", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("goods", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("carts", schema=None) as batch_op:
        batch_op.drop_column("goods")
        batch_op.drop_column("saved")

    op.drop_table("cart_changes")
