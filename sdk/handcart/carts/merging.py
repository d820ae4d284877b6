"""A guest signs in: the guest's carts go into the shopper's, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from ..events import CartMerged
from ..shoppers.model import Visit, device_owner
from ..storage import record
from . import store
from .adopt import adopt
from .store import StoredCart, StoredToken
from .tokens import lines_left


def merged(
    work: Connection,
    shop: str,
    mine: StoredCart,
    source: StoredCart | None,
    stored: StoredToken,
    who: Visit,
    *,
    replica: str,
    at: datetime,
) -> StoredCart:
    """The shopper's cart with every guest's cart of this browser in it; those are closed.

    ``source`` is the cart this platform cart was part of. It is a guest's, or ``mine`` itself.
    """
    shared = lines_left(stored, mine, at)
    for guest in _guests(work, shop, mine, source, who):
        cart, receipt = adopt(mine.cart, guest.cart, shared=shared, device=replica, at=at)
        lines = [line.to_json() for line in receipt]
        store.close_cart(
            work, shop, guest, guest.cart, merged_into=mine.cart_id, receipt=lines, at=at
        )
        mine = replace(mine, cart=cart)
        fact = CartMerged(mine.cart_id, guest.cart_id, cart.quantities())
        record(work, shop, fact, at=at, resource=f"cart:{mine.cart_id}")
    return mine


def _guests(
    work: Connection, shop: str, mine: StoredCart, source: StoredCart | None, who: Visit
) -> list[StoredCart]:
    """The cart of this platform cart, and the one this device had before the customer came."""
    left = store.open_cart(work, shop, device_owner(who.device_id)) if who.device_id else None
    found = {cart.cart_id: cart for cart in (left, source) if cart is not None}
    found.pop(mine.cart_id, None)
    return list(found.values())
