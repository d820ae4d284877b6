"""What is done about pickups when its turn in the outbox has come, beside plain platform calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from .errors import PlatformError, UserErrors
from .pickups import (
    State,
    acts,
    elsewhere,
    exchanging,
    routing,
    shipments,
    shipping,
    steps,
)
from .pickups.life import Clock
from .pickups.shipments import Shipment
from .platform.port import FulfillmentLine, Swap
from .storage import Task

if TYPE_CHECKING:
    from .app import Handcart


def _pickup_timer(app: Handcart, task: Task) -> None:
    """The time of a pickup's clock has come."""
    clock, pickup_id = Clock(task.payload["clock"]), task.payload["pickup_id"]
    with app.db.writing() as work:
        acts.clock_went_off(work, task.shop, pickup_id, clock=clock, at=app.clock())


def _split_pickup(app: Handcart, task: Task) -> None:
    """A part of an order is ready for the platform too, and the rest of it a pickup of its own."""
    asked, lines, left = (task.payload[name] for name in ("pickup_id", "lines", "left"))
    number = task.payload["fulfillment_order_id"]
    platform = app.platform(task.shop)
    try:
        platform.split(fulfillment_order_id=number, lines=lines, left=left, key=task.key)
    except UserErrors:
        units = {int(line): count for line, count in lines.items()}
        with app.db.writing() as work:
            acts.not_split(work, task.shop, asked, units=units, at=app.clock())
        raise
    platform.prepare_for_pickup(fulfillment_order_id=number, key=f"{task.key}:ready")


def _move_pickup(app: Handcart, task: Task) -> None:
    """Another store hands it over; where the platform refuses that, it is back where it was."""
    asked, number, place = (
        task.payload[name] for name in ("pickup_id", "fulfillment_order_id", "location_id")
    )
    platform = app.platform(task.shop)
    try:
        platform.move(fulfillment_order_id=number, location_id=place, key=task.key)
    except UserErrors:
        with app.db.writing() as work:
            elsewhere.not_moved(
                work, task.shop, asked, location_id=task.payload["was"], at=app.clock()
            )
        raise


def _exchange_goods(app: Handcart, task: Task) -> None:
    """A substitute takes the place of what is missing, and is a line of the pickup from then on."""
    asked, number = task.payload["pickup_id"], task.payload["fulfillment_order_id"]
    swap, left = Swap(**task.payload["swap"]), task.payload["left"]
    with app.db.reading() as view:
        if exchanging.is_called_off(view, task.shop, asked, since=task.payload["version"]):
            return
    platform = app.platform(task.shop)
    try:
        platform.exchange(fulfillment_order_id=number, swap=swap, left=left, key=task.key)
    except PlatformError as refusal:
        if _is_final(refusal):
            with app.db.writing() as work:
                exchanging.not_exchanged(work, task.shop, asked, swap, at=app.clock())
        raise
    found = platform.fulfillment_orders(task.payload["order_id"])
    with app.db.writing() as work:
        routing.told(work, task.shop, found, at=app.clock())
        exchanging.exchanged(work, task.shop, asked, at=app.clock())


def _send_goods(app: Handcart, task: Task) -> None:
    """What is missing is sent by an order of its own, and leaves the one that is collected."""
    asked, number = task.payload["pickup_id"], task.payload["fulfillment_order_id"]
    with app.db.reading() as view:
        shipment = shipping.wanted(view, task.shop, asked, task.payload["version"])
    if shipment is None:
        return
    if not shipment.order_id and not _is_placed(app, task, shipment):
        return
    platform = app.platform(task.shop)
    lines, left = shipment.lines, shipment.left
    platform.take_off(fulfillment_order_id=number, lines=lines, left=left, key=task.key)
    found = platform.fulfillment_orders(task.payload["order_id"])
    with app.db.writing() as work:
        routing.told(work, task.shop, found, at=app.clock())
        pickup = shipping.sent(work, task.shop, asked, at=app.clock())
    if pickup and pickup.state is State.READY:
        # What was put aside before is all that is left of it.
        platform.prepare_for_pickup(fulfillment_order_id=number, key=f"{task.key}:ready")


def _is_placed(app: Handcart, task: Task, shipment: Shipment) -> bool:
    """Whether an order sends it now; each step is written down before the next is taken."""
    platform = app.platform(task.shop)
    try:
        draft_id = shipment.draft_id or _drafted(app, task, shipment)
        order_id = platform.place_draft(draft_id=draft_id, key=task.key) if draft_id else None
    except PlatformError as refusal:
        if _is_final(refusal):
            with app.db.writing() as work:
                shipping.not_sent(work, task.shop, shipment, at=app.clock())
        raise
    with app.db.writing() as work:
        if order_id is None:
            shipping.not_sent(work, task.shop, shipment, at=app.clock())
        else:
            shipments.placed(work, task.shop, shipment, order_id)
    return order_id is not None


def _lines_now(app: Handcart, task: Task) -> Sequence[FulfillmentLine]:
    """Of the fulfillment order that it is to leave; none when that is gone."""
    number = task.payload["fulfillment_order_id"]
    found = app.platform(task.shop).fulfillment_orders(task.payload["order_id"])
    return next((one.lines for one in found if one.fulfillment_order_id == number), ())


def _drafted(app: Handcart, task: Task, shipment: Shipment) -> int | None:
    """The draft's number.

    None when nobody knows any more where to send it, or when some of it was handed out or
    refunded in the admin since: we have not heard of that yet, and would send it once more.
    """
    address = shipments.address_of(app.keyring, task.shop, shipment)
    if address is None or not shipments.is_owed(shipment, _lines_now(app, task)):
        return None
    draft_id = app.platform(task.shop).draft_shipment(
        order_id=task.payload["order_id"],
        lines=shipment.goods,
        address=address,
        key=task.key,
    )
    with app.db.writing() as work:
        shipments.drafted(work, task.shop, shipment, draft_id)
    return draft_id


def _is_final(refusal: PlatformError) -> bool:
    """An app that lacks the scope is refused as well."""
    return isinstance(refusal, UserErrors) or refusal.code == "access_denied"


PICKUP_JOBS: Mapping[str, Callable[[Handcart, Task], None]] = {
    steps.TIMER: _pickup_timer,
    steps.SPLIT: _split_pickup,
    steps.MOVE: _move_pickup,
    exchanging.EXCHANGE: _exchange_goods,
    shipping.SEND: _send_goods,
}
