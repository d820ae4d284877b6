"""What members do with the cart that they share: look, change, put in what is in their own.

Each change is an operation on the owner's cart by a device of the member's, so that it joins with
what the owner's browsers do at the same time. Every one may come twice: what is done is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from ..carts import store as carts
from ..carts.adopt import MOST
from ..carts.saving import save
from ..carts.store import StoredCart
from ..carts.tokens import new_cart
from ..carts.wishes import family
from ..errors import BadInput, Denied, NotFound, RuleBroken
from ..shoppers.model import customer_owner
from .model import Household, Member, SharedCart, SharedLine
from .service import opened


def look(view: Connection, shop: str, household_id: str, *, customer_id: int) -> SharedCart:
    """The shared cart as this member sees it, and the lines of their own that they may put in."""
    household, me = opened(view, shop, household_id, customer_id=customer_id)
    cart = _cart(view, shop, household.owner_id)
    own = _cart(view, shop, customer_id)
    lines = tuple(
        SharedLine(
            line.item,
            line.quantity,
            cart.added_by.get(line.item.key, {}).get("name", ""),
            cart.goods.get(line.item.key, {}),
        )
        for line in cart.cart.shown()
    )
    mine = () if me.role == "owner" or not me.may_change else tuple(own.cart.shown())
    return SharedCart(
        household,
        me,
        lines,
        cart.cart.seen,
        mine,
        own.goods,
        cart_id=cart.cart_id,
        version=cart.version,
    )


def change(
    work: Connection,
    shop: str,
    household_id: str,
    key: str,
    *,
    quantity: int,
    seen: Mapping[str, int],
    customer_id: int,
    at: datetime,
) -> StoredCart:
    """The line has ``quantity`` of all that the member had ``seen``; 0 takes that out.

    Raises Denied for a viewer and NotFound for a line that is not there any more.
    """
    household, me = _editor(work, shop, household_id, customer_id)
    if not 0 <= quantity <= MOST:
        raise BadInput("quantity_not_valid", f"a quantity is 0 to {MOST}")
    was = _cart(work, shop, household.owner_id)
    line = was.cart.lines.get(key)
    if line is None or not was.cart.quantity(key):
        if quantity == 0:
            return was
        raise NotFound("line_unknown", "this line is not in the cart any more")
    if quantity == 0:
        cart = was.cart
        for one in family(cart, key):
            cart = cart.remove(one.item.key, device=me.replica, knows=seen)
    else:
        cart = was.cart.set(line.item, quantity, device=me.replica, at=at, knows=seen)
    return save(work, shop, replace(was, cart=cart), was=was, by=_by(me), at=at)


def put_in(
    work: Connection, shop: str, household_id: str, key: str, *, customer_id: int, at: datetime
) -> StoredCart:
    """A line of the member's own cart is in the shared one instead, with what is nested under it.

    Raises Denied for a viewer. A line that is not in the member's cart (any more) changes nothing.
    """
    household, me = _editor(work, shop, household_id, customer_id)
    if me.role == "owner":
        raise RuleBroken("cart_is_yours", "your own cart is the one that is shared")
    was, own = _cart(work, shop, household.owner_id), _cart(work, shop, customer_id)
    moving = family(own.cart, key)
    if not moving:
        return was
    shared, left, authors = was.cart, own.cart, dict(was.added_by)
    for line in moving:
        if not shared.quantity(line.item.key):
            authors[line.item.key] = {"customer_id": me.customer_id, "name": me.name}
        left = left.remove(line.item.key, device=me.replica, knows=left.seen)
        shared = shared.add(line.item, line.quantity, device=me.replica, at=at)
    goods = {**own.goods, **was.goods}
    kept = {line.item.key for line in moving} | set(was.goods)
    now = replace(
        was, cart=shared, added_by=authors, goods={k: goods[k] for k in kept & set(goods)}
    )
    save(work, shop, replace(own, cart=left), was=own, by=_by(me), at=at)
    return save(work, shop, now, was=was, by=_by(me), at=at)


def _editor(
    view: Connection, shop: str, household_id: str, customer_id: int
) -> tuple[Household, Member]:
    household, me = opened(view, shop, household_id, customer_id=customer_id)
    if not me.may_change:
        raise Denied("only_looking", "you may look at this cart, not change it")
    return household, me


def _cart(view: Connection, shop: str, customer_id: int) -> StoredCart:
    owner = customer_owner(customer_id)
    return carts.open_cart(view, shop, owner) or new_cart(owner)


def _by(me: Member) -> str:
    return f"member:{me.customer_id}"
