"""What a household keeps of a person: handed out, and erased, when they ask for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..carts import store as carts
from ..carts.history import rewrite_author
from ..carts.words import forget_words
from ..shoppers.model import customer_owner
from . import store


def forget_customer(
    work: Connection, shop: str, customer_id: int, *, at: datetime
) -> dict[str, int]:
    """No household of the customer's is left, and no cart says that they put anything in.

    What they wrote into a line that they put in goes, and with it the line (decision 27).
    Returns in how many households they were.
    """
    count = len(store.memberships(work, shop, customer_id))
    for household in store.households_with(work, shop, customer_id, left=True):
        cart = carts.open_cart(work, shop, customer_owner(household.owner_id))
        if cart is not None:
            cart = forget_words(work, shop, cart, author=customer_id, at=at)
            carts.rename_author(work, shop, cart, customer_id, None)
            rewrite_author(work, shop, cart.cart_id, was=f"member:{customer_id}", now="member:0")
    owned = store.owned_by(work, shop, customer_id)
    if owned is not None:
        store.delete_household(work, shop, owned.household_id)
    store.delete_member(work, shop, customer_id)
    return {"households": count}


def export_customer(view: Connection, shop: str, customer_id: int) -> dict[str, Any]:
    """In which households the customer is or was, under which name; times in ISO 8601, UTC."""
    return {
        "households": [
            {
                "household_id": row.household_id,
                "role": row.role,
                "name": row.name,
                "joined_at": row.joined_at.isoformat(),
                "left_at": row.left_at.isoformat() if row.left_at else None,
            }
            for row in store.memberships(view, shop, customer_id)
        ]
    }
