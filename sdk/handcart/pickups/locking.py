"""Whoever changes pickups and stock in one transaction takes them in one order, so that no two
wait for each other: orders, then pickups, then levels, then what is held.

A step of a pickup takes its row first and levels afterwards. So does what the platform tells,
which changes levels before it changes pickups: it asks here before either.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, select

from ..storage import database
from ..storage.among import among
from . import orders
from .tables import pickups


def of_orders(work: Connection, named: Iterable[tuple[str, int]]) -> None:
    """Until the commit nobody else changes these orders ``(shop, order)`` or their pickups."""
    wanted = sorted(set(named))
    database.all_alone(work, [(shop, orders.lock_name(order_id)) for shop, order_id in wanted])
    if wanted:
        mine = pickups.c.shop, pickups.c.order_id
        _lock(work, among(work, mine, wanted))


def of_pickup(work: Connection, shop: str, pickup_id: str) -> None:
    """Until the commit nobody else changes the pickup."""
    _lock(work, (pickups.c.shop == shop) & (pickups.c.pickup_id == pickup_id))


def _lock(work: Connection, which: ColumnElement[bool]) -> None:
    work.execute(
        select(pickups.c.pickup_id)
        .where(which)
        .order_by(pickups.c.shop, pickups.c.pickup_id)
        .with_for_update()
    ).all()
