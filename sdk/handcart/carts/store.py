"""Carts in the database.

Every write is guarded by the version that was read: who comes second raises StaleWrite, and tries
again from the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    select,
    text,
    update,
)

from ..errors import StaleWrite
from ..storage import UtcDateTime, metadata
from ..storage.upsert import insert_new
from .goods import Known
from .model import Adopted, Cart

# Written out, not bound: only so does SQLite know that the partial index answers it.
_OPEN = text("status = 'open'")
# Nearly all carts were merged into none: counted in, they would make the index look useless.
_MERGED = text("merged_into IS NOT NULL")

carts = Table(
    "carts",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("cart_id", String(32), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("state", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("merged_into", String(32)),
    Column("receipt", JSON),
    Column("saved", JSON),
    Column("goods", JSON),
    # By line key, who put it in where it was not the owner: customer_id and name.
    Column("added_by", JSON),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(
        "ux_carts_open", "shop", "owner", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    ),
    Index(
        "ix_carts_merged_into",
        "shop",
        "merged_into",
        sqlite_where=_MERGED,
        postgresql_where=_MERGED,
    ),
    Index("ix_carts_updated", "shop", "updated_at", "status"),
)


@dataclass(frozen=True, slots=True)
class StoredCart:
    """``version`` is 0 for a cart that is not in the database yet.

    ``saved`` is the list for later, a cart of its own; ``goods`` is how the lines of both looked.
    ``added_by`` says by line key who else than the owner put a line in: customer_id and name.
    """

    cart_id: str
    owner: str
    cart: Cart
    version: int
    merged_into: str | None
    saved: Cart = field(default_factory=Cart)
    goods: Known = field(default_factory=dict)
    added_by: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def same_as(self, other: StoredCart) -> bool:
        """Whether there is nothing to store."""
        mine = (self.cart, self.saved, self.goods, self.added_by)
        return mine == (other.cart, other.saved, other.goods, other.added_by)


@dataclass(frozen=True, slots=True)
class Adoption:
    """A guest's cart that went into another one, and the receipt of it."""

    guest_cart_id: str
    receipt: tuple[Adopted, ...]
    at: datetime


# What every report runs is built once: building a statement costs as much as running it.
_SHOP: BindParameter[str] = bindparam("of_shop")
_CART = select(carts).where(carts.c.shop == _SHOP, carts.c.cart_id == bindparam("one"))
_OPEN_CART = select(carts).where(carts.c.shop == _SHOP, carts.c.owner == bindparam("one"), _OPEN)
_SAVE_CART = update(carts).where(
    carts.c.shop == _SHOP,
    carts.c.cart_id == bindparam("one"),
    carts.c.version == bindparam("was"),
)
# By cart and not by date: a cart has adopted few, and a shop has many in any half hour.
_ADOPTIONS = select(carts.c.cart_id, carts.c.receipt, carts.c.updated_at).where(
    carts.c.shop == _SHOP,
    carts.c.merged_into == bindparam("one"),
    carts.c.status == "merged",
)


def find_cart(view: Connection, shop: str, cart_id: str) -> StoredCart | None:
    return _cart(view, _CART, shop, cart_id)


def open_cart(view: Connection, shop: str, owner: str) -> StoredCart | None:
    """The one cart an owner has open."""
    return _cart(view, _OPEN_CART, shop, owner)


def save_cart(work: Connection, shop: str, stored: StoredCart, *, at: datetime) -> int:
    """Store the cart under the version after its own and return it; raises StaleWrite."""
    values = {
        "state": stored.cart.to_json(),
        "saved": stored.saved.to_json() if stored.saved.seen else None,
        "goods": dict(stored.goods),
        "added_by": dict(stored.added_by) or None,
        "updated_at": at,
    }
    version = stored.version + 1
    if stored.version == 0:
        _insert_cart(work, shop, stored, values, at=at)
        return version
    _update_cart(work, shop, stored, {**values, "version": version})
    return version


def close_cart(
    work: Connection,
    shop: str,
    stored: StoredCart,
    cart: Cart,
    *,
    merged_into: str,
    receipt: Sequence[Mapping[str, Any]],
    at: datetime,
) -> None:
    """The guest's cart is merged, for good; its lines and the receipt stay for an undo."""
    values = {
        "state": cart.to_json(),
        "status": "merged",
        "merged_into": merged_into,
        "receipt": list(receipt),
        "version": stored.version + 1,
        "updated_at": at,
    }
    _update_cart(work, shop, stored, values)


def adoptions(view: Connection, shop: str, cart_id: str, *, since: datetime) -> list[Adoption]:
    """What this cart has adopted since then and not given back, the latest first."""
    found = view.execute(_ADOPTIONS, {"of_shop": shop, "one": cart_id})
    late = sorted((row for row in found if row.updated_at >= since), key=_updated, reverse=True)
    return [
        Adoption(row.cart_id, tuple(Adopted.from_json(one) for one in row.receipt), row.updated_at)
        for row in late
    ]


def _updated(row: Any) -> datetime:
    at: datetime = row.updated_at
    return at


def mark_undone(work: Connection, shop: str, guest_cart_id: str) -> None:
    """The adoption was taken back; raises StaleWrite when somebody else was first."""
    one = (carts.c.shop == shop) & (carts.c.cart_id == guest_cart_id)
    merged = one & (carts.c.status == "merged")
    if work.execute(update(carts).where(merged).values(status="undone")).rowcount != 1:
        raise StaleWrite("the adoption")


def rename_owner(work: Connection, shop: str, was: str, now: str) -> None:
    mine = (carts.c.shop == shop) & (carts.c.owner == was)
    work.execute(update(carts).where(mine).values(owner=now))


def lead_on(work: Connection, shop: str, was: str, now: str) -> None:
    """Every cart that went into ``was`` went into ``now``, which is not to be undone any more."""
    through = (carts.c.shop == shop) & (carts.c.merged_into == was)
    work.execute(update(carts).where(through).values(merged_into=now, status="moved"))


def carts_of(view: Connection, shop: str, owner: str) -> list[Mapping[str, Any]]:
    """Every cart an owner ever had here, and every guest's cart that went into one of them."""
    mine = all_of(shop, owner)
    query = select(carts).where(mine).order_by(carts.c.created_at, carts.c.cart_id)
    return [dict(row) for row in view.execute(query).mappings()]


def rename_author(
    work: Connection, shop: str, stored: StoredCart, was: int, now: int | None
) -> None:
    """Lines that ``was`` put in were put in by ``now``, or by nobody in particular."""
    authors = stored.added_by.items()
    left = {key: who for key, who in authors if who["customer_id"] != was}
    if now is not None:
        left |= {k: {**who, "customer_id": now} for k, who in authors if who["customer_id"] == was}
    one = (carts.c.shop == shop) & (carts.c.cart_id == stored.cart_id)
    work.execute(update(carts).where(one).values(added_by=left or None))


def all_of(shop: str, owner: str) -> ColumnElement[bool]:
    """Those an owner ever had, and every guest's that went into one of them."""
    own = select(carts.c.cart_id).where((carts.c.shop == shop) & (carts.c.owner == owner))
    return (carts.c.shop == shop) & ((carts.c.owner == owner) | carts.c.merged_into.in_(own))


def _cart(view: Connection, query: Any, shop: str, one: str) -> StoredCart | None:
    row = view.execute(query, {"of_shop": shop, "one": one}).one_or_none()
    if row is None:
        return None
    return stored_cart(row)


def stored_cart(row: Any) -> StoredCart:
    """A row of ``carts``, read."""
    return StoredCart(
        row.cart_id,
        row.owner,
        Cart.from_json(row.state),
        row.version,
        row.merged_into,
        saved=Cart.from_json(row.saved) if row.saved else Cart(),
        goods=row.goods or {},
        added_by=row.added_by or {},
    )


def _insert_cart(
    work: Connection, shop: str, stored: StoredCart, values: Mapping[str, Any], *, at: datetime
) -> None:
    row = {"shop": shop, "cart_id": stored.cart_id, "owner": stored.owner, "created_at": at}
    insert_new(work, carts, {**row, **values, "version": 1, "status": "open"})


def _update_cart(
    work: Connection, shop: str, stored: StoredCart, values: Mapping[str, Any]
) -> None:
    about = {"of_shop": shop, "one": stored.cart_id, "was": stored.version}
    if work.execute(_SAVE_CART, {**values, **about}).rowcount != 1:
        raise StaleWrite("the cart")
