"""Which mails were sent; to whom is nowhere kept."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Index, String, Table, select

from ..storage import UtcDateTime, metadata

mails = Table(
    "mails",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("mail_id", String(64), primary_key=True),
    Column("pickup_id", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    # sent, refused (by the server, for good), nobody (the order has no address)
    Column("end", String(20), nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Index("ix_mails_pickup", "shop", "pickup_id"),
)


def end_of(view: Connection, shop: str, mail_id: str) -> str | None:
    """How the mail ended; None while it has not."""
    found: str | None = view.execute(
        select(mails.c.end).where(mails.c.shop == shop, mails.c.mail_id == mail_id)
    ).scalar_one_or_none()
    return found
