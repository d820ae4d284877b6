"""Households, their members and their links in the database.

Who has left is remembered, without access: a name in a cart must be found when it is to be
forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from ..storage import UtcDateTime, metadata
from ..storage.upsert import upsert
from .model import Household, Link, Member

households = Table(
    "households",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("household_id", String(32), primary_key=True),
    Column("owner_id", BigInteger, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ux_households_owner", "shop", "owner_id", unique=True),
)

household_members = Table(
    "household_members",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("household_id", String(32), primary_key=True),
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(80), nullable=False),
    Column("role", String(8), nullable=False),
    Column("replica", String(32), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Index("ix_household_members_customer", "shop", "customer_id"),
)

household_links = Table(
    "household_links",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("link_id", String(32), primary_key=True),
    Column("household_id", String(32), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("role", String(8), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ux_household_links_digest", "shop", "digest", unique=True),
    Index("ix_household_links_household", "shop", "household_id"),
)

_members = household_members.c


def digest_of(secret: str) -> str:
    """160 random bits need no salt."""
    return sha256(secret.encode()).hexdigest()


def add_household(
    work: Connection, shop: str, household_id: str, *, owner_id: int, at: datetime
) -> None:
    row = {"shop": shop, "household_id": household_id, "owner_id": owner_id, "made_at": at}
    work.execute(insert(households).values(**row))


def find_household(view: Connection, shop: str, household_id: str) -> Household | None:
    one = (households.c.shop == shop) & (households.c.household_id == household_id)
    return _household(view, shop, one)


def owned_by(view: Connection, shop: str, owner_id: int) -> Household | None:
    """The household of this owner, be anybody in it or not."""
    one = (households.c.shop == shop) & (households.c.owner_id == owner_id)
    return _household(view, shop, one)


def households_with(
    view: Connection, shop: str, customer_id: int, *, left: bool = False
) -> list[Household]:
    """Those this customer has access to, oldest first; with ``left`` those they ever had, too."""
    mine = (_members.shop == shop) & (_members.customer_id == customer_id)
    if not left:
        mine &= _members.left_at.is_(None)
    ids = view.execute(
        select(_members.household_id).where(mine).order_by(_members.joined_at)
    ).scalars()
    found = [find_household(view, shop, household_id) for household_id in list(ids)]
    return [one for one in found if one is not None]


def add_member(
    work: Connection, shop: str, household_id: str, member: Member, *, at: datetime
) -> None:
    """The member has access from now on, whether or not they ever had it before."""
    values = {
        "name": member.name,
        "role": member.role,
        "replica": member.replica,
        "joined_at": at,
        "left_at": None,
    }
    one = {"shop": shop, "household_id": household_id, "customer_id": member.customer_id}
    work.execute(
        upsert(work, household_members)
        .values(**one, **values)
        .on_conflict_do_update(index_elements=list(household_members.primary_key), set_=values)
    )


def change_member(
    work: Connection, shop: str, household_id: str, customer_id: int, **values: Any
) -> None:
    one = (_members.shop == shop) & (_members.household_id == household_id)
    one &= _members.customer_id == customer_id
    work.execute(update(household_members).where(one).values(**values))


def end_household(work: Connection, shop: str, household_id: str, *, at: datetime) -> None:
    """Nobody has access any more, and no link leads in."""
    one = (_members.shop == shop) & (_members.household_id == household_id)
    here = one & _members.left_at.is_(None)
    work.execute(update(household_members).where(here).values(left_at=at))
    drop_links(work, shop, household_id)


def add_link(work: Connection, shop: str, link: Link, *, secret: str) -> None:
    work.execute(
        insert(household_links).values(
            shop=shop,
            link_id=link.link_id,
            household_id=link.household_id,
            digest=digest_of(secret),
            role=link.role,
            made_at=link.made_at,
            expires_at=link.expires_at,
        )
    )


def find_link(view: Connection, shop: str, secret: str, *, at: datetime) -> Link | None:
    """The link of this secret, as long as it is good."""
    row = household_links.c
    one = (row.shop == shop) & (row.digest == digest_of(secret)) & (row.expires_at > at)
    found = view.execute(select(household_links).where(one)).one_or_none()
    return _link(found) if found else None


def links_of(view: Connection, shop: str, household_id: str, *, at: datetime) -> list[Link]:
    """The links that are good, the newest first."""
    row = household_links.c
    good = (row.shop == shop) & (row.household_id == household_id) & (row.expires_at > at)
    query = select(household_links).where(good).order_by(row.made_at.desc(), row.link_id)
    return [_link(one) for one in view.execute(query)]


def drop_links(
    work: Connection, shop: str, household_id: str, *, link_id: str | None = None
) -> None:
    """This link leads nowhere any more; every link of the household without ``link_id``."""
    row = household_links.c
    mine = (row.shop == shop) & (row.household_id == household_id)
    if link_id is not None:
        mine &= row.link_id == link_id
    work.execute(delete(household_links).where(mine))


def delete_member(work: Connection, shop: str, customer_id: int) -> None:
    """Nothing says any more that this customer was ever in a household."""
    mine = (_members.shop == shop) & (_members.customer_id == customer_id)
    work.execute(delete(household_members).where(mine))


def delete_household(work: Connection, shop: str, household_id: str) -> None:
    for table in (household_links, household_members, households):
        one = (table.c.shop == shop) & (table.c.household_id == household_id)
        work.execute(delete(table).where(one))


def memberships(view: Connection, shop: str, customer_id: int) -> Sequence[Any]:
    """Every row of a customer, with ``owner_id``, and ``left_at`` where they have left."""
    both = household_members.join(
        households,
        (households.c.shop == _members.shop) & (households.c.household_id == _members.household_id),
    )
    query = select(household_members, households.c.owner_id).select_from(both)
    mine = (_members.shop == shop) & (_members.customer_id == customer_id)
    return view.execute(query.where(mine).order_by(_members.joined_at)).all()


def move_owner(work: Connection, shop: str, household_id: str, owner_id: int) -> None:
    one = (households.c.shop == shop) & (households.c.household_id == household_id)
    work.execute(update(households).where(one).values(owner_id=owner_id))


def _household(view: Connection, shop: str, which: Any) -> Household | None:
    row = view.execute(select(households).where(which)).one_or_none()
    if row is None:
        return None
    here = (_members.shop == shop) & (_members.household_id == row.household_id)
    query = select(household_members).where(here & _members.left_at.is_(None))
    rows = view.execute(query.order_by(_members.joined_at, _members.customer_id))
    found = [
        Member(one.customer_id, one.name, one.role, one.replica, one.joined_at) for one in rows
    ]
    found.sort(key=lambda member: member.customer_id != row.owner_id)
    return Household(row.household_id, row.owner_id, tuple(found))


def _link(row: Any) -> Link:
    return Link(row.link_id, row.household_id, row.role, row.made_at, row.expires_at)
