"""Inventory levels: how much of an item one location can sell."""

from __future__ import annotations

from handcart.stock import service as stock

from ..payloads.inventory_levels import Level, parse_level
from .handler import Effect, Handler, each


def level_changed(effect: Effect, level: Level) -> None:
    """The stock shown is what the platform says, unless something newer is known."""
    stock.level_changed(
        effect.work,
        effect.shop,
        inventory_item_id=level.inventory_item_id,
        location_id=level.location_id,
        available=level.available,
        updated_at=level.updated_at,
        at=effect.at,
    )


HANDLERS = [Handler("inventory_levels/update", parse_level, each(level_changed))]
