"""The stock transfers that a pickup waits for: asked for in the name of its missing units.

Until the other store sends them they are held there for it. A pickup that waits no more calls off
what has not left; what is under way comes to its store all the same, and is stock like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..stock import holds, transfers
from ..stock import store as stock_store
from ..stock.transfers import Stage, Transfer
from .lines import Amounts, Lines
from .model import Pickup
from .states import ON_THE_ROAD, State

# What is asked for is kept there for so long; afterwards it may be sold before it is sent.
HELD_FOR = timedelta(days=2)


def ask(
    work: Connection, shop: str, pickup: Pickup, *, from_location_id: int, by: str, at: datetime
) -> str:
    """That store is asked for what is missing, and holds it; raises RuleBroken (``stock_short``).

    Returns the transfer's name.
    """
    lines = missing(pickup)
    items = stock_store.items_of(work, shop, {variant_id for variant_id, _ in lines})
    wanted: dict[int, int] = {}
    for variant_id, units in lines:
        if variant_id in items:
            wanted[items[variant_id]] = wanted.get(items[variant_id], 0) + units
    transfer_id = transfers.ask(
        work,
        shop,
        wanted,
        from_location_id=from_location_id,
        to_location_id=pickup.location_id,
        by=by,
        at=at,
        pickup_id=pickup.pickup_id,
    )
    holds.place(
        work,
        shop,
        _hold(transfer_id),
        lines,
        location_id=from_location_id,
        channel="pickup",
        at=at,
        until=at + HELD_FOR,
    )
    return transfer_id


def missing(pickup: Pickup) -> list[tuple[int, int]]:
    """Variant and units of what was not found; empty when something of it is no item of stock."""
    lines = [(line.variant_id, line.missing) for line in pickup.lines if line.missing]
    known = [(variant_id, units) for variant_id, units in lines if variant_id is not None]
    return known if len(known) == len(lines) else []


def owed(pickup: Pickup) -> list[tuple[int, int]]:
    """The same of all that was not collected yet."""
    lines = [(line.variant_id, line.asked - line.collected) for line in pickup.lines]
    known = [(variant_id, units) for variant_id, units in lines if variant_id is not None and units]
    return known if len(known) == sum(1 for _, units in lines if units) else []


def let_go(work: Connection, shop: str, transfer: Transfer, *, at: datetime) -> None:
    """What was held for it is held no more: it leaves, or it stays."""
    holds.release(work, shop, _hold(transfer.transfer_id), at=at)


def called_off(work: Connection, shop: str, before: Pickup, after: Pickup, *, at: datetime) -> None:
    """A pickup that no longer waits for another store needs nothing of what has not left."""
    waited = before.state is State.TRANSFER
    if not waited or after.state in ON_THE_ROAD:
        return
    for transfer in transfers.of_pickup(work, shop, before.pickup_id):
        if transfer.state is Stage.REQUESTED:
            transfers.cancel(work, shop, transfer.transfer_id)
            let_go(work, shop, transfer, at=at)


def by_line(lines: Lines, came: Mapping[int, int], items: Mapping[int, int]) -> Amounts:
    """Item to units that came, as line id to units: each missing line in its turn."""
    left, found = dict(came), {}
    for line in lines:
        item_id = items.get(line.variant_id or 0)
        units = min(line.missing, left.get(item_id, 0)) if item_id else 0
        if item_id and units:
            left[item_id] -= units
            found[line.line_id] = units
    return found


def _hold(transfer_id: str) -> str:
    return f"transfer:{transfer_id}"
