"""Movements of stock and what they say, holds, rules, our own changes, transfers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import handcart.storage.types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stock_holds",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("hold_id", sa.String(length=80), nullable=False),
        sa.Column("inventory_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("expires_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "shop", "hold_id", "inventory_item_id", "location_id", name=op.f("pk_stock_holds")
        ),
    )
    with op.batch_alter_table("stock_holds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_holds_level", ["shop", "inventory_item_id", "location_id"], unique=False
        )
        batch_op.create_index("ix_stock_holds_order", ["shop", "order_id"], unique=False)

    op.create_table(
        "stock_movements",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("inventory_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.Column("happened_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint(
            "shop", "inventory_item_id", "location_id", "number", name=op.f("pk_stock_movements")
        ),
    )
    op.create_table(
        "stock_rules",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("inventory_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("updated_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "shop", "location_id", "inventory_item_id", name=op.f("pk_stock_rules")
        ),
    )
    op.create_table(
        "stock_sales",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("inventory_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("told_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "shop", "source", "inventory_item_id", "location_id", name=op.f("pk_stock_sales")
        ),
    )
    with op.batch_alter_table("stock_sales", schema=None) as batch_op:
        batch_op.create_index("ix_stock_sales_order", ["shop", "order_id"], unique=False)

    op.create_table(
        "stock_transfer_lines",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("transfer_id", sa.String(length=32), nullable=False),
        sa.Column("inventory_item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "shop", "transfer_id", "inventory_item_id", name=op.f("pk_stock_transfer_lines")
        ),
    )
    op.create_table(
        "stock_transfers",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("transfer_id", sa.String(length=32), nullable=False),
        sa.Column("from_location_id", sa.BigInteger(), nullable=False),
        sa.Column("to_location_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("pickup_id", sa.String(length=40), nullable=True),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.String(length=80), nullable=True),
        sa.Column("sent_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("received_by", sa.String(length=80), nullable=True),
        sa.Column("received_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("shop", "transfer_id", name=op.f("pk_stock_transfers")),
    )
    with op.batch_alter_table("stock_transfers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_transfers_from", ["shop", "from_location_id", "state"], unique=False
        )
        batch_op.create_index(
            "ix_stock_transfers_to", ["shop", "to_location_id", "state"], unique=False
        )

    op.create_table(
        "stock_writes",
        sa.Column("shop", sa.String(length=255), nullable=False),
        sa.Column("write_id", sa.String(length=32), nullable=False),
        sa.Column("inventory_item_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("added_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("undoes", sa.String(length=32), nullable=True),
        sa.Column("undone_by", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("shop", "write_id", name=op.f("pk_stock_writes")),
    )
    with op.batch_alter_table("stock_writes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_writes_level",
            ["shop", "inventory_item_id", "location_id", "added_at"],
            unique=False,
        )

    with op.batch_alter_table("levels", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("set_aside", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("pending", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("unexplained", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "unexplained_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("opened_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column(
                "counted_at", handcart.storage.types.UtcDateTime(timezone=True), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("sold_since", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("missed_since", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("moves", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("booked", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("stock_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("title", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("sku", sa.String(length=255), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("barcode", sa.String(length=255), server_default="", nullable=False)
        )
        batch_op.create_index("ix_stock_items_barcode", ["shop", "barcode"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("stock_items", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_items_barcode")
        batch_op.drop_column("barcode")
        batch_op.drop_column("sku")
        batch_op.drop_column("title")

    with op.batch_alter_table("levels", schema=None) as batch_op:
        batch_op.drop_column("booked")
        batch_op.drop_column("moves")
        batch_op.drop_column("missed_since")
        batch_op.drop_column("sold_since")
        batch_op.drop_column("counted_at")
        batch_op.drop_column("opened_at")
        batch_op.drop_column("unexplained_at")
        batch_op.drop_column("unexplained")
        batch_op.drop_column("pending")
        batch_op.drop_column("set_aside")

    with op.batch_alter_table("stock_writes", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_writes_level")

    op.drop_table("stock_writes")
    with op.batch_alter_table("stock_transfers", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_transfers_to")
        batch_op.drop_index("ix_stock_transfers_from")

    op.drop_table("stock_transfers")
    op.drop_table("stock_transfer_lines")
    with op.batch_alter_table("stock_sales", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_sales_order")

    op.drop_table("stock_sales")
    op.drop_table("stock_rules")
    op.drop_table("stock_movements")
    with op.batch_alter_table("stock_holds", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_holds_order")
        batch_op.drop_index("ix_stock_holds_level")

    op.drop_table("stock_holds")
