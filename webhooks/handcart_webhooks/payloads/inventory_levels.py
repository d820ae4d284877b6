"""``inventory_levels/update``: what a location can sell of one item, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import fields, post_load

from .schema import Payload, load, moment, positive


@dataclass(frozen=True, slots=True)
class Level:
    inventory_item_id: int
    location_id: int
    available: int
    updated_at: datetime


class _Level(Payload):
    inventory_item_id = positive(required=True)
    location_id = positive(required=True)
    # Null on the platform for an item whose stock is not tracked: nothing is known to be there.
    available = fields.Integer(required=True, strict=True, allow_none=True)
    updated_at = moment(required=True)

    @post_load
    def _build(self, data: Mapping[str, Any], **_: Any) -> Level:
        return Level(**{**data, "available": data["available"] or 0})


_LEVEL = _Level()


def parse_level(body: bytes) -> Level:
    level: Level = load(_LEVEL, body)
    return level
