"""Pickups in the database: rows in, frozen dataclasses out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from ..errors import NotFound, StaleWrite
from ..storage.upsert import upsert
from .model import ENDED, OPEN, Change, Pickup, PickupLine, State, WorkFacts
from .tables import orders, pickup_changes, pickup_lines, pickups

# Open, and not ended elsewhere while we still wait to hear how.
_TO_DO = and_(
    pickups.c.state.in_([state.value for state in OPEN]), pickups.c.work_status.not_in(ENDED)
)


def add(work: Connection, shop: str, pickup: Pickup, *, facts: WorkFacts) -> bool:
    """Keep a new pickup; False, and nothing kept, when its fulfillment order has one already."""
    made = work.execute(
        upsert(work, pickups)
        .values(
            shop=shop,
            **_columns(pickup),
            work_status=facts.status,
            work_updated_at=facts.updated_at,
            code_tries=0,
        )
        .on_conflict_do_nothing()
    )
    if made.rowcount and pickup.lines:
        work.execute(insert(pickup_lines), _line_rows(shop, pickup))
    return bool(made.rowcount)


def save(work: Connection, shop: str, pickup: Pickup, *, was: int) -> None:
    """Replace version ``was`` of the pickup; raises StaleWrite when it is not that any more."""
    values = _columns(pickup)
    done = work.execute(
        update(pickups).where(_one(shop, pickup.pickup_id), pickups.c.version == was).values(values)
    )
    if not done.rowcount:
        raise StaleWrite(f"pickup {pickup.pickup_id}")
    work.execute(
        delete(pickup_lines).where(
            pickup_lines.c.shop == shop, pickup_lines.c.pickup_id == pickup.pickup_id
        )
    )
    if pickup.lines:
        work.execute(insert(pickup_lines), _line_rows(shop, pickup))


def add_change(work: Connection, shop: str, pickup_id: str, change: Change) -> None:
    work.execute(
        insert(pickup_changes).values(
            shop=shop,
            pickup_id=pickup_id,
            version=change.version,
            at=change.at,
            by=change.by,
            start=change.start.value if change.start else None,
            wanted=change.wanted.value,
            why=change.why,
        )
    )


def get(view: Connection, shop: str, pickup_id: str) -> Pickup:
    """One pickup; raises NotFound."""
    found = _read(view, shop, pickups.c.pickup_id == pickup_id)
    if not found:
        raise NotFound("pickup_unknown", "there is no such pickup")
    return found[0]


def of_fulfillment_order(view: Connection, shop: str, fulfillment_order_id: int) -> Pickup | None:
    found = _read(view, shop, pickups.c.fulfillment_order_id == fulfillment_order_id)
    return found[0] if found else None


def of_order(view: Connection, shop: str, order_id: int) -> tuple[Pickup, ...]:
    """Every pickup of an order, oldest first."""
    return _read(view, shop, pickups.c.order_id == order_id)


def of_order_token(view: Connection, shop: str, token_hash: str) -> tuple[Pickup, ...]:
    """Every pickup of the order whose token has this SHA-256, oldest first."""
    order_id = select(orders.c.order_id).where(
        orders.c.shop == shop, orders.c.token_hash == token_hash
    )
    return _read(view, shop, pickups.c.order_id.in_(order_id))


def of_customer(view: Connection, shop: str, customer_id: int) -> tuple[Pickup, ...]:
    return _read(view, shop, pickups.c.customer_id == customer_id)


def waiting(view: Connection, shop: str, location_id: int) -> tuple[Pickup, ...]:
    """The open pickups of one location, oldest first."""
    return _read(view, shop, and_(pickups.c.location_id == location_id, _TO_DO))


def waiting_stamp(view: Connection, shop: str, location_id: int) -> str:
    """Changes when ``waiting`` would answer something else; much cheaper to ask for."""
    seen = view.execute(
        select(func.count(), func.sum(pickups.c.version), func.max(pickups.c.changed_at)).where(
            pickups.c.shop == shop,
            pickups.c.location_id == location_id,
            _TO_DO,
        )
    ).one()
    return "-".join(str(part) for part in seen)


def open_counts(view: Connection, shop: str) -> dict[tuple[int, State], int]:
    """How many open pickups there are, by location and state."""
    rows = view.execute(
        select(pickups.c.location_id, pickups.c.state, func.count())
        .where(pickups.c.shop == shop, _TO_DO)
        .group_by(pickups.c.location_id, pickups.c.state)
    )
    return {(location_id, State(state)): count for location_id, state, count in rows}


def changes(view: Connection, shop: str, pickup_id: str) -> tuple[Change, ...]:
    """Everything that happened to a pickup, oldest first."""
    table = pickup_changes
    rows = view.execute(
        select(table)
        .where(table.c.shop == shop, table.c.pickup_id == pickup_id)
        .order_by(table.c.version)
    )
    return tuple(
        Change(
            row.version,
            row.at,
            row.by,
            State(row.start) if row.start else None,
            State(row.wanted),
            row.why,
        )
        for row in rows
    )


def work_facts(work: Connection, shop: str, pickup_id: str) -> WorkFacts:
    """What is known of the pickup's fulfillment order; nobody else changes it until the commit."""
    row = work.execute(
        select(pickups.c.work_status, pickups.c.work_updated_at)
        .where(_one(shop, pickup_id))
        .with_for_update()
    ).one()
    return WorkFacts(row.work_status, row.work_updated_at)


def save_work_facts(work: Connection, shop: str, pickup_id: str, facts: WorkFacts) -> None:
    work.execute(
        update(pickups)
        .where(_one(shop, pickup_id))
        .values(work_status=facts.status, work_updated_at=facts.updated_at)
    )


def locked_until(work: Connection, shop: str, pickup_id: str) -> datetime | None:
    """Until when no code is looked at; nobody else tries one until the commit."""
    until: datetime | None = work.execute(
        select(pickups.c.code_locked_until).where(_one(shop, pickup_id)).with_for_update()
    ).scalar_one()
    return until


def count_wrong_try(work: Connection, shop: str, pickup_id: str) -> int:
    """Count one more wrong code and return how many there are since the last right one."""
    tries: int = work.execute(
        update(pickups)
        .where(_one(shop, pickup_id))
        .values(code_tries=pickups.c.code_tries + 1)
        .returning(pickups.c.code_tries)
    ).scalar_one()
    return tries


def set_tries(work: Connection, shop: str, pickup_id: str, *, locked: datetime | None) -> None:
    """Count from 0 again, after ``locked``."""
    work.execute(
        update(pickups).where(_one(shop, pickup_id)).values(code_tries=0, code_locked_until=locked)
    )


def forget_customer(work: Connection, shop: str, customer_id: int) -> None:
    """No pickup says any more whose it was."""
    work.execute(
        update(pickups)
        .where(pickups.c.shop == shop, pickups.c.customer_id == customer_id)
        .values(customer_id=None, customer_name="", version=pickups.c.version + 1)
    )


def _one(shop: str, pickup_id: str) -> ColumnElement[bool]:
    return and_(pickups.c.shop == shop, pickups.c.pickup_id == pickup_id)


def _read(view: Connection, shop: str, which: ColumnElement[bool]) -> tuple[Pickup, ...]:
    """Pickups with their lines in two queries, however many there are."""
    rows = view.execute(
        select(pickups)
        .where(pickups.c.shop == shop, which)
        .order_by(pickups.c.requested_at, pickups.c.pickup_id)
    ).all()
    if not rows:
        return ()
    wanted = select(pickups.c.pickup_id).where(pickups.c.shop == shop, which)
    by_pickup: dict[str, list[PickupLine]] = {row.pickup_id: [] for row in rows}
    for line in view.execute(
        select(pickup_lines)
        .where(pickup_lines.c.shop == shop, pickup_lines.c.pickup_id.in_(wanted))
        .order_by(pickup_lines.c.place)
    ):
        if line.pickup_id in by_pickup:
            by_pickup[line.pickup_id].append(_line(line))
    return tuple(_pickup(row, by_pickup[row.pickup_id]) for row in rows)


def _line(row: Any) -> PickupLine:
    return PickupLine(
        line_id=row.line_id,
        variant_id=row.variant_id,
        title=row.title,
        sku=row.sku,
        quantity=row.quantity,
        collected=row.collected,
    )


def _pickup(row: Any, lines: Iterable[PickupLine]) -> Pickup:
    return Pickup(
        pickup_id=row.pickup_id,
        fulfillment_order_id=row.fulfillment_order_id,
        order_id=row.order_id,
        order_name=row.order_name,
        location_id=row.location_id,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        covers_order=row.covers_order,
        state=State(row.state),
        lines=tuple(lines),
        requested_at=row.requested_at,
        changed_at=row.changed_at,
        version=row.version,
        generation=row.generation,
    )


def _columns(pickup: Pickup) -> dict[str, Any]:
    names = [column.name for column in pickups.c if hasattr(Pickup, column.name)]
    return {name: getattr(pickup, name) for name in names} | {"state": pickup.state.value}


def _line_rows(shop: str, pickup: Pickup) -> Sequence[dict[str, Any]]:
    return [
        {
            "shop": shop,
            "pickup_id": pickup.pickup_id,
            "line_id": line.line_id,
            "place": place,
            "variant_id": line.variant_id,
            "title": line.title,
            "sku": line.sku,
            "quantity": line.quantity,
            "collected": line.collected,
        }
        for place, line in enumerate(pickup.lines)
    ]
