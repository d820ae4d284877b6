"""Sharing a cart: begun, joined by a link, opened, left.

Every function that names a ``customer_id`` takes it from the platform's signed request. To
whoever is no member a household does not exist: NotFound, and nothing else is said.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..carts import store as carts
from ..carts.history import rewrite_author
from ..carts.tokens import new_name
from ..carts.words import forget_words
from ..errors import BadInput, Denied, NotFound, RuleBroken
from ..events import HouseholdJoined, HouseholdLeft
from ..shoppers.model import customer_owner
from ..storage import record
from . import store
from .model import (
    GOOD_FOR,
    LONGEST_NAME,
    MOST_LINKS,
    MOST_MEMBERS,
    Household,
    Link,
    Member,
    Role,
)

LINK_ROLES: tuple[Role, ...] = ("editor", "viewer")


def begin(work: Connection, shop: str, *, owner_id: int, name: str, at: datetime) -> Household:
    """The household of this customer's cart, which is a new one unless there is one already."""
    found = store.owned_by(work, shop, owner_id)
    if found is not None and found.members:
        return found
    household_id = found.household_id if found else uuid.uuid4().hex
    owner = Member(owner_id, _name(name), "owner", new_name(), at)
    if found is None:
        store.add_household(work, shop, household_id, owner_id=owner_id, at=at)
    store.add_member(work, shop, household_id, owner, at=at)
    return Household(household_id, owner_id, (owner,))


def mine(view: Connection, shop: str, customer_id: int) -> list[Household]:
    """Every household this customer has access to."""
    return store.households_with(view, shop, customer_id)


def opened(
    view: Connection, shop: str, household_id: str, *, customer_id: int
) -> tuple[Household, Member]:
    """The household and this member of it; raises NotFound for a stranger and for who has left."""
    household = store.find_household(view, shop, household_id)
    me = household.member(customer_id) if household else None
    if household is None or me is None:
        raise NotFound("household_unknown", "there is no such cart, or it is not shared with you")
    return household, me


def invite(
    work: Connection, shop: str, household_id: str, *, customer_id: int, role: str, at: datetime
) -> tuple[Link, str]:
    """A link that makes whoever opens it an editor or a viewer, and its secret, kept nowhere."""
    _owned(work, shop, household_id, customer_id)
    wanted = _link_role(role)
    if len(store.links_of(work, shop, household_id, at=at)) >= MOST_LINKS:
        raise RuleBroken("too_many_links", f"at most {MOST_LINKS} links at a time")
    secret = secrets.token_urlsafe(20)
    link = Link(uuid.uuid4().hex, household_id, wanted, at, at + GOOD_FOR)
    store.add_link(work, shop, link, secret=secret)
    return link, secret


def links(
    view: Connection, shop: str, household_id: str, *, customer_id: int, at: datetime
) -> list[Link]:
    """The links that still lead in, for the owner to see."""
    _owned(view, shop, household_id, customer_id)
    return store.links_of(view, shop, household_id, at=at)


def revoke(
    work: Connection, shop: str, household_id: str, link_id: str, *, customer_id: int
) -> None:
    """The link leads nowhere any more; whoever came by it stays."""
    _owned(work, shop, household_id, customer_id)
    store.drop_links(work, shop, household_id, link_id=link_id)


def invitation(view: Connection, shop: str, secret: str, *, at: datetime) -> tuple[str, Role]:
    """Who shares a cart by this link, and as what one would join; raises NotFound."""
    link, household = _invited(view, shop, secret, at)
    return household.members[0].name, link.role


def join(
    work: Connection, shop: str, secret: str, *, customer_id: int, name: str, at: datetime
) -> Household:
    """Whoever has the link is a member now. Somebody who is one already stays what they are."""
    link, household = _invited(work, shop, secret, at)
    if household.member(customer_id):
        return household
    if len(household.members) >= MOST_MEMBERS:
        raise RuleBroken("household_full", f"at most {MOST_MEMBERS} people share a cart")
    member = Member(customer_id, _name(name), link.role, new_name(), at)
    store.add_member(work, shop, household.household_id, member, at=at)
    fact = HouseholdJoined(household.household_id, customer_id, link.role)
    record(work, shop, fact, at=at, resource=f"household:{household.household_id}")
    return Household(household.household_id, household.owner_id, (*household.members, member))


def change_role(
    work: Connection, shop: str, household_id: str, member_id: int, *, customer_id: int, role: str
) -> None:
    """The owner makes a viewer an editor, or the other way round."""
    household = _owned(work, shop, household_id, customer_id)
    if household.member(member_id) is None or member_id == household.owner_id:
        raise NotFound("member_unknown", "nobody of that kind shares this cart")
    store.change_member(work, shop, household_id, member_id, role=_link_role(role))


def remove(
    work: Connection,
    shop: str,
    household_id: str,
    member_id: int,
    *,
    customer_id: int,
    at: datetime,
) -> None:
    """The member has no access any more; what they put in stays.

    Members may leave, and only the owner may send somebody away: then no link that is about leads
    back. When the owner leaves, the cart is the owner's alone again.
    """
    household, me = opened(work, shop, household_id, customer_id=customer_id)
    if member_id != customer_id and me.role != "owner":
        raise Denied("not_the_owner", "only who owns the cart may do that")
    if household.member(member_id) is None:
        return
    if member_id == household.owner_id:
        store.end_household(work, shop, household_id, at=at)
    else:
        store.change_member(work, shop, household_id, member_id, left_at=at)
        if me.role == "owner":
            store.drop_links(work, shop, household_id)
    left = HouseholdLeft(household_id, member_id)
    record(work, shop, left, at=at, resource=f"household:{household_id}")


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


def _owned(view: Connection, shop: str, household_id: str, customer_id: int) -> Household:
    household, me = opened(view, shop, household_id, customer_id=customer_id)
    if me.role != "owner":
        raise Denied("not_the_owner", "only who owns the cart may do that")
    return household


def _invited(view: Connection, shop: str, secret: str, at: datetime) -> tuple[Link, Household]:
    link = store.find_link(view, shop, secret, at=at)
    household = store.find_household(view, shop, link.household_id) if link else None
    if link is None or household is None or not household.members:
        raise NotFound("household_link_unknown", "this link is over; ask for a new one")
    return link, household


def _link_role(role: str) -> Role:
    for known in LINK_ROLES:
        if role == known:
            return known
    raise BadInput("role_unknown", "a link makes an editor or a viewer")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadInput("name_not_valid", f"a name has 1 to {LONGEST_NAME} letters")
    return name
