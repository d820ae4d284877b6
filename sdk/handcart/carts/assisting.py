"""A cart at the till: staff sell it, change it, or pass on what they have begun.

The basket of a till is a platform cart like any other, with a name that we gave it: it knows what
it was filled with, so what is sold leaves the shopper's cart as it would after any checkout, and
what the shopper adds meanwhile stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..errors import NotFound, RuleBroken
from ..shoppers.model import customer_owner
from . import platform_cart, store, token_store
from .goods import Known
from .handing_over import Made, offer_cart
from .platform_cart import PlatformCart
from .sales import PREFIX, new_sale
from .saving import save
from .snapshot import Report, Snapshot, SnapshotLine
from .store import StoredCart
from .token_store import StoredToken
from .tokens import caught_up, follow, new_cart, new_name

# A shopper at the till has the phone in the hand; who goes home first takes longer.
LINK_GOOD_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Basket:
    """``sale`` names the till's basket, ``cart`` is what it was filled with."""

    sale: str
    cart: StoredCart


def cart_of_customer(view: Connection, shop: str, customer_id: int) -> StoredCart:
    """The customer's open cart; raises NotFound when there is none or nothing is in it."""
    cart = store.open_cart(view, shop, customer_owner(customer_id))
    if cart is None or not (cart.cart.quantities() or cart.saved.quantities()):
        raise NotFound("cart_unknown", "this customer has nothing in a cart")
    return cart


def fill(work: Connection, shop: str, cart: StoredCart, *, at: datetime) -> Basket:
    """A basket of the till with the cart's lines; the cart stays as it is until they are sold."""
    if not cart.cart.quantities():
        raise RuleBroken("cart_empty", "there is nothing to sell in this cart")
    sale = new_sale()
    memory = PlatformCart(
        new_name(), seen=cart.cart.quantities(), knows=cart.cart.seen, scripted=True
    )
    token_store.save_token(work, shop, _basket(sale, cart, memory, at))
    return Basket(sale, cart)


def put_back(
    work: Connection, shop: str, sale: str, lines: Sequence[SnapshotLine], *, by: str, at: datetime
) -> StoredCart:
    """What staff changed in the basket is changed in the shopper's cart; nothing was sold.

    Raises NotFound for a sale that is not known, RuleBroken for one that was paid.
    """
    stored = token_store.find_token(work, shop, f"{PREFIX}{sale}")
    cart = follow(work, shop, stored.cart_id) if stored else None
    if stored is None or cart is None:
        raise NotFound("sale_unknown", "this sale was begun with no cart")
    if stored.sealed_at is not None:
        raise RuleBroken("sale_over", "this sale was paid")
    known = caught_up(stored, cart)
    seen = _shifted(Snapshot.of(lines), cart, stored.memory.seen, known.memory.seen)
    after, memory = platform_cart.take_report(cart.cart, known.memory, Report(seen), at=at)
    now = save(work, shop, replace(cart, cart=after), was=cart, by=by, at=at)
    # What was there before is no sign of a later sale, as it would be in a browser.
    memory = replace(memory, knows=now.cart.seen, contents=())
    token_store.save_token(work, shop, replace(known, memory=memory))
    return now


def pass_on(
    work: Connection,
    shop: str,
    lines: Sequence[SnapshotLine],
    *,
    goods: Known,
    by: str,
    at: datetime,
) -> Made:
    """A sale that was not finished, as a cart on its way to the shopper's phone by a link.

    It belongs to nobody until the link is opened; then the lines are in the phone's cart.
    """
    begun = Snapshot.of(lines)
    was = new_cart(f"{PREFIX}{new_sale()}")
    cart, device = was.cart, new_name()
    for key, quantity in begun.quantities.items():
        cart = cart.add(begun.items[key], quantity, device=device, at=at)
    now = save(work, shop, replace(was, cart=cart, goods=goods), was=was, by=by, at=at)
    return offer_cart(work, shop, now, token=now.owner, good_for=LINK_GOOD_FOR, at=at)


def _shifted(
    found: Snapshot, cart: StoredCart, seen: Mapping[str, int], now: Mapping[str, int]
) -> Snapshot:
    """The snapshot as it would be, had the basket been filled with what the cart holds now."""
    items = {**{key: line.item for key, line in cart.cart.lines.items()}, **found.items}
    wanted = {
        key: found.quantities.get(key, 0) + now.get(key, 0) - seen.get(key, 0)
        for key in {*found.quantities, *now}
    }
    return Snapshot(items, {key: quantity for key, quantity in wanted.items() if quantity > 0})


def _basket(sale: str, cart: StoredCart, memory: PlatformCart, at: datetime) -> StoredToken:
    """No browser has the secret of this platform cart: it was thrown away."""
    return StoredToken(
        token=f"{PREFIX}{sale}",
        key_digest=secrets.token_hex(32),
        device_id=None,
        cart_id=cart.cart_id,
        memory=memory,
        revision=0,
        left_cart_id=None,
        left_keys=frozenset(),
        left_at=None,
        sealed_at=None,
        reported_at=at,
    )
