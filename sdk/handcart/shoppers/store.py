"""Devices in the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from ..errors import StaleWrite
from ..storage import UtcDateTime, metadata
from .model import Device

devices = Table(
    "devices",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("device_id", String(32), primary_key=True),
    Column("customer_id", BigInteger),
    Column("created_at", UtcDateTime, nullable=False),
    Column("bound_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index("ix_devices_customer", "shop", "customer_id"),
)


def find_device(view: Connection, shop: str, device_id: str) -> Device | None:
    row = view.execute(select(devices).where(_one(shop, device_id))).one_or_none()
    return Device(row.device_id, row.customer_id, row.ended_at is not None) if row else None


def add_device(
    work: Connection, shop: str, device_id: str, *, customer_id: int | None, at: datetime
) -> None:
    bound_at = None if customer_id is None else at
    work.execute(
        insert(devices).values(
            shop=shop,
            device_id=device_id,
            customer_id=customer_id,
            created_at=at,
            bound_at=bound_at,
        )
    )


def bind_device(
    work: Connection, shop: str, device_id: str, *, customer_id: int, at: datetime
) -> None:
    """The device is this customer's; raises StaleWrite when it became somebody's meanwhile."""
    free = _one(shop, device_id) & devices.c.customer_id.is_(None)
    values = {"customer_id": customer_id, "bound_at": at}
    if work.execute(update(devices).where(free).values(**values)).rowcount != 1:
        raise StaleWrite("the device")


def end_device(work: Connection, shop: str, device_id: str, *, at: datetime) -> None:
    open_ = _one(shop, device_id) & devices.c.ended_at.is_(None)
    work.execute(update(devices).where(open_).values(ended_at=at))


def devices_of(view: Connection, shop: str, customer_id: int) -> list[dict[str, Any]]:
    mine = (devices.c.shop == shop) & (devices.c.customer_id == customer_id)
    query = select(devices).where(mine).order_by(devices.c.created_at, devices.c.device_id)
    return [dict(row) for row in view.execute(query).mappings()]


def rename_customer(work: Connection, shop: str, was: int, now: int) -> None:
    mine = (devices.c.shop == shop) & (devices.c.customer_id == was)
    work.execute(update(devices).where(mine).values(customer_id=now))


def delete_devices_of(work: Connection, shop: str, customer_id: int) -> int:
    """Return how many devices there were."""
    mine = (devices.c.shop == shop) & (devices.c.customer_id == customer_id)
    return work.execute(delete(devices).where(mine)).rowcount


def _one(shop: str, device_id: str) -> Any:
    return (devices.c.shop == shop) & (devices.c.device_id == device_id)
