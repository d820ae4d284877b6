"""Pickups in the database: rows in, frozen dataclasses out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from ..errors import NotFound, StaleWrite
from ..storage.upsert import upsert
from . import rows
from .lines import PickupLine
from .model import ENDED, HELD, Change, Pickup, WorkFacts
from .states import OPEN_PHASES, Phase, Stage
from .tables import orders, pickup_changes, pickup_lines, pickups

# Open, on nobody's hold, and not ended elsewhere while we still wait to hear how.
TO_DO = and_(
    pickups.c.state.in_([phase.value for phase in OPEN_PHASES]),
    pickups.c.work_status.not_in((*ENDED, *HELD)),
)


def add(work: Connection, shop: str, pickup: Pickup, *, facts: WorkFacts) -> bool:
    """Keep a new pickup; False, and nothing kept, when its fulfillment order has one already."""
    made = work.execute(
        upsert(work, pickups)
        .values(
            shop=shop,
            **rows.columns(pickup),
            work_status=facts.status,
            work_updated_at=facts.updated_at,
            code_tries=0,
        )
        .on_conflict_do_nothing()
    )
    if made.rowcount and pickup.lines:
        work.execute(insert(pickup_lines), rows.of_lines(shop, pickup))
    return bool(made.rowcount)


def plan(work: Connection, shop: str, pickup: Pickup) -> None:
    """What a store promises of a pickup that was just added."""
    work.execute(
        update(pickups)
        .where(_one(shop, pickup.pickup_id))
        .values(promised_at=pickup.promised_at, escalates_at=pickup.escalates_at)
    )


def save(work: Connection, shop: str, pickup: Pickup, *, was: int) -> None:
    """Replace version ``was`` of the pickup; raises StaleWrite when it is not that any more."""
    values = rows.columns(pickup)
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
        work.execute(insert(pickup_lines), rows.of_lines(shop, pickup))


def add_change(work: Connection, shop: str, pickup_id: str, change: Change) -> None:
    work.execute(
        insert(pickup_changes).values(shop=shop, pickup_id=pickup_id, **rows.of_change(change))
    )


def get(view: Connection, shop: str, pickup_id: str) -> Pickup:
    """One pickup; raises NotFound."""
    found = find(view, shop, pickup_id)
    if found is None:
        raise NotFound("pickup_unknown", "there is no such pickup")
    return found


def find(view: Connection, shop: str, pickup_id: str) -> Pickup | None:
    found = _read(view, shop, pickups.c.pickup_id == pickup_id)
    return found[0] if found else None


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
    return _read(view, shop, and_(pickups.c.location_id == location_id, TO_DO))


def waiting_page(
    view: Connection, shop: str, location_id: int, *, phase: Phase, find: str, limit: int
) -> tuple[int, tuple[Pickup, ...]]:
    """How many pickups of a phase wait at a location, and the first ``limit`` of them.

    First comes whoever stands there, then whoever is on the way; then what was promised for the
    earliest, of what is to be prepared, and what lies there for longest, of what is ready.
    ``find`` keeps those whose order's or customer's name has it, in any case.
    """
    which = and_(pickups.c.location_id == location_id, pickups.c.state == phase.value, TO_DO)
    if find:
        which = and_(which, _named(find))
    count: int = view.execute(
        select(func.count()).where(pickups.c.shop == shop, which)
    ).scalar_one()
    nearest = case(
        (pickups.c.stage == Stage.HERE.value, 0),
        (pickups.c.stage == Stage.ON_MY_WAY.value, 1),
        else_=2,
    )
    first = func.coalesce(pickups.c.promised_at, pickups.c.requested_at)
    since = first if phase is Phase.REQUESTED else pickups.c.changed_at
    ids = view.execute(
        select(pickups.c.pickup_id)
        .where(pickups.c.shop == shop, which)
        .order_by(nearest, since, pickups.c.pickup_id)
        .limit(limit)
    ).scalars()
    places = {pickup_id: place for place, pickup_id in enumerate(ids)}
    found = _read(view, shop, pickups.c.pickup_id.in_(list(places)))
    return count, tuple(sorted(found, key=lambda pickup: places[pickup.pickup_id]))


def waiting_codes(view: Connection, shop: str, location_id: int) -> list[tuple[str, int]]:
    """The id and the generation of everything that waits at a location to be collected."""
    rows_ = view.execute(
        select(pickups.c.pickup_id, pickups.c.generation).where(
            pickups.c.shop == shop, pickups.c.location_id == location_id, TO_DO
        )
    )
    return [(row.pickup_id, row.generation) for row in rows_]


def _named(find: str) -> ColumnElement[bool]:
    text = find.lower()
    return or_(
        func.lower(pickups.c.order_name).contains(text, autoescape=True),
        func.lower(pickups.c.customer_name).contains(text, autoescape=True),
    )


def waiting_stamp(view: Connection, shop: str, location_id: int) -> str:
    """Changes when ``waiting`` would answer something else; much cheaper to ask for."""
    seen = view.execute(
        select(func.count(), func.sum(pickups.c.version), func.max(pickups.c.changed_at)).where(
            pickups.c.shop == shop,
            pickups.c.location_id == location_id,
            TO_DO,
        )
    ).one()
    return "-".join(str(part) for part in seen)


def open_counts(view: Connection, shop: str) -> dict[tuple[int, Phase], int]:
    """How many open pickups there are, by location and phase."""
    found = view.execute(
        select(pickups.c.location_id, pickups.c.state, func.count())
        .where(pickups.c.shop == shop, TO_DO)
        .group_by(pickups.c.location_id, pickups.c.state)
    )
    return {(location_id, Phase(phase)): count for location_id, phase, count in found}


def changes(view: Connection, shop: str, pickup_id: str) -> tuple[Change, ...]:
    """Everything that happened to a pickup, oldest first."""
    table = pickup_changes
    found = view.execute(
        select(table)
        .where(table.c.shop == shop, table.c.pickup_id == pickup_id)
        .order_by(table.c.version)
    )
    return tuple(rows.change(row) for row in found)


def work_facts(work: Connection, shop: str, pickup_id: str) -> WorkFacts:
    """What is known of the pickup's fulfillment order; nobody else changes it until the commit."""
    row = work.execute(
        select(pickups.c.work_status, pickups.c.work_updated_at)
        .where(_one(shop, pickup_id))
        .with_for_update()
    ).one()
    return WorkFacts(row.work_status, row.work_updated_at)


def save_work_facts(
    work: Connection, shop: str, pickup_id: str, facts: WorkFacts, *, covers_order: bool
) -> None:
    """What the platform says of the fulfillment order now, and whether it is all of its order."""
    work.execute(
        update(pickups)
        .where(_one(shop, pickup_id))
        .values(
            work_status=facts.status,
            work_updated_at=facts.updated_at,
            covers_order=covers_order,
        )
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


def forget_customer(work: Connection, shop: str, customer_id: int) -> int:
    """No pickup says any more whose it was, nor what they wrote; return how many there are."""
    changed = work.execute(
        update(pickups)
        .where(pickups.c.shop == shop, pickups.c.customer_id == customer_id)
        .values(customer_id=None, customer_name="", arrival="", version=pickups.c.version + 1)
    )
    return changed.rowcount


def rename_customer(work: Connection, shop: str, was: int, now: int) -> None:
    mine = and_(pickups.c.shop == shop, pickups.c.customer_id == was)
    work.execute(update(pickups).where(mine).values(customer_id=now))


def _one(shop: str, pickup_id: str) -> ColumnElement[bool]:
    return and_(pickups.c.shop == shop, pickups.c.pickup_id == pickup_id)


def _read(view: Connection, shop: str, which: ColumnElement[bool]) -> tuple[Pickup, ...]:
    """Pickups with their lines in two queries, however many there are."""
    found = view.execute(
        select(pickups)
        .where(pickups.c.shop == shop, which)
        .order_by(pickups.c.requested_at, pickups.c.pickup_id)
    ).all()
    if not found:
        return ()
    wanted = select(pickups.c.pickup_id).where(pickups.c.shop == shop, which)
    by_pickup: dict[str, list[PickupLine]] = {row.pickup_id: [] for row in found}
    for line in view.execute(
        select(pickup_lines)
        .where(pickup_lines.c.shop == shop, pickup_lines.c.pickup_id.in_(wanted))
        .order_by(pickup_lines.c.place)
    ):
        if line.pickup_id in by_pickup:
            by_pickup[line.pickup_id].append(rows.line(line))
    return tuple(rows.pickup(row, tuple(by_pickup[row.pickup_id])) for row in found)
