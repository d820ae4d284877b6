"""cart_changes_by_day"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("cart_changes", schema=None) as batch_op:
        batch_op.create_index("ix_cart_changes_at", ["shop", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("cart_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_cart_changes_at")
