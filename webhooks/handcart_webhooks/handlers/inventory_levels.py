"""Inventory levels: how much of an item one location can sell."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from handcart.platform.port import StockLevel
from handcart.stock import service as stock
from handcart.watches import hearing as watches

from ..payloads.inventory_levels import Level, parse_level
from .handler import Effect, Handler, each


def level_changed(effect: Effect, level: Level) -> None:
    """The stock shown is what the platform says, unless something newer is known.

    Whoever watches the item will hear that it is scarce.
    """
    stock.level_changed(
        effect.work,
        effect.shop,
        inventory_item_id=level.inventory_item_id,
        location_id=level.location_id,
        available=level.available,
        updated_at=level.updated_at,
        at=effect.at,
    )
    watches.level_changed(effect.work, effect.shop, level.inventory_item_id, at=effect.at)


def level_read(work: Connection, shop: str, read: StockLevel, *, at: datetime) -> bool:
    """All that the webhook of it would have done; True if it was news."""
    news = stock.level_read(work, shop, read, at=at)
    watches.level_changed(work, shop, read.inventory_item_id, at=at)
    return news


HANDLERS = [Handler("inventory_levels/update", parse_level, each(level_changed))]
