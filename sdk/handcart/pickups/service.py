"""The use cases of pickups: one function, one transaction.

Nothing here speaks to the platform. What it has to be told is added as a task to the same
transaction, unless it is the platform that told us: then there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..events import Event, PickupCancelled, PickupCollected, PickupReady, PickupRequested
from ..keys import Keyring
from ..platform.port import FulfillmentOrder
from ..storage import add_task, record
from . import orders, store
from .checks import check_code as check_code
from .checks import refuse_wrong_code
from .model import (
    ENDED,
    WORKING,
    Actor,
    Change,
    OrderFacts,
    OrderSeen,
    Pickup,
    State,
    WorkFacts,
    actor_of,
    end_elsewhere,
    pickup_for,
    reason_for,
)

_PLATFORM = "platform"


def request_pickup(
    work: Connection, shop: str, order: FulfillmentOrder, *, at: datetime
) -> Pickup | None:
    """The goods of an open pick-up fulfillment order wait to be prepared; told again, the same.

    A fulfillment order that has ended ends its pickup, and leaves an ended one behind when it is
    the first that is seen of it, so that older news does not bring it to life. None when the
    goods go another way or have ended before they were asked for.
    """
    asked = pickup_for(order, at=at)
    if asked is None or order.status not in (*WORKING, *ENDED):
        return None
    facts = WorkFacts(order.status, order.updated_at)
    orders.alone(work, shop, asked.order_id)
    if not store.add(work, shop, asked, facts=facts):
        return _seen_again(work, shop, asked, facts=facts, at=at)
    _log(work, shop, asked, start=None, by=_PLATFORM, why="order_routed", at=at)
    end = end_elsewhere(orders.facts(work, shop, asked.order_id), facts)
    if end:
        _end(work, shop, asked, end=end, at=at, tell=False)
    if end or order.status in ENDED:
        return None
    _tell(work, shop, asked, PickupRequested, at=at)
    return asked


def order_seen(work: Connection, shop: str, *, order: OrderSeen, at: datetime) -> None:
    """The order's facts are kept, and its pickups ended if it was fulfilled or cancelled elsewhere.

    What we caused ourselves comes back this way too and finds its pickups ended already.
    """
    orders.alone(work, shop, order.order_id)
    facts = orders.keep(work, shop, order)
    for pickup in store.of_order(work, shop, order.order_id):
        _settle(work, shop, pickup, facts=facts, at=at)


def mark_ready(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """The goods lie at the counter, and the platform will be told; raises InvalidTransition."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.READY:
        return pickup
    ready = _become(work, shop, pickup, State.READY, by=by, why="prepared", at=at)
    _call(work, shop, ready, "prepare_for_pickup", {}, at=at)
    _tell(work, shop, ready, PickupReady, at=at)
    return ready


def hand_over(
    work: Connection,
    shop: str,
    pickup_id: str,
    *,
    code: str | None,
    keyring: Keyring,
    by: str,
    at: datetime,
) -> Pickup:
    """The goods are the shopper's, and the platform will be told.

    ``code`` is what the shopper showed, or None when staff checked an identity paper instead. A
    wrong one raises Denied, a locked one TooManyTries; this transaction then comes to nothing,
    so count the try with ``check_code`` in one of its own first.
    """
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.COLLECTED:
        return pickup
    if code is not None:
        refuse_wrong_code(work, shop, pickup, code=code, keyring=keyring, at=at)
    why = "code" if code is not None else "identity"
    collected = _become(work, shop, pickup, State.COLLECTED, by=by, why=why, at=at)
    lines = {str(line.line_id): line.quantity for line in pickup.lines if line.quantity}
    _call(work, shop, collected, "fulfil", {"lines": lines}, at=at)
    _tell(work, shop, collected, PickupCollected, at=at)
    return collected


def cancel(
    work: Connection, shop: str, pickup_id: str, *, reason: str, by: str, at: datetime
) -> Pickup:
    """Nobody will come for the goods; the platform will be told unless it was the one who said so.

    Raises InvalidTransition after collection and BadInput for a reason that ``by`` cannot give.
    """
    pickup = store.get(work, shop, pickup_id)
    why = reason_for(reason, by)
    if pickup.state is State.CANCELLED:
        return pickup
    cancelled = _become(work, shop, pickup, State.CANCELLED, by=by, why=why, at=at)
    if actor_of(by) is not Actor.PLATFORM:
        _cancel_there(work, shop, cancelled, reason=reason, by=by, at=at)
    _tell_cancelled(work, shop, cancelled, reason=why, at=at)
    return cancelled


def forget_customer(work: Connection, shop: str, customer_id: int, *, at: datetime) -> None:
    """Pickups and orders stay for the books, but nothing says any more whose they were."""
    store.forget_customer(work, shop, customer_id)
    orders.forget_customer(work, shop, customer_id)


def export_customer(view: Connection, shop: str, customer_id: int) -> dict[str, Any]:
    """Everything this room knows of a customer, as JSON."""
    return {
        "orders": orders.of_customer(view, shop, customer_id),
        "pickups": [_exported(pickup) for pickup in store.of_customer(view, shop, customer_id)],
    }


def find_by_order_token(view: Connection, shop: str, order_token: str) -> Pickup | None:
    """The pickup that the holder of an order's status page asks for: an open one before an old."""
    found = store.of_order_token(view, shop, orders.token_hash(order_token)) if order_token else ()
    return min(found, key=lambda pickup: not pickup.open, default=None)


def _seen_again(
    work: Connection, shop: str, asked: Pickup, *, facts: WorkFacts, at: datetime
) -> Pickup | None:
    known = store.of_fulfillment_order(work, shop, asked.fulfillment_order_id)
    if known is None:
        return None
    before = store.work_facts(work, shop, known.pickup_id)
    joined = before.joined(facts)
    if joined != before:
        store.save_work_facts(work, shop, known.pickup_id, joined)
    return _settle(work, shop, known, facts=orders.facts(work, shop, known.order_id), at=at)


def _settle(
    work: Connection, shop: str, pickup: Pickup, *, facts: OrderFacts | None, at: datetime
) -> Pickup:
    """End an open pickup that the platform says has ended."""
    if not pickup.open:
        return pickup
    end = end_elsewhere(facts, store.work_facts(work, shop, pickup.pickup_id))
    return _end(work, shop, pickup, end=end, at=at) if end else pickup


def _end(
    work: Connection,
    shop: str,
    pickup: Pickup,
    *,
    end: tuple[State, str],
    at: datetime,
    tell: bool = True,
) -> Pickup:
    state, why = end
    ended = _become(work, shop, pickup, state, by=_PLATFORM, why=why, at=at)
    if tell and state is State.CANCELLED:
        _tell_cancelled(work, shop, ended, reason=why, at=at)
    elif tell:
        _tell(work, shop, ended, PickupCollected, at=at)
    return ended


def _become(
    work: Connection,
    shop: str,
    pickup: Pickup,
    wanted: State,
    *,
    by: str,
    why: str,
    at: datetime,
) -> Pickup:
    changed = pickup.become(wanted, by, at=at)
    store.save(work, shop, changed, was=pickup.version)
    _log(work, shop, changed, start=pickup.state, by=by, why=why, at=at)
    return changed


def _log(
    work: Connection,
    shop: str,
    pickup: Pickup,
    *,
    start: State | None,
    by: str,
    why: str,
    at: datetime,
) -> None:
    change = Change(version=pickup.version, at=at, by=by, start=start, wanted=pickup.state, why=why)
    store.add_change(work, shop, pickup.pickup_id, change)


def _cancel_there(
    work: Connection, shop: str, pickup: Pickup, *, reason: str, by: str, at: datetime
) -> None:
    """Tell the platform to cancel as much as this pickup is: the whole order, or its part."""
    if not pickup.covers_order:
        _call(work, shop, pickup, "cancel_fulfillment_order", {}, at=at)
        return
    asked = actor_of(by) is Actor.SHOPPER or reason == "customer_asked"
    payload = {"order_id": pickup.order_id, "reason": "customer" if asked else "staff"}
    add_task(work, shop, "cancel_order", payload, at=at, resource=f"order:{pickup.order_id}")


def _call(
    work: Connection,
    shop: str,
    pickup: Pickup,
    name: str,
    more: Mapping[str, Any],
    *,
    at: datetime,
) -> None:
    payload = {"fulfillment_order_id": pickup.fulfillment_order_id, **more}
    add_task(work, shop, name, payload, at=at, resource=f"order:{pickup.order_id}")


def _tell(
    work: Connection,
    shop: str,
    pickup: Pickup,
    kind: type[PickupRequested | PickupReady | PickupCollected],
    *,
    at: datetime,
) -> None:
    _record(work, shop, pickup, kind(pickup.pickup_id, pickup.order_id, pickup.location_id), at=at)


def _tell_cancelled(
    work: Connection, shop: str, pickup: Pickup, *, reason: str, at: datetime
) -> None:
    fact = PickupCancelled(pickup.pickup_id, pickup.order_id, pickup.location_id, reason)
    _record(work, shop, pickup, fact, at=at)


def _record(work: Connection, shop: str, pickup: Pickup, fact: Event, *, at: datetime) -> None:
    record(work, shop, fact, at=at, resource=f"pickup:{pickup.pickup_id}")


def _exported(pickup: Pickup) -> dict[str, Any]:
    return {
        "pickup_id": pickup.pickup_id,
        "order_name": pickup.order_name,
        "customer_name": pickup.customer_name,
        "state": pickup.state.value,
        "requested_at": pickup.requested_at.isoformat(),
        "changed_at": pickup.changed_at.isoformat(),
        "items": [{"title": line.title, "quantity": line.quantity} for line in pickup.lines],
    }
