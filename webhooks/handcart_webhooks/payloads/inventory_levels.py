"""``inventory_levels/update``: what a location can sell of one item, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec.json import Decoder

from .decoding import Count, Id, Moment, Record, decoded


@dataclass(frozen=True, slots=True)
class Level:
    inventory_item_id: int
    location_id: int
    available: int
    updated_at: datetime


class _Level(Record):
    inventory_item_id: Id
    location_id: Id
    # Null on the platform for an item whose stock is not tracked: nothing is known to be there.
    available: Count | None
    updated_at: Moment


_DECODER = Decoder(_Level)


def parse_level(body: bytes) -> Level:
    level: _Level = decoded(_DECODER, body)
    return Level(
        inventory_item_id=level.inventory_item_id,
        location_id=level.location_id,
        available=level.available or 0,
        updated_at=level.updated_at,
    )
