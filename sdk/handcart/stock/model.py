"""What is known of stock, and which of two reports to believe; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ..platform.port import StockLevel


@dataclass(frozen=True, slots=True)
class Level:
    """``available`` units of one item at one location, as the platform said at ``updated_at`` and
    with those of our own changes that it has not told us of yet: they are ``pending``.

    ``set_aside``: units that lie there and are promised to orders. ``unexplained``: what the
    platform told beyond everything that we know a reason for, last changed at ``unexplained_at``.
    ``opened_at``: since when its movements are known. ``sold_since`` and ``missed_since`` (looked
    for and not found) are units since ``counted_at``. ``moves`` movements add up to ``booked``,
    which is ``available`` unless an older version of Handcart wrote it.
    """

    inventory_item_id: int
    location_id: int
    available: int
    updated_at: datetime
    set_aside: int = 0
    pending: int = 0
    unexplained: int = 0
    unexplained_at: datetime | None = None
    opened_at: datetime | None = None
    counted_at: datetime | None = None
    sold_since: int = 0
    missed_since: int = 0
    moves: int = 0
    booked: int = 0

    @property
    def told(self) -> int:
        """What the platform last said."""
        return self.available - self.pending

    @property
    def on_hand(self) -> int:
        """What lies there, promised or not."""
        return self.available + self.set_aside

    def joined(self, told: Level) -> Level:
        """What to believe after a webhook told ``told``: the newer.

        Webhooks say the time in whole seconds. Of two different numbers from the same second
        nobody can tell which came last; the smaller one promises nothing that may not be there.
        """
        if told.updated_at == self.updated_at:
            return self.with_told(min(self.told, told.available), self.updated_at)
        return self.read_again(told)

    def read_again(self, read: Level) -> Level:
        """What to believe after the level was read from the platform: that, unless it is older."""
        if read.updated_at < self.updated_at:
            return self
        return self.with_told(read.available, read.updated_at)

    def with_told(self, told: int, updated_at: datetime) -> Level:
        """The level when the platform says ``told``; what is pending comes on top of it."""
        return replace(self, available=told + self.pending, updated_at=updated_at)


def level_of(level: StockLevel) -> Level:
    return Level(
        level.inventory_item_id,
        level.location_id,
        level.available,
        level.updated_at,
        set_aside=level.set_aside or 0,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A location as shoppers and staff know it; ``opening_hours`` in OpenStreetMap's syntax.

    ``pickup_time`` and ``pickup_instructions`` are what the platform's checkout says of it;
    ``latitude`` and ``longitude`` are in degrees, where they are known.
    """

    location_id: int
    name: str
    address: str
    phone: str
    active: bool
    offers_pickup: bool
    opening_hours: str
    pickup_time: str | None = None
    pickup_instructions: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What can lie on a shelf, as staff know it; each text may be empty."""

    inventory_item_id: int
    variant_id: int
    title: str = ""
    sku: str = ""
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class Availability:
    """``available`` units (never below 0) of one variant that can be fetched at ``place``.

    ``from_elsewhere``: how many more could be brought there, later, from other locations.
    """

    place: Place
    available: int
    from_elsewhere: int = 0
