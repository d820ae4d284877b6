"""What is sent instead of collected: kept until the platform has placed the order that sends it.

The address is encrypted, is read by nobody but the task that tells the platform, and is gone once
the platform has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from ..keys import Keyring
from ..platform.port import FulfillmentLine, PostalAddress
from ..stock import Place, holds
from .bringing import missing
from .model import Pickup
from .states import Act, State
from .tables import pickup_shipments

_PURPOSE = "shipment"
# Until the platform has placed the order; then the order has it.
HELD_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Shipment:
    """``goods``: variant and units; ``lines``, ``left``: line id (as text) to what is sent of it,
    and to what stays. ``sealed`` is the address, None once nobody needs it.
    """

    pickup_id: str
    version: int
    goods: tuple[tuple[int, int], ...]
    lines: dict[str, int]
    left: dict[str, int]
    sealed: str | None
    draft_id: int | None
    order_id: int | None


def keep(
    work: Connection,
    shop: str,
    pickup: Pickup,
    address: PostalAddress,
    *,
    keyring: Keyring,
    at: datetime,
) -> None:
    """What is missing of the pickup is to be sent there."""
    short = [line for line in pickup.lines if line.missing]
    sealed = keyring.encrypt(_PURPOSE, json.dumps(asdict(address)), context=shop)
    work.execute(
        insert(pickup_shipments).values(
            shop=shop,
            pickup_id=pickup.pickup_id,
            version=pickup.version,
            goods=missing(pickup),
            lines={str(line.line_id): line.missing for line in short},
            left={str(line.line_id): line.asked - line.collected - line.missing for line in short},
            address=sealed,
            at=at,
        )
    )


def find(view: Connection, shop: str, pickup_id: str, version: int) -> Shipment | None:
    row = view.execute(select(pickup_shipments).where(_one(shop, pickup_id, version))).one_or_none()
    return _read(row) if row else None


def is_owed(shipment: Shipment, told: Iterable[FulfillmentLine]) -> bool:
    """Whether the platform still owes, of each line, what is sent of it beside what stays."""
    owed = {str(line.line_id): line.quantity for line in told}
    return all(
        owed.get(line, 0) >= shipment.left[line] + units for line, units in shipment.lines.items()
    )


def address_of(keyring: Keyring, shop: str, shipment: Shipment) -> PostalAddress | None:
    """Where it is sent; None once nobody needs to know, or the customer was forgotten."""
    if shipment.sealed is None:
        return None
    return PostalAddress(**json.loads(keyring.decrypt(_PURPOSE, shipment.sealed, context=shop)))


def drafted(work: Connection, shop: str, shipment: Shipment, draft_id: int) -> None:
    """The platform has the address."""
    _change(work, shop, shipment, draft_id=draft_id, address=None)


def placed(work: Connection, shop: str, shipment: Shipment, order_id: int) -> None:
    _change(work, shop, shipment, order_id=order_id)


def drop(work: Connection, shop: str, shipment: Shipment) -> None:
    """It is not sent."""
    work.execute(delete(pickup_shipments).where(_one(shop, shipment.pickup_id, shipment.version)))


def forget(work: Connection, shop: str, pickup_ids: list[str]) -> None:
    """Nobody knows any more where it was to be sent."""
    table = pickup_shipments.c
    work.execute(
        update(pickup_shipments)
        .where(table.shop == shop, table.pickup_id.in_(pickup_ids))
        .values(address=None)
    )


def hold(work: Connection, shop: str, pickup: Pickup, place: Place, *, at: datetime) -> None:
    """The store that has it keeps it; raises RuleBroken (``stock_short``)."""
    holds.place(
        work,
        shop,
        _hold(pickup),
        missing(pickup),
        location_id=place.location_id,
        channel="online",
        at=at,
        until=at + HELD_FOR,
    )


def let_go(
    work: Connection, shop: str, before: Pickup, after: Pickup, act: Act, *, at: datetime
) -> None:
    """A pickup that waits for it no more: an order has it now, or anybody can."""
    if before.state is not State.SENDING or after.state is State.SENDING:
        return
    if act in (Act.SHIPPED, Act.CORRECT):
        holds.bought(work, shop, _hold(before), order_id=before.order_id, at=at)
    else:
        holds.release(work, shop, _hold(before), at=at)


def _change(work: Connection, shop: str, shipment: Shipment, **now: Any) -> None:
    which = _one(shop, shipment.pickup_id, shipment.version)
    work.execute(update(pickup_shipments).where(which).values(**now))


def _one(shop: str, pickup_id: str, version: int) -> ColumnElement[bool]:
    table = pickup_shipments.c
    return and_(table.shop == shop, table.pickup_id == pickup_id, table.version == version)


def _read(row: Any) -> Shipment:
    return Shipment(
        pickup_id=row.pickup_id,
        version=row.version,
        goods=tuple((variant_id, units) for variant_id, units in row.goods),
        lines=row.lines,
        left=row.left,
        sealed=row.address,
        draft_id=row.draft_id,
        order_id=row.order_id,
    )


def _hold(pickup: Pickup) -> str:
    return f"shipment:{pickup.pickup_id}"
