"""What is known of platform carts, in the database: each of them a browser's, or a till's.

Every write is guarded by the revision that was read, as those of carts are by their version.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    select,
    update,
)

from ..errors import StaleWrite
from ..storage import UtcDateTime, metadata
from ..storage.among import Lookup
from ..storage.upsert import insert_new
from .model import PlatformCart

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


# What every report runs is built once: building a statement costs as much as running it.
_SHOP: BindParameter[str] = bindparam("of_shop")
_TOKEN = select(cart_tokens).where(
    cart_tokens.c.shop == _SHOP, cart_tokens.c.token == bindparam("one")
)
_MINE = cart_tokens.c.shop, cart_tokens.c.token
_KNOWN = Lookup(select(*_MINE), *_MINE)
_SAVE_TOKEN = update(cart_tokens).where(
    cart_tokens.c.shop == _SHOP,
    cart_tokens.c.token == bindparam("one"),
    cart_tokens.c.revision == bindparam("was"),
)


def known_tokens(view: Connection, named: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """The shop and token of those platform carts that are known."""
    if not named:
        return set()
    return {(row.shop, row.token) for row in _KNOWN(view, named)}


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
        insert_new(work, cart_tokens, {"shop": shop, "token": stored.token, **values})
        return
    about = {"of_shop": shop, "one": stored.token, "was": stored.revision}
    if work.execute(_SAVE_TOKEN, {**values, **about}).rowcount != 1:
        raise StaleWrite("the platform cart")


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
