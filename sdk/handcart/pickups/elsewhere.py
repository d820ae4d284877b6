"""What other stores can do for a pickup that misses something: bring it, or hand all of it over.

What is brought moves the pickup as it moves: asked for (transfer), sent (inbound), come
(received), and then preparation goes on. Both happen in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ..errors import RuleBroken
from ..stock import Place, availability, transfers
from ..stock import store as stock_store
from ..stock.transfers import Transfer
from . import bringing, locking, planning, store
from .how import How
from .model import Pickup
from .states import Act, State
from .steps import take


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Stores that have what is missing, and stores that have everything, by name; and which of
    them could send it: what is missing, or all that is still owed.
    """

    can_bring: tuple[Place, ...] = ()
    can_hand_over: tuple[Place, ...] = ()
    can_send: Place | None = None
    can_send_all: Place | None = None


def elsewhere(view: Connection, shop: str, pickup: Pickup, *, at: datetime) -> Elsewhere:
    """What other stores have of it now; nothing unless something is missing."""
    if pickup.state is not State.SHORT or pickup.held:
        return Elsewhere()
    missing, all_of_it = bringing.missing(pickup), _owed(pickup)
    given = any(line.collected for line in pickup.lines)
    bring, hand_over = [], []
    send, send_all = None, None
    for place in availability.serving(view, shop, "online"):
        if place.location_id == pickup.location_id:
            continue
        if _has(view, shop, place, missing, at=at):
            bring.append(place)
        send = send or _sender(view, shop, place, missing, at=at)
        send_all = send_all or _sender(view, shop, place, bringing.owed(pickup), at=at)
        if place.offers_pickup and not given and _has(view, shop, place, all_of_it, at=at):
            hand_over.append(place)
    return Elsewhere(tuple(bring), tuple(hand_over), send, send_all)


def bring(
    work: Connection, shop: str, pickup_id: str, *, from_location_id: int, by: str, at: datetime
) -> Pickup:
    """What is missing is brought from that store, which holds it until it is sent."""
    pickup = take(work, shop, store.get(work, shop, pickup_id), Act.BRING, How(by, at, "bring"))
    if not bringing.missing(pickup):
        raise RuleBroken("stock_short", "no other store can have this")
    bringing.ask(work, shop, pickup, from_location_id=from_location_id, by=by, at=at)
    return pickup


def collect_at(
    work: Connection, shop: str, pickup_id: str, *, location_id: int, by: str, at: datetime
) -> Pickup:
    """That store hands all of it over instead; the platform's fulfillment order is moved there."""
    pickup = store.get(work, shop, pickup_id)
    if location_id not in [
        place.location_id for place in elsewhere(work, shop, pickup, at=at).can_hand_over
    ]:
        raise RuleBroken("stock_short", "that store does not have all of it")
    return moved(work, shop, pickup, location_id, why="asked", by=by, at=at)


def moved(
    work: Connection,
    shop: str,
    pickup: Pickup,
    location_id: int,
    *,
    why: str,
    by: str,
    at: datetime,
) -> Pickup:
    """The other store has it, and promises anew."""
    plan = planning.plan_of(work, shop, location_id)
    how = How(by, at, why, location_id=location_id, until=plan.escalates_at(at))
    moved = take(work, shop, pickup, Act.MOVE, how)
    return _promised(work, shop, moved, plan, How(by, at, why))


def not_moved(
    work: Connection, shop: str, pickup_id: str, *, location_id: int, at: datetime
) -> Pickup | None:
    """The platform did not move it: the store where it was has it again, if it waits."""
    pickup = store.find(work, shop, pickup_id)
    if pickup is None or not pickup.open or pickup.location_id == location_id:
        return pickup
    return moved(work, shop, pickup, location_id, why="not_moved", by="platform", at=at)


def send(work: Connection, shop: str, transfer_id: str, *, by: str, at: datetime) -> Transfer:
    """What was asked for leaves its store; a pickup that waits for it is told (inbound)."""
    _alone(work, shop, transfer_id)
    sent = transfers.send(work, shop, transfer_id, by=by, at=at)
    bringing.let_go(work, shop, sent, at=at)
    pickup = _waiting(work, shop, sent, State.TRANSFER)
    if pickup:
        take(work, shop, pickup, Act.DISPATCH, How(by, at, "sent"))
    return sent


def call_off(work: Connection, shop: str, transfer_id: str, *, by: str, at: datetime) -> Transfer:
    """It is not sent; a pickup that waits for it misses it again, and its shopper is asked."""
    pickup = _waiting(work, shop, transfers.get(work, shop, transfer_id), State.TRANSFER)
    if pickup:
        take(work, shop, pickup, Act.CALL_OFF, How(by, at, "called_off"))
        return transfers.get(work, shop, transfer_id)
    cancelled = transfers.cancel(work, shop, transfer_id)
    bringing.let_go(work, shop, cancelled, at=at)
    return cancelled


def do_without(work: Connection, shop: str, pickup_id: str, *, by: str, at: datetime) -> Pickup:
    """The shopper, or staff, would rather not wait for the other store."""
    pickup = store.get(work, shop, pickup_id)
    return take(work, shop, pickup, Act.CALL_OFF, How(by, at, "called_off"))


def receive(
    work: Connection,
    shop: str,
    transfer_id: str,
    *,
    by: str,
    at: datetime,
    units: Mapping[int, int] | None = None,
    why: str = "",
) -> Transfer:
    """The goods have come; a pickup that waits for them is prepared (received), or still short."""
    _alone(work, shop, transfer_id)
    came = transfers.receive(work, shop, transfer_id, by=by, at=at, units=units, why=why)
    pickup = _waiting(work, shop, came, State.INBOUND)
    if pickup is None:
        return came
    variants = {line.variant_id for line in pickup.lines if line.variant_id is not None}
    items = stock_store.items_of(work, shop, variants)
    of_items = {line.inventory_item_id: line.received for line in came.lines}
    there = bringing.by_line(pickup.lines, of_items, items)
    how = planning.with_policy(work, shop, pickup, How(by, at, "came", there))
    there_now = take(work, shop, pickup, Act.RECEIVE, how)
    plan = planning.plan_of(work, shop, pickup.location_id)
    _promised(work, shop, there_now, plan, How(by, at, "came"))
    return came


def _promised(work: Connection, shop: str, pickup: Pickup, plan: planning.Plan, how: How) -> Pickup:
    promised = planning.book_earliest(work, shop, pickup, plan, at=how.at)
    if promised is None or (pickup.expires_at and promised >= pickup.expires_at):
        return pickup
    return take(work, shop, pickup, Act.PROMISE, How(how.by, how.at, how.why, until=promised))


def _alone(work: Connection, shop: str, transfer_id: str) -> None:
    """The pickup that the transfer was asked for comes before the levels that it moves."""
    pickup_id = transfers.get(work, shop, transfer_id).pickup_id
    if pickup_id:
        locking.of_pickup(work, shop, pickup_id)


def _waiting(work: Connection, shop: str, transfer: Transfer, state: State) -> Pickup | None:
    """The pickup that the transfer was asked for, if that is what it waits for."""
    pickup = store.find(work, shop, transfer.pickup_id) if transfer.pickup_id else None
    return pickup if pickup and pickup.state is state else None


def _owed(pickup: Pickup) -> list[tuple[int, int]]:
    """Variant and units of everything; empty when something of it is no item of stock."""
    lines = [(line.variant_id, line.asked) for line in pickup.lines if line.asked]
    known = [(variant_id, units) for variant_id, units in lines if variant_id is not None]
    return known if len(known) == len(lines) else []


def _sender(
    view: Connection, shop: str, place: Place, wanted: list[tuple[int, int]], *, at: datetime
) -> Place | None:
    return place if _has(view, shop, place, wanted, at=at, channel="online") else None


def _has(
    view: Connection,
    shop: str,
    place: Place,
    wanted: list[tuple[int, int]],
    *,
    at: datetime,
    channel: str = "pickup",
) -> bool:
    if not wanted:
        return False
    short = availability.short_of(
        view, shop, wanted, location_id=place.location_id, channel=channel, at=at
    )
    return not short
