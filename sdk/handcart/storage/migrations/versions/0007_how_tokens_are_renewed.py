"""How the tokens of a shop are renewed, when its scopes changed, and tokens of members of staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = handcart.storage.types.UtcDateTime(timezone=True)
    op.create_table(
        "staff_tokens",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("shop", "user_id", name=op.f("pk_staff_tokens")),
    )
    with op.batch_alter_table("installations", schema=None) as installations:
        installations.add_column(
            sa.Column(
                "renewed_by",
                sa.String(length=20),
                server_default="refresh_token",
                nullable=False,
            )
        )
        installations.add_column(sa.Column("scopes_at", moment, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("installations", schema=None) as installations:
        installations.drop_column("scopes_at")
        installations.drop_column("renewed_by")
    op.drop_table("staff_tokens")
