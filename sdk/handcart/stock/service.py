"""What the platform says of stock, and where it lies: one function, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from ..errors import NotFound
from ..platform.port import StockLevel, StoreLocation
from . import availability, echoes, holds, ledger, store
from .drift import NEWS_TAKE
from .model import Availability, Item, Level, Place, level_of
from .movements import Kind, Move


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
    """What a webhook told of a level is believed unless something newer is known.

    What we changed ourselves comes back this way, and changes nothing.
    """
    told = Level(inventory_item_id, location_id, available, updated_at)
    level, new = ledger.opened(work, shop, inventory_item_id, location_id, at=at)
    if new:
        _begin(work, shop, level, told, at=at)
        return
    heard = echoes.heard(work, shop, level, told)
    _keep(work, shop, heard.joined(told), was=level, why="told", at=at)


def level_read(work: Connection, shop: str, read: StockLevel, *, at: datetime) -> bool:
    """What was read of a level is believed unless something newer is known; True if it is news.

    The variant that the item belongs to is known as well, which no webhook tells.
    """
    store.know_item(work, shop, read)
    now = level_of(read)
    level, new = ledger.opened(work, shop, now.inventory_item_id, now.location_id, at=at)
    if new:
        _begin(work, shop, level, now, at=at)
        return True
    after = _read_again(work, shop, read, was=level, at=at)
    return after.available != level.available


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
    store.replace_items(work, shop, levels)
    known = store.all_levels(work, shop)
    new = []
    for read in levels:
        was = known.pop((read.inventory_item_id, read.location_id), None)
        if was is None:
            new.append(read)
        else:
            _read_again(work, shop, read, was=was, at=at)
    ledger.open_many(work, shop, new, at=at)
    for level in known.values():
        if level.updated_at < at:
            ledger.close(work, shop, level, at=at)


def places_read(work: Connection, shop: str, locations: Sequence[StoreLocation]) -> None:
    """The shop's locations are as they were read."""
    store.replace_locations(work, shop, locations)


def available(
    view: Connection, shop: str, variant_id: int, *, at: datetime
) -> tuple[Availability, ...]:
    """What of a variant can still be promised at each store that offers pickup, by its name."""
    return availability.to_fetch(view, shop, variant_id, at=at)


def places(view: Connection, shop: str) -> tuple[Place, ...]:
    """The shop's active locations, by name."""
    return tuple(place for place in store.places(view, shop) if place.active)


def place(view: Connection, shop: str, location_id: int) -> Place:
    """One location, active or not; raises NotFound."""
    for one in store.places(view, shop):
        if one.location_id == location_id:
            return one
    raise NotFound("location_unknown", "there is no such store")


def item(view: Connection, shop: str, item_id: int) -> Item:
    """One inventory item as staff know it; raises NotFound."""
    found = store.item(view, shop, item_id)
    if found is None:
        raise NotFound("item_unknown", "there is no such item")
    return found


def _begin(work: Connection, shop: str, level: Level, now: Level, *, at: datetime) -> None:
    opening = Move(Kind.OPENING, now.available, now.set_aside)
    ledger.post(work, shop, replace(level, updated_at=now.updated_at), [opening], at=at)


def _read_again(
    work: Connection, shop: str, read: StockLevel, *, was: Level, at: datetime
) -> Level:
    told = level_of(read)
    believed = echoes.heard(work, shop, was, told).read_again(told)
    quiet = was.updated_at <= read.updated_at <= at - NEWS_TAKE
    if read.set_aside is not None and quiet:
        # While news are under way, the orders themselves say it better.
        believed = replace(believed, set_aside=read.set_aside)
    return _keep(work, shop, believed, was=was, why="read", at=at)


def _keep(
    work: Connection, shop: str, believed: Level, *, was: Level, why: str, at: datetime
) -> Level:
    if believed == was:
        return was
    move = Move(
        Kind.TOLD,
        believed.available - was.available,
        believed.set_aside - was.set_aside,
        why=why,
    )
    start = replace(believed, available=was.available, set_aside=was.set_aside)
    after = ledger.post(work, shop, start, [move], at=at)
    if move.available < 0:
        holds.confirmed(work, shop, after, units=-move.available)
    return after
