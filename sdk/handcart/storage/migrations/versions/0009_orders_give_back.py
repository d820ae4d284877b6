"""An order that came to nothing gives its lines back to the cart, once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("cart_orders", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "given_back_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("cart_orders", schema=None) as batch_op:
        batch_op.drop_column("given_back_at")
