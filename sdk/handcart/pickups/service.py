"""The use cases of pickups: one function, one transaction.

Nothing here speaks to the platform. What it has to be told is added as a task to the same
transaction, unless it is the platform that told us: then there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..keys import Keyring
from ..platform.port import FulfillmentOrder
from . import checkout, following, orders, planning, proxies, shipments, store
from .checks import check_code as check_code
from .checks import refuse_wrong_code
from .how import How
from .lines import Amounts
from .model import ENDED, HELD, WORKING, OrderSeen, Pickup, pickup_for, reason_for, work_facts_of
from .proxies import Proxy
from .states import Act, State
from .steps import take


def request_pickup(
    work: Connection, shop: str, order: FulfillmentOrder, *, at: datetime
) -> Pickup | None:
    """The goods of an open pick-up fulfillment order wait to be prepared; told again, the same.

    A fulfillment order that has ended ends its pickup, and leaves an ended one behind when it is
    the first that is seen of it, so that older news does not bring it to life. What changed about
    it (its store, its lines, a hold) changes in its pickup. None when the goods go another way, or
    have ended or are on hold before they were asked for.
    """
    asked = pickup_for(order, at=at)
    if asked is None or order.status not in (*WORKING, *ENDED, *HELD):
        return None
    orders.alone(work, shop, asked.order_id)
    if order.status in HELD or not store.add(work, shop, asked, facts=work_facts_of(order)):
        return following.seen_again(work, shop, asked, order, at=at)
    return following.first_seen(work, shop, asked, order, at=at)


def order_seen(work: Connection, shop: str, *, order: OrderSeen, at: datetime) -> None:
    """The order's facts are kept, and its pickups ended if it was fulfilled or cancelled elsewhere.

    What we caused ourselves comes back this way too and finds its pickups ended already.
    """
    orders_seen(work, [(shop, order)], at=at)


def orders_seen(work: Connection, seen: Sequence[tuple[str, OrderSeen]], *, at: datetime) -> None:
    """``order_seen`` for many orders, each of a shop, with few statements."""
    orders.all_alone(work, seen)
    orders.keep_all(work, seen)
    for shop, order in seen:
        if order.cancelled_at:
            checkout.cancelled(work, shop, order.order_id)
    for shop, order_id in sorted(orders.with_pickups(work, seen)):
        facts = orders.facts(work, shop, order_id)
        for pickup in store.of_order(work, shop, order_id):
            following.settle(work, shop, pickup, facts=facts, at=at)


def mark_ready(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """All goods lie at the counter, and the platform will be told; raises InvalidTransition."""
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.READY:
        return pickup
    how = planning.with_policy(work, shop, pickup, How(by, at, "prepared"))
    return take(work, shop, pickup, Act.PACK, how)


def hand_over(
    work: Connection,
    shop: str,
    pickup_id: str,
    *,
    code: str | None,
    keyring: Keyring,
    by: str,
    at: datetime,
    units: Amounts | None = None,
    aged: bool = False,
) -> Pickup:
    """Goods are the shopper's, and the platform will be told: ``units``, or all that lie there.

    ``aged``: a paper says that they are old enough for what asks for it (``age_unchecked``).
    ``code`` is what the shopper showed, or None when staff checked an identity paper instead. A
    wrong one raises Denied, a locked one TooManyTries; this transaction then comes to nothing,
    so count the try with ``check_code`` in one of its own first.
    """
    pickup = store.get(work, shop, pickup_id)
    if pickup.state is State.COLLECTED:
        return pickup
    why = "identity"
    if code is not None:
        whose = refuse_wrong_code(work, shop, pickup, code=code, keyring=keyring, at=at)
        why = "code" if whose == "shopper" else f"code of {whose}"
    if aged and pickup.min_age:
        why += f", age {pickup.min_age}"
    return take(work, shop, pickup, Act.HAND_OVER, How(by, at, why, units, aged=aged))


def cancel(
    work: Connection, shop: str, pickup_id: str, *, reason: str, by: str, at: datetime
) -> Pickup:
    """Nobody will come for the goods; the platform will be told unless it was the one who said so.

    Raises InvalidTransition when it is too late for ``by``, and BadInput for a reason that ``by``
    cannot give.
    """
    pickup = store.get(work, shop, pickup_id)
    why = reason_for(reason, by)
    if pickup.state is State.CANCELLED:
        return pickup
    return take(work, shop, pickup, Act.CANCEL, How(by, at, why))


def forget_customer(
    work: Connection, shop: str, customer_id: int, *, at: datetime
) -> dict[str, int]:
    """Pickups and orders stay for the books, but nothing says any more whose they were.

    Returns how many there are of each.
    """
    proxies.forget_customer(work, shop, customer_id)
    mine = [pickup.pickup_id for pickup in store.of_customer(work, shop, customer_id)]
    shipments.forget(work, shop, mine)
    return {
        "pickups": store.forget_customer(work, shop, customer_id),
        "orders": orders.forget_customer(work, shop, customer_id),
    }


def merge_customer(
    work: Connection, shop: str, *, kept_id: int, gone_id: int, at: datetime
) -> None:
    """Pickups and orders of the customer who is gone are the other's."""
    store.rename_customer(work, shop, gone_id, kept_id)
    orders.rename_customer(work, shop, gone_id, kept_id)


def export_customer(view: Connection, shop: str, customer_id: int) -> dict[str, Any]:
    """Everything this room knows of a customer, as JSON."""
    return {
        "orders": orders.of_customer(view, shop, customer_id),
        "pickups": [
            _exported(pickup, proxies.proxies_of(view, shop, pickup.pickup_id))
            for pickup in store.of_customer(view, shop, customer_id)
        ],
    }


def find_by_order_token(view: Connection, shop: str, order_token: str) -> Pickup | None:
    """The pickup that the holder of an order's status page asks for: an open one before an old."""
    found = store.of_order_token(view, shop, orders.token_hash(order_token)) if order_token else ()
    return min(found, key=lambda pickup: not pickup.open, default=None)


def _exported(pickup: Pickup, sent: Sequence[Proxy]) -> dict[str, Any]:
    return {
        "pickup_id": pickup.pickup_id,
        "order_name": pickup.order_name,
        "customer_name": pickup.customer_name,
        "arrival": pickup.arrival,
        "state": pickup.state.value,
        "requested_at": pickup.requested_at.isoformat(),
        "changed_at": pickup.changed_at.isoformat(),
        "may_collect": [one.name for one in sent],
        "items": [{"title": line.title, "quantity": line.quantity} for line in pickup.lines],
    }
