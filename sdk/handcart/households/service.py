"""Sharing a cart: begun, joined by a link, opened, left.

Every function that names a ``customer_id`` takes it from the platform's signed request. To
whoever is no member a household does not exist: NotFound, and nothing else is said.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from sqlalchemy import Connection

from ..carts.tokens import new_name
from ..errors import BadInput, Denied, NotFound, RuleBroken
from ..events import HouseholdJoined, HouseholdLeft
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
