"""An owner's carts are gone, wherever something of them was kept."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from .handoffs import handoffs
from .history import cart_changes
from .order_store import cart_orders
from .store import all_of, carts
from .token_store import cart_tokens


def erase(work: Connection, shop: str, owner: str) -> int:
    """Nothing is left of an owner's carts, nor of the platform carts that showed them.

    Returns how many carts there were.
    """
    query = select(carts.c.cart_id).where(all_of(shop, owner))
    ids = list(work.execute(query).scalars())
    for table in (cart_tokens, cart_orders, cart_changes, handoffs, carts):
        work.execute(delete(table).where((table.c.shop == shop) & table.c.cart_id.in_(ids)))
    left = (cart_tokens.c.shop == shop) & cart_tokens.c.left_cart_id.in_(ids)
    work.execute(update(cart_tokens).where(left).values(left_cart_id=None, left_keys=[]))
    return len(ids)
