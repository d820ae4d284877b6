"""Locations, items and levels in the database: rows in, frozen dataclasses out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from ..platform.port import StockLevel, StoreLocation
from ..storage.among import among
from ..storage.many import insert_many
from ..storage.upsert import upsert
from .model import Item, Level, Place
from .tables import levels, locations, stock_items


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
    return level_in(row) if row else None


def all_levels(work: Connection, shop: str) -> dict[tuple[int, int], Level]:
    """Every level of a shop by item and location; nobody else changes them until the commit."""
    rows = work.execute(select(levels).where(levels.c.shop == shop).with_for_update())
    return {(row.inventory_item_id, row.location_id): level_in(row) for row in rows}


def add_level(work: Connection, shop: str, new: Level) -> bool:
    """Keep a level that was unknown; False, and nothing kept, when it is known by now."""
    made = work.execute(
        upsert(work, levels).values(shop=shop, **_level_row(new)).on_conflict_do_nothing()
    )
    return bool(made.rowcount)


def add_levels(work: Connection, shop: str, new: Sequence[Level]) -> None:
    """Keep levels of which none is known."""
    insert_many(work, levels, [{"shop": shop, **_level_row(one)} for one in new])


def save_level(work: Connection, shop: str, changed: Level) -> None:
    work.execute(update(levels).where(*_one(shop, changed)).values(**_level_row(changed)))


def drop_level(work: Connection, shop: str, gone: Level) -> None:
    work.execute(delete(levels).where(*_one(shop, gone)))


def replace_locations(work: Connection, shop: str, now: Sequence[StoreLocation]) -> None:
    work.execute(delete(locations).where(locations.c.shop == shop))
    if now:
        work.execute(locations.insert(), [{"shop": shop, **_place_row(one)} for one in now])


def replace_items(work: Connection, shop: str, read: Iterable[StockLevel]) -> None:
    """The items are those of the levels that were read."""
    work.execute(delete(stock_items).where(stock_items.c.shop == shop))
    rows = {one.inventory_item_id: {"shop": shop, **_item_row(one)} for one in read}
    insert_many(work, stock_items, list(rows.values()))


def know_item(work: Connection, shop: str, read: StockLevel) -> None:
    """The item belongs to the variant, and is called as the platform calls it."""
    row = _item_row(read)
    now = {name: value for name, value in row.items() if name != "inventory_item_id"}
    table = stock_items.c
    work.execute(
        upsert(work, stock_items)
        .values(shop=shop, **row)
        .on_conflict_do_update(
            index_elements=[table.shop, table.inventory_item_id],
            set_=now,
            where=or_(*(table[name] != value for name, value in now.items())),
        )
    )


def item(view: Connection, shop: str, item_id: int) -> Item | None:
    table = stock_items.c
    row = view.execute(
        select(stock_items).where(table.shop == shop, table.inventory_item_id == item_id)
    ).one_or_none()
    return _item(row) if row else None


def items_of(view: Connection, shop: str, variant_ids: Collection[int]) -> dict[int, int]:
    """Variant to inventory item, of those that are known."""
    table = stock_items.c
    rows = view.execute(
        select(table.variant_id, table.inventory_item_id).where(
            table.shop == shop, among(view, (table.variant_id,), [(one,) for one in variant_ids])
        )
    )
    return {row.variant_id: row.inventory_item_id for row in rows}


def find_items(view: Connection, shop: str, text: str, *, limit: int = 20) -> tuple[Item, ...]:
    """The item with this barcode or SKU; else those whose name or SKU holds the text."""
    table = stock_items.c
    ours = select(stock_items).where(table.shop == shop)
    code = or_(table.barcode == text, func.lower(table.sku) == text.lower())
    rows = view.execute(ours.where(code).limit(limit)).all()
    if not rows:
        named = or_(
            table.title.icontains(text, autoescape=True), table.sku.icontains(text, autoescape=True)
        )
        rows = view.execute(ours.where(named).order_by(table.title).limit(limit)).all()
    return tuple(_item(row) for row in rows)


def places(view: Connection, shop: str) -> tuple[Place, ...]:
    """Every location of a shop, by name."""
    rows = view.execute(
        select(locations)
        .where(locations.c.shop == shop)
        .order_by(locations.c.name, locations.c.location_id)
    )
    return tuple(_place(row) for row in rows)


_LEVEL = tuple(field.name for field in fields(Level))


def _one(shop: str, level: Level) -> tuple[Any, ...]:
    return (
        levels.c.shop == shop,
        levels.c.inventory_item_id == level.inventory_item_id,
        levels.c.location_id == level.location_id,
    )


def level_in(row: Any) -> Level:
    """The level of a row that has all of its columns."""
    return Level(**{name: getattr(row, name) for name in _LEVEL})


def _level_row(one: Level) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _LEVEL}


def _item_row(read: StockLevel) -> dict[str, Any]:
    return {
        "inventory_item_id": read.inventory_item_id,
        "variant_id": read.variant_id,
        "title": read.title,
        "sku": read.sku[:255],
        "barcode": read.barcode[:255],
    }


def _item(row: Any) -> Item:
    return Item(row.inventory_item_id, row.variant_id, row.title, row.sku, row.barcode)


def _place(row: Any) -> Place:
    return Place(
        location_id=row.location_id,
        name=row.name,
        address=row.address,
        phone=row.phone,
        active=row.active,
        offers_pickup=row.offers_pickup,
        opening_hours=row.opening_hours,
        pickup_time=row.pickup_time,
        pickup_instructions=row.pickup_instructions,
        latitude=row.latitude,
        longitude=row.longitude,
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
        "pickup_time": one.pickup_time,
        "pickup_instructions": one.pickup_instructions,
        "latitude": one.latitude,
        "longitude": one.longitude,
    }
