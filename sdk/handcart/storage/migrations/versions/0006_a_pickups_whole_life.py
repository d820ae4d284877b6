"""The whole life of a pickup: its stage, its lines in units, its clocks, all of its history.

What is added has a default or may be missing: the version before reads and writes these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pickup_changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("act", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("from_state", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("to_state", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("location_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("units", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("pickup_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("packed", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("missing", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("dropped", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("pickups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stage", sa.String(length=20), nullable=True))
        batch_op.add_column(
            sa.Column(
                "escalates_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "expires_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("extensions", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("bay", sa.String(length=80), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("arrival", sa.String(length=200), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("came_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("pickups", schema=None) as batch_op:
        batch_op.drop_column("came_at")
        batch_op.drop_column("arrival")
        batch_op.drop_column("bay")
        batch_op.drop_column("extensions")
        batch_op.drop_column("expires_at")
        batch_op.drop_column("escalates_at")
        batch_op.drop_column("stage")

    with op.batch_alter_table("pickup_lines", schema=None) as batch_op:
        batch_op.drop_column("dropped")
        batch_op.drop_column("missing")
        batch_op.drop_column("packed")

    with op.batch_alter_table("pickup_changes", schema=None) as batch_op:
        batch_op.drop_column("units")
        batch_op.drop_column("location_id")
        batch_op.drop_column("to_state")
        batch_op.drop_column("from_state")
        batch_op.drop_column("act")
