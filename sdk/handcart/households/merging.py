"""Two customers who turn out to be one, in their households."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from ..carts import store as carts
from ..carts.history import rewrite_author
from ..shoppers.model import customer_owner
from . import store
from .model import Household, Role


def merge_customer(
    work: Connection, shop: str, *, kept_id: int, gone_id: int, at: datetime
) -> None:
    """Who is gone is the other one in every household: with the role that may do more.

    Where both owned one, the members of both share the cart that is left, and the links of the
    one that ends lead nowhere.
    """
    owned = store.owned_by(work, shop, gone_id)
    if owned is not None:
        _move_household(work, shop, owned, kept_id, at=at)
    for household in store.households_with(work, shop, gone_id, left=True):
        _rename_member(work, shop, household, was=gone_id, now=kept_id, at=at)
    store.delete_member(work, shop, gone_id)


def _move_household(
    work: Connection, shop: str, owned: Household, kept_id: int, *, at: datetime
) -> None:
    """The household's owner is ``kept_id``; it goes into the one that they have already."""
    into = store.owned_by(work, shop, kept_id)
    if into is None:
        store.move_owner(work, shop, owned.household_id, kept_id)
        return
    if owned.members and not into.members:
        me = replace(owned.members[0], customer_id=kept_id)
        store.add_member(work, shop, into.household_id, me, at=at)
    for member in owned.members:
        if member.customer_id not in {owned.owner_id, kept_id} and not into.member(
            member.customer_id
        ):
            store.add_member(work, shop, into.household_id, member, at=member.joined_at)
    store.delete_household(work, shop, owned.household_id)


def _rename_member(
    work: Connection, shop: str, household: Household, *, was: int, now: int, at: datetime
) -> None:
    gone, kept = household.member(was), household.member(now)
    owns = household.owner_id == now
    if gone is not None and (kept is None or owns or kept.role == "viewer"):
        role: Role = "owner" if owns else gone.role
        me = replace(kept or gone, customer_id=now, role=role)
        store.add_member(work, shop, household.household_id, me, at=me.joined_at)
    cart = carts.open_cart(work, shop, customer_owner(household.owner_id))
    if cart is not None:
        carts.rename_author(work, shop, cart, was, now)
        if owns:
            cart = carts.open_cart(work, shop, customer_owner(now)) or cart
            carts.rename_author(work, shop, cart, now, None)
        rewrite_author(work, shop, cart.cart_id, was=f"member:{was}", now=f"member:{now}")
