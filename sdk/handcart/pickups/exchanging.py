"""A substitute in the place of what is missing: the shopper takes it, the platform edits the order.

In between the pickup waits (substituting) and the store holds the goods. Once the platform has
edited the order, the substitute is a line of the pickup like any other; should it refuse, the
shopper is asked again, and it is offered no more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ..errors import RuleBroken
from ..platform.port import Swap
from ..storage import add_task
from . import store, substitutes
from .how import How
from .model import Pickup
from .states import Act, State
from .steps import take
from .substitutes import Offer

EXCHANGE = "exchange_goods"


def accept(
    work: Connection,
    shop: str,
    pickup_id: str,
    *,
    line_id: int,
    variant_id: int,
    by: str,
    at: datetime,
) -> Pickup:
    """That is had instead of what is missing of the line; the platform will be told.

    Raises RuleBroken (``substitute_gone``) for what is not offered, or not there any more.
    """
    pickup = store.get(work, shop, pickup_id)
    offered = substitutes.offers(work, shop, pickup, at=at)
    waits = take(work, shop, pickup, Act.SUBSTITUTE, How(by, at, "substitute"))
    asked = (line_id, variant_id)
    chosen = next((one for one in offered if (one.line_id, one.variant_id) == asked), None)
    if chosen is None:
        raise RuleBroken("substitute_gone", "the store does not have enough of it any more")
    substitutes.hold(work, shop, waits, chosen, at=at)
    _tell_platform(work, shop, waits, chosen, at=at)
    return waits


def is_called_off(view: Connection, shop: str, pickup_id: str, *, since: int) -> bool:
    """Whether the platform refused what was asked of it in version ``since`` of the pickup."""
    changes = store.changes(view, shop, pickup_id)
    return any(change.act is Act.CALL_OFF and change.version > since for change in changes)


def exchanged(work: Connection, shop: str, pickup_id: str, *, at: datetime) -> Pickup | None:
    """The platform has edited the order: what else is missing, the shopper is asked about again."""
    pickup = store.find(work, shop, pickup_id)
    if pickup is None or pickup.state is not State.SUBSTITUTING:
        return pickup
    return take(work, shop, pickup, Act.EXCHANGE, How("platform", at, "order_edited"))


def not_exchanged(
    work: Connection, shop: str, pickup_id: str, swap: Swap, *, at: datetime
) -> Pickup | None:
    """The platform did not edit the order: it is missing again, and that is offered no more."""
    pickup = store.find(work, shop, pickup_id)
    if pickup is None or pickup.state is not State.SUBSTITUTING:
        return pickup
    substitutes.forget(work, shop, pickup, line_id=swap.line_id, variant_id=swap.variant_id)
    return take(work, shop, pickup, Act.CALL_OFF, How("platform", at, "not_exchanged"))


def _tell_platform(
    work: Connection, shop: str, pickup: Pickup, chosen: Offer, *, at: datetime
) -> None:
    """In its turn, after what it was told of the order before."""
    line = next(line for line in pickup.lines if line.line_id == chosen.line_id)
    payload = {
        "pickup_id": pickup.pickup_id,
        "version": pickup.version,
        "fulfillment_order_id": pickup.fulfillment_order_id,
        "order_id": pickup.order_id,
        "swap": {
            "line_id": chosen.line_id,
            "variant_id": chosen.variant_id,
            "units": chosen.units,
        },
        "left": {str(line.line_id): line.asked - line.collected - line.missing},
    }
    place = f"order:{pickup.order_id}"
    add_task(work, shop, EXCHANGE, payload, at=at, kind="job", resource=place)
