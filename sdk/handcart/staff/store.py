"""The table of the staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, String, Table, select, update

from ..storage import UtcDateTime, metadata
from ..storage.upsert import upsert
from .model import Member, Role

staff = Table(
    "staff",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(80), nullable=False),
    Column("role", String(20)),
    Column("seen_at", UtcDateTime, nullable=False),
)


def add(work: Connection, shop: str, user_id: int, *, at: datetime) -> None:
    """Somebody is known from now on; nothing changes when they were."""
    row = {"shop": shop, "user_id": user_id, "name": "", "seen_at": at}
    work.execute(upsert(work, staff).values(row).on_conflict_do_nothing())


def give(work: Connection, shop: str, user_id: int, *, role: Role, name: str | None = None) -> None:
    """The member's role; their name stays unless one is given."""
    changed = {"role": role.value} | ({} if name is None else {"name": name})
    work.execute(
        update(staff).where(staff.c.shop == shop, staff.c.user_id == user_id).values(changed)
    )


def members(view: Connection, shop: str) -> tuple[Member, ...]:
    """Everybody who was seen, in the order of their ids."""
    found = view.execute(select(staff).where(staff.c.shop == shop).order_by(staff.c.user_id))
    return tuple(
        Member(row.user_id, row.name, Role(row.role) if row.role else None, row.seen_at)
        for row in found
    )
