"""What happened to a cart, change by change, as its shopper and the staff may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from ..storage import UtcDateTime, metadata
from .cart import Cart
from .line import item_to_json

# Of a cart that lives for years only the newest changes are kept.
KEPT = 100

cart_changes = Table(
    "cart_changes",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("cart_id", String(32), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(80), nullable=False),
    Column("lines", JSON, nullable=False),
    Index("ix_cart_changes_at", "shop", "at"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """``by`` is ``device:ID``, ``order:ID``, ``member:CUSTOMER``, ``return:ORDER``, ``handoff:ID``…

    Each of ``lines`` is an item with its quantity ``before`` and ``now``, and with ``list`` being
    ``saved`` if it is about the list for later.
    """

    version: int
    at: datetime
    by: str
    lines: Sequence[Mapping[str, Any]]


def write_down(
    work: Connection,
    shop: str,
    cart_id: str,
    change: Change,
) -> None:
    """The change is in the history; the oldest ones make room."""
    row = {"shop": shop, "cart_id": cart_id, "version": change.version}
    more = {"at": change.at, "by": change.by, "lines": list(change.lines)}
    work.execute(insert(cart_changes).values(**row, **more))
    if change.version % 10 == 0:
        one = (cart_changes.c.shop == shop) & (cart_changes.c.cart_id == cart_id)
        old = cart_changes.c.version <= change.version - KEPT
        work.execute(delete(cart_changes).where(one & old))


def history(view: Connection, shop: str, cart_id: str, *, newest: int = 20) -> list[Change]:
    """The newest changes of a cart, the last one first."""
    one = (cart_changes.c.shop == shop) & (cart_changes.c.cart_id == cart_id)
    query = select(cart_changes).where(one).order_by(cart_changes.c.version.desc()).limit(newest)
    return [Change(row.version, row.at, row.by, row.lines) for row in view.execute(query)]


def rewrite_author(work: Connection, shop: str, cart_id: str, *, was: str, now: str) -> None:
    """What ``was`` did was done by ``now``."""
    one = (cart_changes.c.shop == shop) & (cart_changes.c.cart_id == cart_id)
    work.execute(update(cart_changes).where(one & (cart_changes.c.by == was)).values(by=now))


def rewrite_lines(
    work: Connection, shop: str, cart_id: str, version: int, lines: Sequence[Mapping[str, Any]]
) -> None:
    """That change was of these lines."""
    one = (cart_changes.c.shop == shop) & (cart_changes.c.cart_id == cart_id)
    one &= cart_changes.c.version == version
    work.execute(update(cart_changes).where(one).values(lines=list(lines)))


def differences(was: Cart, now: Cart, *, of: str = "cart") -> list[dict[str, Any]]:
    """Every line that shows another quantity than before."""
    items = {line.item.key: line.item for cart in (was, now) for line in cart.shown()}
    before, after = was.quantities(), now.quantities()
    mark = {} if of == "cart" else {"list": of}
    return [
        {
            **item_to_json(items[key]),
            "before": before.get(key, 0),
            "now": after.get(key, 0),
            **mark,
        }
        for key in sorted(items)
        if before.get(key, 0) != after.get(key, 0)
    ]
