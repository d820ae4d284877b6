"""Storing a cart that changed: its next version, its history, the fact, and the news of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..events import CartChanged
from ..storage import record, tell
from .history import Change, differences, write_down
from .listening import cart_news
from .store import StoredCart, save_cart


def save(
    work: Connection, shop: str, now: StoredCart, *, was: StoredCart, by: str, at: datetime
) -> StoredCart:
    """Store a cart that changed, write down what changed in it, and say so."""
    now = replace(now, added_by=_of_what_is_there(now))
    if now.same_as(was):
        return now
    version = save_cart(work, shop, now, at=at)
    lines = [
        *differences(was.cart, now.cart),
        *differences(was.saved, now.saved, of="saved"),
    ]
    if lines:
        write_down(work, shop, now.cart_id, Change(version, at, by, lines))
        tell(work, cart_news(shop, now.cart_id, version))
    if now.cart != was.cart:
        fact = CartChanged(now.cart_id, version, now.cart.quantities())
        record(work, shop, fact, at=at, resource=f"cart:{now.cart_id}")
    return replace(now, version=version)


def _of_what_is_there(cart: StoredCart) -> Mapping[str, Mapping[str, Any]]:
    """Who put in a line is forgotten with the line: when it comes again, it is somebody else's."""
    if not cart.added_by:
        return cart.added_by
    there = cart.cart.quantities()
    return {key: who for key, who in cart.added_by.items() if key in there}
