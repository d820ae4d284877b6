"""Locations and levels in the database: rows in, frozen dataclasses out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from ..platform.port import StoreLocation
from ..storage import UtcDateTime, metadata
from ..storage.upsert import upsert
from .model import Availability, Level, Place

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
)

levels = Table(
    "levels",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", BigInteger, primary_key=True, autoincrement=False),
    Column("available", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Webhooks of levels name the item only; shoppers ask for the variant.
stock_items = Table(
    "stock_items",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("inventory_item_id", BigInteger, primary_key=True, autoincrement=False),
    Column("variant_id", BigInteger, nullable=False),
    Index("ix_stock_items_variant", "shop", "variant_id"),
)


def level(work: Connection, shop: str, *, item_id: int, location_id: int) -> Level | None:
    """One level; nobody else changes it until the commit."""
    row = work.execute(
        select(levels)
        .where(
            levels.c.shop == shop,
            levels.c.inventory_item_id == item_id,
            levels.c.location_id == location_id,
        )
        .with_for_update()
    ).one_or_none()
    return _level(row) if row else None


def all_levels(work: Connection, shop: str) -> dict[tuple[int, int], Level]:
    """Every level of a shop by item and location; nobody else changes them until the commit."""
    rows = work.execute(select(levels).where(levels.c.shop == shop).with_for_update())
    return {(row.inventory_item_id, row.location_id): _level(row) for row in rows}


def add_level(work: Connection, shop: str, new: Level) -> bool:
    """Keep a level that was unknown; False, and nothing kept, when it is known by now."""
    made = work.execute(
        upsert(work, levels).values(shop=shop, **_level_row(new)).on_conflict_do_nothing()
    )
    return bool(made.rowcount)


def save_level(work: Connection, shop: str, changed: Level) -> None:
    work.execute(
        update(levels)
        .where(
            levels.c.shop == shop,
            levels.c.inventory_item_id == changed.inventory_item_id,
            levels.c.location_id == changed.location_id,
        )
        .values(available=changed.available, updated_at=changed.updated_at)
    )


def drop_levels(
    work: Connection, shop: str, keys: Collection[tuple[int, int]], *, older_than: datetime
) -> None:
    """Forget the levels of these items and locations that nothing was heard of since."""
    for item_id, location_id in keys:
        work.execute(
            delete(levels).where(
                levels.c.shop == shop,
                levels.c.inventory_item_id == item_id,
                levels.c.location_id == location_id,
                levels.c.updated_at < older_than,
            )
        )


def replace_locations(work: Connection, shop: str, now: Sequence[StoreLocation]) -> None:
    work.execute(delete(locations).where(locations.c.shop == shop))
    if now:
        work.execute(locations.insert(), [{"shop": shop, **_place_row(one)} for one in now])


def replace_items(work: Connection, shop: str, variants: dict[int, int]) -> None:
    """``variants`` maps each inventory item to its variant."""
    work.execute(delete(stock_items).where(stock_items.c.shop == shop))
    rows = [
        {"shop": shop, "inventory_item_id": item_id, "variant_id": variant_id}
        for item_id, variant_id in variants.items()
    ]
    if rows:
        work.execute(stock_items.insert(), rows)


def know_item(work: Connection, shop: str, *, item_id: int, variant_id: int) -> None:
    """The item belongs to the variant."""
    row = {"shop": shop, "inventory_item_id": item_id, "variant_id": variant_id}
    now = {"variant_id": variant_id}
    key = [stock_items.c.shop, stock_items.c.inventory_item_id]
    work.execute(
        upsert(work, stock_items)
        .values(**row)
        .on_conflict_do_update(
            index_elements=key, set_=now, where=stock_items.c.variant_id != variant_id
        )
    )


def places(view: Connection, shop: str) -> tuple[Place, ...]:
    """Every location of a shop, by name."""
    rows = view.execute(
        select(locations)
        .where(locations.c.shop == shop)
        .order_by(locations.c.name, locations.c.location_id)
    )
    return tuple(_place(row) for row in rows)


def available(view: Connection, shop: str, variant_id: int) -> tuple[Availability, ...]:
    """What of a variant can be fetched where, by the location's name."""
    rows = view.execute(
        select(locations, levels.c.available)
        .join(
            levels,
            (levels.c.shop == locations.c.shop) & (levels.c.location_id == locations.c.location_id),
        )
        .join(
            stock_items,
            (stock_items.c.shop == levels.c.shop)
            & (stock_items.c.inventory_item_id == levels.c.inventory_item_id),
        )
        .where(
            locations.c.shop == shop,
            locations.c.active,
            locations.c.offers_pickup,
            stock_items.c.variant_id == variant_id,
        )
        .order_by(locations.c.name, locations.c.location_id)
    )
    return tuple(Availability(_place(row), max(0, row.available)) for row in rows)


def _level(row: Any) -> Level:
    return Level(row.inventory_item_id, row.location_id, row.available, row.updated_at)


def _level_row(one: Level) -> dict[str, Any]:
    return {
        "inventory_item_id": one.inventory_item_id,
        "location_id": one.location_id,
        "available": one.available,
        "updated_at": one.updated_at,
    }


def _place(row: Any) -> Place:
    return Place(
        location_id=row.location_id,
        name=row.name,
        address=row.address,
        phone=row.phone,
        active=row.active,
        offers_pickup=row.offers_pickup,
        opening_hours=row.opening_hours,
    )


def _place_row(one: StoreLocation) -> dict[str, Any]:
    return {
        "location_id": one.location_id,
        "name": one.name,
        "address": one.address,
        "phone": one.phone,
        "active": one.active,
        "offers_pickup": one.offers_pickup,
        "opening_hours": one.opening_hours,
    }
