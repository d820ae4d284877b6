"""The tables of this room."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ..storage import UtcDateTime, metadata

pickups = Table(
    "pickups",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("pickup_id", String(40), primary_key=True),
    Column("fulfillment_order_id", BigInteger, nullable=False),
    Column("order_id", BigInteger, nullable=False),
    Column("order_name", String(255), nullable=False),
    Column("location_id", BigInteger, nullable=False),
    Column("customer_id", BigInteger),
    Column("customer_name", String(255), nullable=False),
    Column("covers_order", Boolean, nullable=False),
    # As coarse as model.Phase, for lists; the state follows from the stage and the lines.
    Column("state", String(20), nullable=False),
    # Unknown of what an older version of Handcart wrote: then the phase says it all.
    Column("stage", String(20)),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    # What the platform said of the fulfillment order, and when: see model.WorkFacts.
    Column("work_status", String(20), nullable=False),
    Column("work_updated_at", UtcDateTime, nullable=False),
    Column("escalates_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("bay", String(80), nullable=False, server_default=""),
    Column("arrival", String(200), nullable=False, server_default=""),
    Column("came_at", UtcDateTime),
    # When the shopper was told that the goods can be collected.
    Column("promised_at", UtcDateTime),
    # Counted apart from ``version``: a wrong code is no change of the pickup.
    Column("code_tries", Integer, nullable=False),
    Column("code_locked_until", UtcDateTime),
    UniqueConstraint("shop", "fulfillment_order_id"),
    Index("ix_pickups_queue", "shop", "location_id", "state", "requested_at"),
    Index("ix_pickups_order", "shop", "order_id"),
    Index("ix_pickups_customer", "shop", "customer_id"),
)

pickup_lines = Table(
    "pickup_lines",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("pickup_id", String(40), primary_key=True),
    Column("line_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
    Column("variant_id", BigInteger),
    Column("title", Text, nullable=False),
    Column("sku", String(255), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("collected", Integer, nullable=False),
    Column("packed", Integer, nullable=False, server_default="0"),
    Column("missing", Integer, nullable=False, server_default="0"),
    Column("dropped", Integer, nullable=False, server_default="0"),
    Column("min_age", Integer, nullable=False, server_default="0"),
)

# What the store would give in the place of what is missing of a line; see ``substitutes``.
pickup_substitutes = Table(
    "pickup_substitutes",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("pickup_id", String(40), primary_key=True),
    Column("line_id", BigInteger, primary_key=True, autoincrement=False),
    Column("variant_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# What is sent instead; ``address`` is encrypted, and gone once the platform has it.
pickup_shipments = Table(
    "pickup_shipments",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("pickup_id", String(40), primary_key=True),
    # Of the pickup, when it was asked for.
    Column("version", Integer, primary_key=True, autoincrement=False),
    # Variant and units; line id (as text) to what is sent, and to what stays.
    Column("goods", JSON, nullable=False),
    Column("lines", JSON, nullable=False),
    Column("left", JSON, nullable=False),
    Column("address", Text),
    Column("draft_id", BigInteger),
    # Of the order that sends it.
    Column("order_id", BigInteger),
    Column("at", UtcDateTime, nullable=False),
)

pickup_changes = Table(
    "pickup_changes",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("pickup_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("start", String(20)),
    Column("wanted", String(20), nullable=False),
    Column("why", String(80), nullable=False),
    # ``start`` and ``wanted`` are phases; these say it all, of what was done since they are here.
    Column("act", String(20)),
    Column("from_state", String(20)),
    Column("to_state", String(20)),
    Column("location_id", BigInteger),
    Column("units", JSON(none_as_null=True)),
)

orders = Table(
    "orders",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("customer_id", BigInteger),
    Column("customer_name", String(255), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("fulfilled", Boolean, nullable=False),
    Index("ix_orders_token", "shop", "token_hash"),
    Index("ix_orders_customer", "shop", "customer_id"),
)

store_rules = Table(
    "store_rules",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rules", JSON, nullable=False),
    Column("by", String(80), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# How much of a slot is taken; the sum of its bookings, kept so that one statement can guard it.
slots = Table(
    "slots",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("starts_at", UtcDateTime, primary_key=True),
    Column("used", Integer, nullable=False),
)

# Who has a part of which slot: a pickup for good, or a checkout until its hold runs out.
slot_bookings = Table(
    "slot_bookings",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("booking_id", String(80), primary_key=True),
    Column("location_id", BigInteger, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("expires_at", UtcDateTime),
    Index("ix_slot_bookings_slot", "shop", "location_id", "starts_at"),
)

# What was tapped at a counter, by the key that its browser gave it; see ``taps``.
counter_taps = Table(
    "counter_taps",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("tap_id", String(64), primary_key=True),
    Column("outcome", String(40), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_counter_taps_at", "shop", "at"),
)

# Whom the shopper sends in their place; what such a person shows is derived, not stored.
pickup_proxies = Table(
    "pickup_proxies",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("pickup_id", String(40), primary_key=True),
    Column("proxy_id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(80), nullable=False),
    Column("named_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
