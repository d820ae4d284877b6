"""What shops pay for, and when each first came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = handcart.storage.types.UtcDateTime(timezone=True)
    op.create_table(
        "app_subscriptions",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("subscription_id", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("shop", "subscription_id", name=op.f("pk_app_subscriptions")),
    )
    with op.batch_alter_table("installations", schema=None) as installations:
        installations.add_column(sa.Column("first_installed_at", moment, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("installations", schema=None) as installations:
        installations.drop_column("first_installed_at")
    op.drop_table("app_subscriptions")
