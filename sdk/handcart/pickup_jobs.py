"""What is done about pickups when its turn in the outbox has come, beside plain platform calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .errors import PlatformError, UserErrors
from .pickups import acts, elsewhere, exchanging, steps
from .pickups import service as pickups
from .pickups.life import Clock
from .platform.port import Swap
from .stock import sales
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
        # An app that may not edit orders is refused as well.
        if isinstance(refusal, UserErrors) or refusal.code == "access_denied":
            with app.db.writing() as work:
                exchanging.not_exchanged(work, task.shop, asked, swap, at=app.clock())
        raise
    found = platform.fulfillment_orders(task.payload["order_id"])
    with app.db.writing() as work:
        for order in found:
            sales.routed(work, task.shop, order, at=app.clock())
            pickups.request_pickup(work, task.shop, order, at=app.clock())
        exchanging.exchanged(work, task.shop, asked, at=app.clock())


PICKUP_JOBS: Mapping[str, Callable[[Handcart, Task], None]] = {
    steps.TIMER: _pickup_timer,
    steps.SPLIT: _split_pickup,
    steps.MOVE: _move_pickup,
    exchanging.EXCHANGE: _exchange_goods,
}
