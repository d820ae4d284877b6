"""The use cases of stock: one function, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from ..errors import NotFound
from ..events import StockChanged
from ..platform.port import StockLevel, StoreLocation
from ..storage import record
from . import store
from .model import Availability, Level, Place, level_of


def level_changed(
    work: Connection,
    shop: str,
    *,
    inventory_item_id: int,
    location_id: int,
    available: int,
    updated_at: datetime,
    at: datetime,
) -> None:
    """What a webhook told of a level is believed unless something newer is known."""
    told = Level(inventory_item_id, location_id, available, updated_at)
    if store.add_level(work, shop, told):
        _tell(work, shop, told, at=at)
        return
    known = store.level(work, shop, item_id=inventory_item_id, location_id=location_id)
    if known is not None:
        _keep(work, shop, known.joined(told), was=known, at=at)


def level_read(work: Connection, shop: str, read: StockLevel, *, at: datetime) -> bool:
    """What was read of a level is believed unless something newer is known; True if it is news.

    The variant that the item belongs to is known as well, which no webhook tells.
    """
    store.know_item(work, shop, item_id=read.inventory_item_id, variant_id=read.variant_id)
    now = level_of(read)
    if store.add_level(work, shop, now):
        _tell(work, shop, now, at=at)
        return True
    was = store.level(work, shop, item_id=now.inventory_item_id, location_id=now.location_id)
    if was is None:
        return False
    believed = was.read_again(now)
    _keep(work, shop, believed, was=was, at=at)
    return believed.available != was.available


def mirror(
    work: Connection,
    shop: str,
    *,
    locations: Sequence[StoreLocation],
    levels: Sequence[StockLevel],
    at: datetime,
) -> None:
    """Locations, items and levels are as they were read; levels heard of since stay as heard.

    ``at`` is when reading began: a level that was not read and has not changed since is gone.
    """
    store.replace_locations(work, shop, locations)
    store.replace_items(work, shop, {one.inventory_item_id: one.variant_id for one in levels})
    known = store.all_levels(work, shop)
    for read in map(level_of, levels):
        was = known.pop((read.inventory_item_id, read.location_id), None)
        if was is None:
            store.add_level(work, shop, read)
        else:
            _keep(work, shop, was.read_again(read), was=was, at=at)
    store.drop_levels(work, shop, known, older_than=at)


def available(view: Connection, shop: str, variant_id: int) -> tuple[Availability, ...]:
    """What of a variant can be fetched at each store that offers pickup."""
    return store.available(view, shop, variant_id)


def places(view: Connection, shop: str) -> tuple[Place, ...]:
    """The shop's active locations, by name."""
    return tuple(place for place in store.places(view, shop) if place.active)


def place(view: Connection, shop: str, location_id: int) -> Place:
    """One location, active or not; raises NotFound."""
    for one in store.places(view, shop):
        if one.location_id == location_id:
            return one
    raise NotFound("location_unknown", "there is no such store")


def _keep(work: Connection, shop: str, level: Level, *, was: Level, at: datetime) -> None:
    if level == was:
        return
    store.save_level(work, shop, level)
    if level.available != was.available:
        _tell(work, shop, level, at=at)


def _tell(work: Connection, shop: str, level: Level, *, at: datetime) -> None:
    fact = StockChanged(level.inventory_item_id, level.location_id, level.available)
    resource = f"level:{level.inventory_item_id}:{level.location_id}"
    record(work, shop, fact, at=at, resource=resource)
