"""Households: who shares whose cart, by which link, and who put in which line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = handcart.storage.types.UtcDateTime(timezone=True)
    op.create_table(
        "households",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("shop", "household_id", name=op.f("pk_households")),
    )
    op.create_index("ux_households_owner", "households", ["shop", "owner_id"], unique=True)
    op.create_table(
        "household_members",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("replica", sa.String(length=32), nullable=False),
        sa.Column("joined_at", moment, nullable=False),
        sa.Column("left_at", moment, nullable=True),
        sa.PrimaryKeyConstraint(
            "shop", "household_id", "customer_id", name=op.f("pk_household_members")
        ),
    )
    op.create_index("ix_household_members_customer", "household_members", ["shop", "customer_id"])
    op.create_table(
        "household_links",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("shop", "link_id", name=op.f("pk_household_links")),
    )
    op.create_index("ix_household_links_household", "household_links", ["shop", "household_id"])
    op.create_index("ux_household_links_digest", "household_links", ["shop", "digest"], unique=True)
    with op.batch_alter_table("carts", schema=None) as carts:
        carts.add_column(sa.Column("added_by", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("carts", schema=None) as carts:
        carts.drop_column("added_by")
    for table in ("household_links", "household_members", "households"):
        op.drop_table(table)
