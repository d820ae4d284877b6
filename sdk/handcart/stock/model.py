"""What is known of stock, and which of two reports to believe; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ..platform.port import StockLevel


@dataclass(frozen=True, slots=True)
class Level:
    """``available`` units of one item at one location, as the platform said at ``updated_at``."""

    inventory_item_id: int
    location_id: int
    available: int
    updated_at: datetime

    def joined(self, told: Level) -> Level:
        """What to believe after a webhook told ``told``: the newer.

        Webhooks say the time in whole seconds. Of two different numbers from the same second
        nobody can tell which came last; the smaller one promises nothing that may not be there.
        """
        if told.updated_at == self.updated_at:
            return replace(self, available=min(self.available, told.available))
        return max(self, told, key=lambda level: level.updated_at)

    def read_again(self, read: Level) -> Level:
        """What to believe after the level was read from the platform: that, unless it is older."""
        return read if read.updated_at >= self.updated_at else self


def level_of(level: StockLevel) -> Level:
    return Level(level.inventory_item_id, level.location_id, level.available, level.updated_at)


@dataclass(frozen=True, slots=True)
class Place:
    """A location as shoppers and staff know it; ``opening_hours`` in OpenStreetMap's syntax."""

    location_id: int
    name: str
    address: str
    phone: str
    active: bool
    offers_pickup: bool
    opening_hours: str


@dataclass(frozen=True, slots=True)
class Availability:
    """``available`` units (never below 0) of one variant that can be fetched at ``place``."""

    place: Place
    available: int
