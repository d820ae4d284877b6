"""Platform carts and the carts of ours behind them: found, begun, let go of."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..shoppers.model import Visit
from . import store, token_store
from .cart import Cart, microseconds
from .platform_cart import PlatformCart, empty
from .sighting import Sighting
from .snapshot import Report
from .store import StoredCart
from .token_store import StoredToken

_SHARED_FOR = timedelta(days=30)
# An empty new platform cart right after a full one is what a checkout leaves behind; the order's
# webhook needs a moment, and until then the bought lines must not come back.
_CHECKOUT = timedelta(hours=2)
_HOLD = timedelta(seconds=15)


def new_cart(owner: str) -> StoredCart:
    return StoredCart(uuid.uuid4().hex, owner, Cart(), 0, None)


def new_name() -> str:
    """A name for a platform cart as a device, never used before."""
    return secrets.token_hex(6)


def new_token(sighting: Sighting, at: datetime) -> StoredToken:
    """A platform cart seen for the first time; it counts on from the mark that is in it."""
    version = sighting.mark.version if sighting.mark else 0
    return StoredToken(
        token=sighting.token,
        key_digest=sighting.key_digest,
        device_id=None,
        cart_id=None,
        memory=PlatformCart(new_name(), version=version, written=version),
        revision=0,
        left_cart_id=None,
        left_keys=frozenset(),
        left_at=None,
        sealed_at=None,
        reported_at=at,
    )


def follow(view: Connection, shop: str, cart_id: str | None) -> StoredCart | None:
    """The cart, or the one it was merged into, however often that happened."""
    while cart_id is not None:
        cart = store.find_cart(view, shop, cart_id)
        if cart is None or cart.merged_into is None:
            return cart
        cart_id = cart.merged_into
    return None


def cleared_token(
    stored: StoredToken, cart: StoredCart | None, who: Visit, report: Report, at: datetime
) -> StoredToken:
    """The platform cart is the next user's once it is empty; the keys of its lines are kept."""
    memory = empty(stored.memory, report.snapshot, replica=new_name())
    stored = replace(stored, device_id=who.device_id, cart_id=None, memory=memory, reported_at=at)
    if cart is None or not cart.owner.startswith("customer:"):
        return stored
    keys = frozenset({*cart.cart.quantities(), *report.snapshot.quantities})
    return replace(stored, left_cart_id=cart.cart_id, left_keys=keys, left_at=at)


def caught_up(stored: StoredToken, cart: StoredCart) -> StoredToken:
    """The platform cart, knowing the cart that its lines are in now: a guest may have signed in
    since, somewhere else or after paying.

    What was bought is taken away from that cart then, and no more than that.
    """
    if stored.cart_id == cart.cart_id:
        return stored
    seen = {key: cart.cart.quantity(key) for key in stored.memory.seen}
    memory = replace(stored.memory, seen=seen, knows=cart.cart.seen, told=())
    return replace(stored, memory=memory, cart_id=cart.cart_id)


def common_lines(view: Connection, shop: str, who: Visit, mine: StoredCart) -> frozenset[str]:
    """The lines that another platform cart of this device has, or had from this very cart."""
    if who.device_id is None:
        return frozenset()
    others = token_store.tokens_of_device(view, shop, who.device_id)
    return frozenset(
        key
        for other in others
        if other.cart_id == mine.cart_id and other.sealed_at is None
        for key in other.memory.seen
    )


def lines_left(
    view: Connection, shop: str, stored: StoredToken, mine: StoredCart, *, at: datetime
) -> frozenset[str]:
    """The lines that this platform cart shared with the shopper's cart in the last 30 days.

    It showed them before it was cleared, or they were handed over; the cart that had them then
    may be part of the shopper's by now.
    """
    if stored.left_at is None or at - stored.left_at > _SHARED_FOR:
        return frozenset()
    left = follow(view, shop, stored.left_cart_id)
    return stored.left_keys if left and left.cart_id == mine.cart_id else frozenset()


def hold(
    view: Connection,
    shop: str,
    stored: StoredToken,
    cart: Cart,
    sighting: Sighting,
    *,
    at: datetime,
) -> StoredToken | None:
    """The platform cart, waiting a moment for an order that may be on its way; else None."""
    if sighting.lines or not cart.lines or stored.device_id is None:
        return None
    if stored.revision and microseconds(at) >= stored.memory.held_until:
        return None
    others = token_store.tokens_of_device(view, shop, stored.device_id)
    if not any(_may_be_paid(other, at) for other in others if other.token != stored.token):
        return None
    until = stored.memory.held_until or microseconds(at + _HOLD)
    return replace(stored, memory=replace(stored.memory, held_until=until))


def _may_be_paid(other: StoredToken, at: datetime) -> bool:
    open_ = other.sealed_at is None and bool(other.memory.seen)
    return open_ and at - other.reported_at <= _CHECKOUT
