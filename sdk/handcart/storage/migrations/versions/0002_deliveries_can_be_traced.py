"""Tasks name the delivery they came of; attempts that failed keep their reasons."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _having(column: str) -> dict[str, Any]:
    there = sa.text(f"{column} IS NOT NULL")
    return {"unique": False, "sqlite_where": there, "postgresql_where": there}


_ENDED, _CAUSED = _having("ended_at"), _having("cause")


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("row_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("noted_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop", "queue", "row_id", "number", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_ended", ["shop", "state", "ended_at"], **_ENDED)

    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause", sa.String(length=100), nullable=True))
        batch_op.create_index("ix_tasks_cause", ["shop", "cause"], **_CAUSED)
        batch_op.create_index("ix_tasks_ended", ["shop", "state", "ended_at"], **_ENDED)


def downgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_ended")
        batch_op.drop_index("ix_tasks_cause")
        batch_op.drop_column("cause")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_ended")

    op.drop_table("attempts")
