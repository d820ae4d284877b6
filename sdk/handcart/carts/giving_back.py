"""An order that came to nothing gives its lines back, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from . import order_store
from .cart import Cart
from .saving import save
from .snapshot import Snapshot, SnapshotLine
from .tokens import follow, new_name

# The platform's reasons (shopify.dev, Order, ``cancel_reason``). Goods that are out of stock or an
# order that looked like fraud are nobody's wish any more.
_PAYMENT_FAILED = "declined"
_CHANGED_THEIR_MIND = "customer"


def order_cancelled(
    work: Connection,
    shop: str,
    *,
    order_id: int,
    reason: str | None,
    lines: Sequence[SnapshotLine],
    at: datetime,
) -> bool:
    """The lines are in the cart again when the payment failed, else on the list for later.

    False, and nothing changed, for an order that took nothing from a cart of ours, that has given
    back already, or that was cancelled for the shop's own reasons.
    """
    if reason not in (_PAYMENT_FAILED, _CHANGED_THEIR_MIND):
        return False
    cart_id = order_store.sealed_cart(work, shop, order_id)
    cart = follow(work, shop, cart_id)
    if cart is None:
        return False
    order_store.mark_given_back(work, shop, order_id, at=at)
    bought = Snapshot.of(lines)
    if reason == _PAYMENT_FAILED:
        now = replace(cart, cart=_with(cart.cart, bought, at=at))
    else:
        now = replace(cart, saved=_with(cart.saved, bought, at=at))
    save(work, shop, now, was=cart, by=f"return:{order_id}", at=at)
    return True


def _with(cart: Cart, bought: Snapshot, *, at: datetime) -> Cart:
    device = new_name()
    for key, quantity in bought.quantities.items():
        cart = cart.add(bought.items[key], quantity, device=device, at=at)
    return cart
