"""The tables of this room."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from ..storage import UtcDateTime, metadata

locations = Table(
    "locations",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("address", Text, nullable=False),
    Column("phone", String(80), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("offers_pickup", Boolean, nullable=False),
    Column("opening_hours", Text, nullable=False),
    Column("pickup_time", String(40)),
    Column("pickup_instructions", Text, nullable=False, server_default=""),
    Column("latitude", Float),
    Column("longitude", Float),
)

levels = Table(
    "levels",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("available", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # See model.Level for what each of these says.
    Column("set_aside", Integer, nullable=False, server_default="0"),
    Column("pending", Integer, nullable=False, server_default="0"),
    Column("unexplained", Integer, nullable=False, server_default="0"),
    Column("unexplained_at", UtcDateTime),
    Column("opened_at", UtcDateTime),
    Column("counted_at", UtcDateTime),
    Column("sold_since", Integer, nullable=False, server_default="0"),
    Column("missed_since", Integer, nullable=False, server_default="0"),
    # How many movements there are, and what they add up to.
    Column("moves", Integer, nullable=False, server_default="0"),
    Column("booked", Integer, nullable=False, server_default="0"),
)

# Webhooks of levels name the item only; shoppers ask for the variant, and staff scan a code.
stock_items = Table(
    "stock_items",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("variant_id", BigInteger, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("sku", String(255), nullable=False, server_default=""),
    Column("barcode", String(255), nullable=False, server_default=""),
    Index("ix_stock_items_variant", "shop", "variant_id"),
    Index("ix_stock_items_barcode", "shop", "barcode"),
)

# Rows are added and never changed.
stock_movements = Table(
    "stock_movements",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("available", Integer, nullable=False),
    Column("set_aside", Integer, nullable=False),
    Column("happened_at", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", String(80), nullable=False),
    Column("note", String(200), nullable=False),
    Column("reference", String(80), nullable=False),
)

# How much of what an order, or a part of it, has taken at each location: what is booked of it.
stock_sales = Table(
    "stock_sales",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("source", String(60), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("order_id", BigInteger, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Index("ix_stock_sales_order", "shop", "order_id"),
)

# What we change ourselves, on its way to the platform.
stock_writes = Table(
    "stock_writes",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("write_id", String(32), primary_key=True),
    Column("inventory_item_id", BigInteger, nullable=False),
    Column("location_id", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("delta", Integer, nullable=False),
    Column("why", String(80), nullable=False),
    Column("note", String(200), nullable=False),
    Column("by", String(80), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    # What the platform is expected to have before it; unknown until it is sent.
    Column("expected", Integer),
    Column("undoes", String(32)),
    Column("undone_by", String(32)),
    Index("ix_stock_writes_level", "shop", "inventory_item_id", "location_id", "added_at"),
)

stock_holds = Table(
    "stock_holds",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("hold_id", String(80), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("units", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # The order that it became; it is kept until the platform's level says so too.
    Column("order_id", BigInteger),
    Index("ix_stock_holds_level", "shop", "inventory_item_id", "location_id"),
    Index("ix_stock_holds_order", "shop", "order_id"),
)

stock_rules = Table(
    "stock_rules",
    metadata,
    Column("shop", String(255), primary_key=True),
    # 0 stands for every location, and for every item.
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rules", JSON, nullable=False),
    Column("by", String(80), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

stock_transfers = Table(
    "stock_transfers",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("transfer_id", String(32), primary_key=True),
    Column("from_location_id", BigInteger, nullable=False),
    Column("to_location_id", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("pickup_id", String(40)),
    Column("asked_by", String(80), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("sent_by", String(80)),
    Column("sent_at", UtcDateTime),
    Column("received_by", String(80)),
    Column("received_at", UtcDateTime),
    # Why something else arrived than was sent.
    Column("why", String(80), nullable=False),
    Index("ix_stock_transfers_to", "shop", "to_location_id", "state"),
    Index("ix_stock_transfers_from", "shop", "from_location_id", "state"),
)

stock_transfer_lines = Table(
    "stock_transfer_lines",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("transfer_id", String(32), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("asked", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("received", Integer, nullable=False),
)
