"""Handoffs in the database: a cart on its way to another device, or to the till.

The secret of a link is known to who made it and who opens it; we keep its hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Connection, Index, String, Table, insert, select, update

from ..errors import StaleWrite
from ..storage import UtcDateTime, metadata

# Staff may look again for an hour after the code has run out.
_KEPT = timedelta(hours=2)

handoffs = Table(
    "cart_handoffs",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("handoff_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("cart_id", String(32), nullable=False),
    Column("token", String(255), nullable=False),
    Column("state", String(12), nullable=False),
    Column("check", String(4), nullable=False),
    Column("claimed_by", String(80)),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ux_cart_handoffs_digest", "shop", "digest", unique=True),
    Index("ix_cart_handoffs_cart", "shop", "cart_id"),
)


@dataclass(frozen=True, slots=True)
class Handoff:
    """``state``: open → asked → confirmed | refused → given. ``check`` is shown on both devices.

    ``token`` is the platform cart that it was made in, ``claimed_by`` who opened the link:
    ``device:ID`` or ``staff:ID``.
    """

    handoff_id: str
    cart_id: str
    token: str
    state: str
    check: str
    claimed_by: str | None
    expires_at: datetime


def digest_of(secret: str) -> str:
    """160 random bits need no salt."""
    return sha256(secret.encode()).hexdigest()


def add_handoff(
    work: Connection, shop: str, handoff: Handoff, *, secret: str, at: datetime
) -> None:
    work.execute(
        insert(handoffs).values(
            shop=shop,
            handoff_id=handoff.handoff_id,
            digest=digest_of(secret),
            cart_id=handoff.cart_id,
            token=handoff.token,
            state=handoff.state,
            check=handoff.check,
            made_at=at,
            expires_at=handoff.expires_at,
        )
    )


def find_by_secret(view: Connection, shop: str, secret: str) -> Handoff | None:
    return _one(view, (handoffs.c.shop == shop) & (handoffs.c.digest == digest_of(secret)))


def find_by_id(view: Connection, shop: str, handoff_id: str) -> Handoff | None:
    return _one(view, (handoffs.c.shop == shop) & (handoffs.c.handoff_id == handoff_id))


def move(
    work: Connection, shop: str, handoff: Handoff, state: str, *, claimed_by: str | None = None
) -> None:
    """The handoff goes on to ``state``; raises StaleWrite when somebody else moved it first."""
    one = (handoffs.c.shop == shop) & (handoffs.c.handoff_id == handoff.handoff_id)
    values: dict[str, Any] = {"state": state}
    if claimed_by is not None:
        values["claimed_by"] = claimed_by
    unmoved = one & (handoffs.c.state == handoff.state)
    if work.execute(update(handoffs).where(unmoved).values(**values)).rowcount != 1:
        raise StaleWrite("the handoff")


def _one(view: Connection, which: Any) -> Handoff | None:
    row = view.execute(select(handoffs).where(which)).one_or_none()
    if row is None:
        return None
    return Handoff(
        row.handoff_id,
        row.cart_id,
        row.token,
        row.state,
        row.check,
        row.claimed_by,
        row.expires_at,
    )
