"""Carts: what the platform says one browser's cart holds."""

from __future__ import annotations

from handcart.carts import service as carts

from ..payloads.carts import CartSnapshot, parse_cart
from .handler import Effect, Handler, each


def cart_changed(effect: Effect, cart: CartSnapshot) -> None:
    """The shopper's cart has what was done in that browser; an echo of ours changes nothing."""
    carts.snapshot_seen(
        effect.work,
        effect.shop,
        token=cart.token,
        lines=cart.lines,
        updated_at=cart.updated_at,
        at=effect.at,
    )


HANDLERS = [
    Handler("carts/create", parse_cart, each(cart_changed)),
    Handler("carts/update", parse_cart, each(cart_changed)),
]
