"""What was erased: a receipt that outlives it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = handcart.storage.types.UtcDateTime(timezone=True)
    op.create_table(
        "receipts",
        sa.Column("shop_digest", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("person_digest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("erased_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("erased", sa.JSON(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("shop_digest", "request_id", name=op.f("pk_receipts")),
    )


def downgrade() -> None:
    op.drop_table("receipts")
