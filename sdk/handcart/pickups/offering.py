"""Whether the platform's checkout offers to collect at a store, and what it says of it.

The platform has settings of its own for that (shopify.dev, locationLocalPickupEnable). It is told
through the outbox; then its locations are read again, so that what we show is what it says.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..errors import BadInput
from ..stock import service as stock
from ..storage import add_task

# The platform's words for how soon, from the soonest.
PICKUP_TIMES = (
    "ONE_HOUR",
    "TWO_HOURS",
    "FOUR_HOURS",
    "TWENTY_FOUR_HOURS",
    "TWO_TO_FOUR_DAYS",
    "FIVE_OR_MORE_DAYS",
)
MIRROR_PLACES = "mirror_places"
_LONGEST = 500


def offer_pickup(
    work: Connection,
    shop: str,
    location_id: int,
    *,
    pickup_time: str,
    instructions: str,
    at: datetime,
) -> None:
    """The platform will offer the store at checkout, with these words; raises NotFound."""
    if pickup_time not in PICKUP_TIMES:
        raise BadInput("pickup_time_unknown", "the platform has no such time")
    if len(instructions) > _LONGEST:
        raise BadInput("text_too_long", f"at most {_LONGEST} characters")
    settings = {"pickup_time": pickup_time, "instructions": instructions.strip()}
    _tell(work, shop, location_id, "offer_pickup", settings, at=at)


def end_pickup(work: Connection, shop: str, location_id: int, *, at: datetime) -> None:
    """The platform will not offer the store at checkout any more; raises NotFound."""
    _tell(work, shop, location_id, "end_pickup", {}, at=at)


def _tell(
    work: Connection,
    shop: str,
    location_id: int,
    name: str,
    settings: dict[str, Any],
    *,
    at: datetime,
) -> None:
    stock.place(work, shop, location_id)
    resource = f"location:{location_id}"
    add_task(work, shop, name, {"location_id": location_id, **settings}, at=at, resource=resource)
    add_task(work, shop, MIRROR_PLACES, {}, at=at, kind="job", resource=resource)
