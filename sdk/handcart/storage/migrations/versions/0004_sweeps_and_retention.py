"""Sweeps ask for what webhooks lost; deliveries that shrank keep a digest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sweep_cursors",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("known_until", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "resource", name=op.f("pk_sweep_cursors")),
    )
    op.create_table(
        "sweeps",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("sweep_id", sa.String(length=32), nullable=False),
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("since", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", handcart.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), nullable=False),
        sa.Column("newest", handcart.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("started_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("shop", "sweep_id", name=op.f("pk_sweeps")),
    )
    with op.batch_alter_table("sweeps", schema=None) as batch_op:
        batch_op.create_index("ix_sweeps_started", ["started_at"], unique=False)

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("digest", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_column("digest")

    with op.batch_alter_table("sweeps", schema=None) as batch_op:
        batch_op.drop_index("ix_sweeps_started")

    op.drop_table("sweeps")
    op.drop_table("sweep_cursors")
