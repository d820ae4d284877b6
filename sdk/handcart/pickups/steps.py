"""One step in the life of a pickup, with everything that follows from it, in one transaction.

The pickup and its history, the clocks beside it, what the platform has to be told, and the facts
that our own listeners hear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from ..events import (
    Event,
    PickupCancelled,
    PickupCollected,
    PickupComing,
    PickupEscalated,
    PickupExpired,
    PickupExtended,
    PickupReady,
    PickupRequested,
    PickupRestocked,
    PickupSent,
    PickupShort,
)
from ..storage import add_task, record
from ..storage.outbox import cancel_task
from . import bringing, life, mailing, shipments, shortages, slots, store, substitutes
from .how import How
from .life import Clock
from .model import Change, Pickup
from .states import PREPARING, TERMINAL, Act, Actor, State, actor_of

TIMER = "pickup_timer"
SPLIT = "split_pickup"
MOVE = "move_pickup"
# The slot is free again: it is prepared elsewhere, or nobody knows when.
_PROMISE_ENDS = (Act.MOVE, Act.BRING)
_NOBODY_COMES = (State.CANCELLED, State.RESTOCKED, State.SENT)


def begin(work: Connection, shop: str, pickup: Pickup, how: How, *, tell: bool = True) -> None:
    """The first row of a history, of a pickup that was just added."""
    _log(work, shop, pickup, Act.REQUEST, how, start=None)
    if tell:
        _set_clocks(work, shop, {}, pickup, how)
        _record(work, shop, pickup, PickupRequested(*_names(pickup)), how)


def take(
    work: Connection, shop: str, pickup: Pickup, act: Act, how: How, *, tell: bool = True
) -> Pickup:
    """The pickup after ``act``; raises InvalidTransition, or RuleBroken with a guard's code.

    With ``tell=False`` nobody hears of it: what ended before it was known is no news.
    """
    after = life.done(pickup, act, how)
    if pickup.promised_at and (after.state in _NOBODY_COMES or act in _PROMISE_ENDS):
        slots.release(work, shop, slots.of_pickup(pickup.pickup_id))
    store.save(work, shop, after, was=pickup.version)
    bringing.called_off(work, shop, pickup, after, at=how.at)
    shipments.let_go(work, shop, pickup, after, act, at=how.at)
    substitutes.let_go(work, shop, pickup, after, act, at=how.at)
    shortages.noted(work, shop, pickup, after, act)
    _log(work, shop, after, act, how, start=pickup)
    _set_clocks(work, shop, life.timers(pickup), after, how)
    if actor_of(how.by) is not Actor.PLATFORM:
        _tell_platform(work, shop, pickup, after, act, how)
    if tell:
        mailing.plan(work, shop, pickup, after, act, at=how.at)
        for fact in _facts(pickup, after, act, how):
            _record(work, shop, after, fact, how)
    return after


def _tell_platform(
    work: Connection, shop: str, before: Pickup, after: Pickup, act: Act, how: How
) -> None:
    """In its turn, after what it was told of the order before."""
    place = f"order:{after.order_id}"
    if act is Act.SPLIT:
        payload = {
            "pickup_id": after.pickup_id,
            "fulfillment_order_id": after.fulfillment_order_id,
            "lines": _grown(before, after, "dropped"),
            "left": _left(after),
        }
        add_task(work, shop, SPLIT, payload, at=how.at, kind="job", resource=place)
        return
    if act is Act.MOVE:
        payload = {
            "pickup_id": after.pickup_id,
            "fulfillment_order_id": after.fulfillment_order_id,
            "location_id": after.location_id,
            "was": before.location_id,
        }
        add_task(work, shop, MOVE, payload, at=how.at, kind="job", resource=place)
        return
    for name, payload in _calls(before, after, act, how):
        add_task(work, shop, name, payload, at=how.at, resource=place)


def _set_clocks(
    work: Connection, shop: str, before: Mapping[Clock, Any], pickup: Pickup, how: How
) -> None:
    after = life.timers(pickup)
    for clock, due in before.items():
        if after.get(clock) != due:
            cancel_task(work, shop, _clock_key(pickup, clock, due.timestamp()), at=how.at)
    for clock, due in after.items():
        if before.get(clock) != due:
            add_task(
                work,
                shop,
                TIMER,
                {"pickup_id": pickup.pickup_id, "clock": clock.value},
                at=how.at,
                kind="job",
                due_at=due,
                key=_clock_key(pickup, clock, due.timestamp()),
            )


def _clock_key(pickup: Pickup, clock: Clock, due: float) -> str:
    return f"pickup:{pickup.pickup_id}:{clock}:{due:.6f}"


def _calls(
    before: Pickup, after: Pickup, act: Act, how: How
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the platform has to be told of a step that it did not tell us of."""
    whole = {"fulfillment_order_id": after.fulfillment_order_id}
    if _is_newly_ready(before, after):
        yield "prepare_for_pickup", whole
    if act is Act.HAND_OVER:
        taken = _grown(before, after, "collected")
        yield "fulfil", {**whole, "lines": taken, "left": _left(after)}
    if act is Act.RESTOCK and not how.policy.refunds_no_show:
        return
    dropped = _grown(before, after, "dropped")
    if dropped and after.covers_order and after.state in (State.CANCELLED, State.RESTOCKED):
        yield "cancel_order", {"order_id": after.order_id, "reason": _cause(act, how)}
    elif dropped:
        yield "refund", {**whole, "lines": dropped, "left": _left(after)}
    elif act is Act.CANCEL and after.covers_order:
        yield "cancel_order", {"order_id": after.order_id, "reason": _cause(act, how)}


def _cause(act: Act, how: How) -> str:
    """Whose wish it was, in the platform's words: the customer's or the staff's."""
    asked = actor_of(how.by) is Actor.SHOPPER or how.why == "customer_asked"
    return "customer" if asked and act is not Act.RESTOCK else "staff"


def _grown(before: Pickup, after: Pickup, count: str) -> dict[str, int]:
    """Line id (as text) to how many units more of ``count`` there are now."""
    was = {line.line_id: getattr(line, count) for line in before.lines}
    grown = {
        str(line.line_id): getattr(line, count) - was.get(line.line_id, 0) for line in after.lines
    }
    return {line_id: units for line_id, units in grown.items() if units > 0}


def _left(pickup: Pickup) -> dict[str, int]:
    """Line id (as text) to the units that are still owed."""
    return {str(line.line_id): line.asked - line.collected for line in pickup.lines}


def _is_newly_ready(before: Pickup, after: Pickup) -> bool:
    return before.state in PREPARING and after.state is State.READY


def _facts(before: Pickup, after: Pickup, act: Act, how: How) -> Iterator[Event]:
    names = _names(after)
    if act in (Act.SPLIT, Act.REJOIN):
        return  # what lies at the counter is what lay there before
    if _is_newly_ready(before, after):
        yield PickupReady(*names, whole=True)
    elif before.expires_at is None and after.expires_at is not None:
        yield PickupReady(*names, whole=False)
    if act is Act.MISS:
        yield PickupShort(*names, how.why)
    elif act is Act.ESCALATE:
        yield PickupEscalated(*names)
    elif act in (Act.ANNOUNCE, Act.ARRIVE):
        yield PickupComing(*names, here=act is Act.ARRIVE)
    elif act is Act.EXTEND and after.expires_at:
        yield PickupExtended(*names, after.expires_at.isoformat())
    elif act is Act.EXPIRE:
        yield PickupExpired(*names)
    elif act is Act.MOVE:
        yield PickupRequested(*names)
    yield from _endings(before, after, how)


def _endings(before: Pickup, after: Pickup, how: How) -> Iterator[Event]:
    names = _names(after)
    if after.state is State.CANCELLED:
        yield PickupCancelled(*names, how.why)
    elif after.state is State.RESTOCKED:
        yield PickupRestocked(*names)
    elif after.state is State.SENT:
        yield PickupSent(*names)
    elif after.state is State.COLLECTED or _grown(before, after, "collected"):
        yield PickupCollected(*names, whole=after.state in TERMINAL)


def _names(pickup: Pickup) -> tuple[str, int, int]:
    return pickup.pickup_id, pickup.order_id, pickup.location_id


def _record(work: Connection, shop: str, pickup: Pickup, fact: Event, how: How) -> None:
    record(work, shop, fact, at=how.at, resource=f"pickup:{pickup.pickup_id}")


def _log(
    work: Connection, shop: str, after: Pickup, act: Act, how: How, *, start: Pickup | None
) -> None:
    change = Change(
        version=after.version,
        at=how.at,
        by=how.by,
        act=act,
        start=start.state if start else None,
        wanted=after.state,
        why=how.why,
        location_id=after.location_id,
        units=_moved(start, after),
    )
    store.add_change(work, shop, after.pickup_id, change)


def _moved(before: Pickup | None, after: Pickup) -> dict[str, int] | None:
    """The units that the act was about; None when it moved none."""
    if before is None:
        return None
    for count in ("collected", "dropped", "missing", "packed"):
        grown = _grown(before, after, count)
        if grown:
            return grown
    return None
