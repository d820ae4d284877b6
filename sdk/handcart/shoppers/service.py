"""Who is in front of this browser, and what was known of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..events import CustomersMerged
from ..storage import record
from . import chosen, forgotten, merged, store
from .model import Visit, may_stay, someone_left


def visit(
    work: Connection,
    shop: str,
    *,
    device_id: str | None,
    customer_id: int | None,
    keep: bool,
    at: datetime,
) -> Visit:
    """Who is here; a customer is only who the platform's signed request names.

    After a sign-out, or when another customer signs in, the old device is ended and a new one
    begins. A guest without a device gets one only when there is something to ``keep``.
    """
    if customer_id is not None:
        customer_id = merged.known_as(work, shop, customer_id)
    device = store.find_device(work, shop, device_id) if device_id else None
    left = someone_left(device, customer_id)
    if device is not None and may_stay(device, customer_id):
        if customer_id is not None and device.customer_id is None:
            store.bind_device(work, shop, device.device_id, customer_id=customer_id, at=at)
        return Visit(device.device_id, customer_id, left=False)
    if device is not None and left:
        store.end_device(work, shop, device.device_id, at=at)
    if customer_id is None and not keep and not left:
        return Visit(None, None, left=False)
    fresh = uuid.uuid4().hex
    store.add_device(work, shop, fresh, customer_id=customer_id, at=at)
    return Visit(fresh, customer_id, left=left)


def forget_customer(
    work: Connection, shop: str, customer_id: int, *, at: datetime
) -> dict[str, int]:
    """No device is linked to the customer any more, and late news of them name nobody.

    Returns how many devices there were.
    """
    for each in merged.names_of(work, shop, customer_id):
        forgotten.remember(work, shop, each, at=at)
    merged.forget(work, shop, customer_id)
    chosen.forget_customer(work, shop, customer_id)
    return {"devices": store.delete_devices_of(work, shop, customer_id)}


def merge_customer(
    work: Connection, shop: str, *, kept_id: int, gone_id: int, at: datetime
) -> int | None:
    """Devices of the customer who is gone are the other's; the other's id as it is now.

    None for a merge that is known: then every room has done its part.
    """
    kept = merged.remember(work, shop, kept_id=kept_id, gone_id=gone_id, at=at)
    if kept is not None:
        store.rename_customer(work, shop, gone_id, kept)
        chosen.rename_customer(work, shop, gone_id, kept)
        fact = CustomersMerged(kept, gone_id)
        record(work, shop, fact, at=at, resource=f"customer:{kept}")
    return kept


def export_customer(view: Connection, shop: str, customer_id: int) -> dict[str, Any]:
    """The customer's devices, with ISO 8601 times in UTC, and their store if they chose one."""
    location_id = chosen.of_customer(view, shop, customer_id)
    return ({"chosen_store": location_id} if location_id else {}) | {
        "devices": [
            {
                "device_id": row["device_id"],
                "created_at": row["created_at"].isoformat(),
                "bound_at": row["bound_at"].isoformat() if row["bound_at"] else None,
                "ended_at": row["ended_at"].isoformat() if row["ended_at"] else None,
            }
            for row in store.devices_of(view, shop, customer_id)
        ]
    }
