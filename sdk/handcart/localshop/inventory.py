"""Stock per item and location: what is available, what is promised to orders.

shopify.dev, "Inventory states": on hand = available + committed + the states that nobody here
changes. ``inventory_levels/update`` reports ``available`` only, so that a change of ``committed``
alone sends nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import payloads
from .catalogue import full_title
from .refusals import OutOfStock, Refused
from .world import Level, Location, World


def available(world: World, variant_id: int, location_id: int | None = None) -> int:
    """Units that can be sold: at one location, or at all active ones; never below 0."""
    item_id = world.variants[variant_id].inventory_item_id
    places = [location_id] if location_id is not None else [one.id for one in active(world)]
    levels = [world.level(item_id, place) for place in places]
    return max(0, sum(level.available for level in levels if level))


def active(world: World) -> list[Location]:
    return [location for location in world.locations.values() if location.active]


def adjust(
    world: World, item_id: int, location_id: int, delta: int, *, reason: str = "correction"
) -> Level:
    """Change ``available`` by ``delta``, emitting ``inventory_levels/update`` if it changed."""
    with world.action():
        level = _level(world, item_id, location_id)
        return _change(world, level, available=delta)


def set_quantity(
    world: World,
    item_id: int,
    location_id: int,
    quantity: int,
    *,
    name: str = "available",
    reason: str = "correction",
) -> Level:
    """Make ``available`` or ``on_hand`` exactly ``quantity``; both move ``available``."""
    with world.action():
        level = _level(world, item_id, location_id)
        now = level.on_hand if name == "on_hand" else level.available
        return _change(world, level, available=quantity - now)


def move(
    world: World, item_id: int, location_id: int, *, available: int = 0, committed: int = 0
) -> Level:
    """Change both states at once, as orders do."""
    with world.action():
        level = _level(world, item_id, location_id)
        return _change(world, level, available=available, committed=committed)


def place_with_stock(world: World, wanted: Mapping[int, int]) -> int | None:
    """The first active location that has every item of ``wanted`` (item id to quantity)."""
    for location in active(world):
        if not missing_at(world, location.id, wanted):
            return location.id
    return None


def missing_at(world: World, location_id: int, wanted: Mapping[int, int]) -> dict[int, int]:
    """How many units of which items this location lacks."""
    lacking = {}
    for item_id, quantity in wanted.items():
        level = world.level(item_id, location_id)
        short = quantity - (level.available if level else 0)
        if short > 0:
            lacking[item_id] = short
    return lacking


def refuse_missing(world: World, variant_id: int, *, wanted: int, here: int) -> OutOfStock:
    """The error to raise when only ``here`` of ``wanted`` units can be had."""
    title = full_title(world, world.variants[variant_id])
    return OutOfStock(variant_id=variant_id, title=title, wanted=wanted, available=max(0, here))


def _level(world: World, item_id: int, location_id: int) -> Level:
    level = world.level(item_id, location_id)
    if level is None:
        raise Refused(
            "The specified inventory item is not stocked at the location.",
            code="INVALID_LOCATION"
            if location_id not in world.locations
            else "INVALID_INVENTORY_ITEM",
        )
    return level


def _change(world: World, level: Level, *, available: int = 0, committed: int = 0) -> Level:
    if not available and not committed:
        return level
    level.available += available
    level.committed += committed
    level.updated_at = world.stamp(level.updated_at)
    if available:
        world.emit("inventory_levels/update", payloads.inventory_level(world, level))
    return level
