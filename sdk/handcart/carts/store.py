"""Carts and what is known of platform carts, in the database.

Every write is guarded by the version that was read: who comes second raises StaleWrite, and tries
again from the start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    select,
    text,
    update,
)

from ..errors import StaleWrite
from ..storage import UtcDateTime, metadata
from ..storage.among import among
from ..storage.upsert import upsert
from .goods import Known
from .handoffs import handoffs
from .history import cart_changes
from .model import Adopted, Cart, PlatformCart

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

cart_tokens = Table(
    "cart_tokens",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("token", String(255), primary_key=True),
    Column("key_digest", String(64), nullable=False),
    Column("device_id", String(32)),
    Column("cart_id", String(32)),
    Column("memory", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("left_cart_id", String(32)),
    Column("left_keys", JSON, nullable=False),
    Column("left_at", UtcDateTime),
    Column("sealed_at", UtcDateTime),
    Column("reported_at", UtcDateTime, nullable=False),
    Index("ix_cart_tokens_device", "shop", "device_id"),
    Index("ix_cart_tokens_cart", "shop", "cart_id"),
)

cart_orders = Table(
    "cart_orders",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("cart_id", String(32)),
    Column("token", String(255), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("given_back_at", UtcDateTime),
    Index("ix_cart_orders_cart", "shop", "cart_id"),
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


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A platform cart: whose browser shows it, which cart of ours it is part of, what it knows.

    ``left_*`` say which cart's lines it showed before it was cleared; ``revision`` is 0 for one
    that is not in the database yet.
    """

    token: str
    key_digest: str
    device_id: str | None
    cart_id: str | None
    memory: PlatformCart
    revision: int
    left_cart_id: str | None
    left_keys: frozenset[str]
    left_at: datetime | None
    sealed_at: datetime | None
    reported_at: datetime


def known_tokens(view: Connection, named: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """The shop and token of those platform carts that are known."""
    if not named:
        return set()
    mine = cart_tokens.c.shop, cart_tokens.c.token
    found = view.execute(select(*mine).where(among(view, mine, named)))
    return {(row.shop, row.token) for row in found}


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
_TOKEN = select(cart_tokens).where(
    cart_tokens.c.shop == _SHOP, cart_tokens.c.token == bindparam("one")
)
_SAVE_TOKEN = update(cart_tokens).where(
    cart_tokens.c.shop == _SHOP,
    cart_tokens.c.token == bindparam("one"),
    cart_tokens.c.revision == bindparam("was"),
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


def find_token(view: Connection, shop: str, token: str) -> StoredToken | None:
    found = view.execute(_TOKEN, {"of_shop": shop, "one": token}).one_or_none()
    return _stored_token(found) if found else None


def tokens_of_device(view: Connection, shop: str, device_id: str) -> list[StoredToken]:
    """Every platform cart this device has shown, latest report first."""
    mine = (cart_tokens.c.shop == shop) & (cart_tokens.c.device_id == device_id)
    latest = cart_tokens.c.reported_at.desc()
    query = select(cart_tokens).where(mine).order_by(latest, cart_tokens.c.token).limit(20)
    return [_stored_token(row) for row in view.execute(query)]


def save_token(work: Connection, shop: str, stored: StoredToken) -> None:
    """Store what is known of the platform cart; raises StaleWrite."""
    values = _token_values(stored)
    if stored.revision == 0:
        _insert(work, cart_tokens, {"shop": shop, "token": stored.token, **values})
        return
    about = {"of_shop": shop, "one": stored.token, "was": stored.revision}
    if work.execute(_SAVE_TOKEN, {**values, **about}).rowcount != 1:
        raise StaleWrite("the platform cart")


def add_order(
    work: Connection,
    shop: str,
    order_id: int,
    *,
    cart_id: str | None,
    token: str,
    lines: Mapping[str, int],
    at: datetime,
) -> None:
    """Remember that this order has left its cart; raises StaleWrite when it is known already."""
    row = {"shop": shop, "order_id": order_id, "cart_id": cart_id, "token": token}
    _insert(work, cart_orders, {**row, "lines": dict(lines), "sealed_at": at})


def knows_order(view: Connection, shop: str, order_id: int) -> bool:
    one = (cart_orders.c.shop == shop) & (cart_orders.c.order_id == order_id)
    return view.execute(select(cart_orders.c.order_id).where(one)).first() is not None


def orders_elsewhere(
    view: Connection, shop: str, stored: StoredToken, cart_id: str
) -> list[Mapping[str, int]]:
    """The lines of each order that left this cart by another platform cart since the last report
    of this one.
    """
    row = cart_orders.c
    new = (row.shop == shop) & (row.cart_id == cart_id) & (row.sealed_at > stored.reported_at)
    query = select(row.lines).where(new & (row.token != stored.token))
    return list(view.execute(query).scalars())


def sealed_cart(view: Connection, shop: str, order_id: int) -> str | None:
    """The cart that an order has left; None when there is none or it was given back already."""
    columns = (cart_orders.c.cart_id, cart_orders.c.given_back_at)
    one = (cart_orders.c.shop == shop) & (cart_orders.c.order_id == order_id)
    row = view.execute(select(*columns).where(one)).one_or_none()
    return row.cart_id if row and row.given_back_at is None else None


def mark_given_back(work: Connection, shop: str, order_id: int, *, at: datetime) -> None:
    """Once for each order; raises StaleWrite for the second."""
    one = (cart_orders.c.shop == shop) & (cart_orders.c.order_id == order_id)
    first = one & cart_orders.c.given_back_at.is_(None)
    if work.execute(update(cart_orders).where(first).values(given_back_at=at)).rowcount != 1:
        raise StaleWrite("the order")


def carts_of(view: Connection, shop: str, owner: str) -> list[Mapping[str, Any]]:
    """Every cart an owner ever had here, and every guest's cart that went into one of them."""
    mine = _carts_of(shop, owner)
    query = select(carts).where(mine).order_by(carts.c.created_at, carts.c.cart_id)
    return [dict(row) for row in view.execute(query).mappings()]


def delete_carts_of(work: Connection, shop: str, owner: str) -> int:
    """Nothing is left of an owner's carts, nor of the platform carts that showed them.

    Returns how many carts there were.
    """
    query = select(carts.c.cart_id).where(_carts_of(shop, owner))
    ids = list(work.execute(query).scalars())
    for table in (cart_tokens, cart_orders, cart_changes, handoffs, carts):
        work.execute(delete(table).where((table.c.shop == shop) & table.c.cart_id.in_(ids)))
    left = (cart_tokens.c.shop == shop) & cart_tokens.c.left_cart_id.in_(ids)
    work.execute(update(cart_tokens).where(left).values(left_cart_id=None, left_keys=[]))
    return len(ids)


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


def _carts_of(shop: str, owner: str) -> Any:
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
    _insert(work, carts, {**row, **values, "version": 1, "status": "open"})


def _update_cart(
    work: Connection, shop: str, stored: StoredCart, values: Mapping[str, Any]
) -> None:
    about = {"of_shop": shop, "one": stored.cart_id, "was": stored.version}
    if work.execute(_SAVE_CART, {**values, **about}).rowcount != 1:
        raise StaleWrite("the cart")


def _insert(work: Connection, table: Table, row: Mapping[str, Any]) -> None:
    made = work.execute(upsert(work, table).values(**row).on_conflict_do_nothing())
    if not made.rowcount:
        raise StaleWrite(f"a row of {table.name}")


def _token_values(stored: StoredToken) -> dict[str, Any]:
    return {
        "key_digest": stored.key_digest,
        "device_id": stored.device_id,
        "cart_id": stored.cart_id,
        "memory": stored.memory.to_json(),
        "revision": stored.revision + 1,
        "left_cart_id": stored.left_cart_id,
        "left_keys": sorted(stored.left_keys),
        "left_at": stored.left_at,
        "sealed_at": stored.sealed_at,
        "reported_at": stored.reported_at,
    }


def _stored_token(row: Any) -> StoredToken:
    return StoredToken(
        token=row.token,
        key_digest=row.key_digest,
        device_id=row.device_id,
        cart_id=row.cart_id,
        memory=PlatformCart.from_json(row.memory),
        revision=row.revision,
        left_cart_id=row.left_cart_id,
        left_keys=frozenset(row.left_keys),
        left_at=row.left_at,
        sealed_at=row.sealed_at,
        reported_at=row.reported_at,
    )
