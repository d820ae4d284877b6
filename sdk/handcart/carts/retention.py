"""Carts of guests who never came back, and those that a till made and nobody took.

A customer's cart has no end; a guest's lives as long as the browser that knows it could, which is
less than two years. The link to a till's is over after half an hour; after thirty days it
goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_

from ..shoppers.store import devices
from ..shops.store import installations
from .handoffs import handoffs
from .history import cart_changes
from .order_store import cart_orders
from .sales import PREFIX
from .store import carts
from .token_store import cart_tokens

UNTAKEN = timedelta(days=30)


def find_untaken_carts(view: Connection, *, before: datetime, limit: int) -> Sequence[Any]:
    """Carts that a till made for a phone, (shop, cart_id, owner), and that no phone has opened."""
    row = carts.c
    query = select(row.shop, row.cart_id, row.owner).where(
        row.shop.in_(select(installations.c.shop)),
        row.updated_at < before,
        row.status == "open",
        row.owner.startswith(PREFIX),
    )
    return view.execute(query.limit(limit)).all()


def find_guest_carts(view: Connection, *, before: datetime, limit: int) -> Sequence[Any]:
    """Open carts of guests, (shop, cart_id, owner), that nobody has changed or shown since."""
    row = carts.c
    shown = select(cart_tokens.c.cart_id).where(
        cart_tokens.c.shop == row.shop,
        cart_tokens.c.cart_id == row.cart_id,
        cart_tokens.c.reported_at >= before,
    )
    query = select(row.shop, row.cart_id, row.owner).where(
        row.shop.in_(select(installations.c.shop)),
        row.updated_at < before,
        row.status == "open",
        row.owner.like("device:%"),
        ~shown.exists(),
    )
    return view.execute(query.limit(limit)).all()


def remove_guest_carts(work: Connection, found: Sequence[Any]) -> None:
    """Nothing is left of these carts, nor of the browsers that had them."""
    ids = [(one.shop, one.cart_id) for one in found]
    for table in (cart_tokens, cart_orders, cart_changes, handoffs, carts):
        work.execute(delete(table).where(tuple_(table.c.shop, table.c.cart_id).in_(ids)))
    named = [(one.shop, one.owner.removeprefix("device:")) for one in found]
    mine = tuple_(devices.c.shop, devices.c.device_id).in_(named)
    work.execute(delete(devices).where(mine, devices.c.customer_id.is_(None)))
