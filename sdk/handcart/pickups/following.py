"""What the platform says of an order and its fulfillment orders, and what follows for a pickup.

News may come in any order and any number of times. Older news changes nothing, and nothing brings
a pickup back that has ended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from ..platform.port import FulfillmentOrder
from . import checkout, elsewhere, lines, orders, planning, store
from .how import How
from .model import (
    ENDED,
    OrderFacts,
    Pickup,
    end_elsewhere,
    work_facts_of,
)
from .states import Act, State
from .steps import begin, take

_PLATFORM = "platform"
_ENDS = {State.CANCELLED: Act.CANCEL, State.COLLECTED: Act.END}


def first_seen(
    work: Connection, shop: str, pickup: Pickup, order: FulfillmentOrder, *, at: datetime
) -> Pickup | None:
    """A pickup that was just added begins; None when it has ended before it was known."""
    end = end_elsewhere(orders.facts(work, shop, pickup.order_id), work_facts_of(order))
    waits = not end and order.status not in ENDED
    if waits:
        pickup = _planned(work, shop, pickup, at=at)
    begin(work, shop, pickup, How(_PLATFORM, at, "order_routed"), tell=waits)
    if end:
        _end(work, shop, pickup, end, at=at, tell=False)
    return pickup if waits else None


def seen_again(
    work: Connection, shop: str, asked: Pickup, order: FulfillmentOrder, *, at: datetime
) -> Pickup | None:
    """The pickup that is known already, after what is new of its fulfillment order."""
    known = store.of_fulfillment_order(work, shop, asked.fulfillment_order_id)
    if known is None:
        return None
    before, told = store.work_facts(work, shop, known.pickup_id), work_facts_of(order)
    joined = before.joined(told)
    if joined != before:
        store.save_work_facts(work, shop, known.pickup_id, joined, covers_order=order.covers_order)
    if joined == told and known.open:
        known = _follow(work, shop, store.get(work, shop, known.pickup_id), order, at=at)
    return settle(work, shop, known, facts=orders.facts(work, shop, known.order_id), at=at)


def settle(
    work: Connection, shop: str, pickup: Pickup, *, facts: OrderFacts | None, at: datetime
) -> Pickup:
    """End an open pickup that the platform says has ended."""
    if not pickup.open:
        return pickup
    end = end_elsewhere(facts, store.work_facts(work, shop, pickup.pickup_id))
    return _end(work, shop, pickup, end, at=at) if end else pickup


def _planned(work: Connection, shop: str, pickup: Pickup, *, at: datetime) -> Pickup:
    """The pickup with what its store promises; its slot is booked in the same transaction.

    A slot that its checkout held is the one.
    """
    plan = planning.plan_of(work, shop, pickup.location_id)
    held = checkout.held_slot(work, shop, pickup, at=at)
    planned = replace(
        pickup,
        escalates_at=plan.escalates_at(at),
        promised_at=held or planning.book_earliest(work, shop, pickup, plan, at=at),
    )
    store.plan(work, shop, planned)
    return planned


def _follow(
    work: Connection, shop: str, pickup: Pickup, order: FulfillmentOrder, *, at: datetime
) -> Pickup:
    """Its store and its lines are what the newest news says."""
    if order.status not in ENDED and order.location_id not in (None, pickup.location_id):
        pickup = elsewhere.moved(
            work, shop, pickup, order.location_id, why="moved", by=_PLATFORM, at=at
        )
    if order.status != "cancelled" and lines.corrected(pickup.lines, order.lines) != pickup.lines:
        how = How(_PLATFORM, at, "order_edited", told=order.lines)
        pickup = take(work, shop, pickup, Act.CORRECT, how)
    return pickup


def _end(
    work: Connection,
    shop: str,
    pickup: Pickup,
    end: tuple[State, str],
    *,
    at: datetime,
    tell: bool = True,
) -> Pickup:
    state, why = end
    return take(work, shop, pickup, _ENDS[state], How(_PLATFORM, at, why), tell=tell)
