"""Sweeps in the database: how far each has come, and up to when each resource is known."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, String, Table, Text, select, update

from handcart.errors import NotFound, StaleWrite
from handcart.storage import UtcDateTime, metadata
from handcart.storage.upsert import upsert

sweeps = Table(
    "sweeps",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("sweep_id", String(32), primary_key=True),
    Column("resource", String(60), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("pages", Integer, nullable=False),
    Column("after", Text),
    Column("found", Integer, nullable=False),
    Column("repaired", Integer, nullable=False),
    Column("newest", UtcDateTime),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_sweeps_started", "started_at"),
)

# Everything that the platform says changed before ``known_until`` has been looked at.
sweep_cursors = Table(
    "sweep_cursors",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("resource", String(60), primary_key=True),
    Column("known_until", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One pass over what changed between ``since`` and ``until`` (None: up to now).

    ``pages`` have been read and ``after`` asks for the next; ``found`` is how many things they
    held, ``repaired`` how many of those the webhooks had not told, ``newest`` when the last of
    them changed, by the platform's clock.
    """

    shop: str
    sweep_id: str
    resource: str
    since: datetime
    until: datetime | None
    pages: int
    after: str | None
    found: int
    repaired: int
    newest: datetime | None
    started_at: datetime
    ended_at: datetime | None


def add(
    work: Connection,
    shop: str,
    resource: str,
    *,
    since: datetime,
    until: datetime | None,
    at: datetime,
) -> Sweep:
    """A new sweep that has read nothing yet."""
    new = Sweep(
        shop, uuid.uuid4().hex, resource, since, until, 0, None, 0, 0, None, at, ended_at=None
    )
    work.execute(sweeps.insert().values(**_row(new)))
    return new


def get(view: Connection, shop: str, sweep_id: str) -> Sweep:
    """One sweep; raises NotFound."""
    row = view.execute(
        select(sweeps).where(sweeps.c.shop == shop, sweeps.c.sweep_id == sweep_id)
    ).one_or_none()
    if row is None:
        raise NotFound("sweep_unknown", "there is no such sweep")
    return Sweep(**row._mapping)


def of_shop(view: Connection, shop: str) -> tuple[Sweep, ...]:
    """Every sweep that is kept of a shop, the newest first."""
    rows = view.execute(
        select(sweeps).where(sweeps.c.shop == shop).order_by(sweeps.c.started_at.desc())
    )
    return tuple(Sweep(**row._mapping) for row in rows)


def save(work: Connection, now: Sweep, *, was: Sweep) -> None:
    """Replace ``was``; raises StaleWrite when somebody else has read its next page meanwhile."""
    done = work.execute(
        update(sweeps)
        .where(
            sweeps.c.shop == was.shop,
            sweeps.c.sweep_id == was.sweep_id,
            sweeps.c.pages == was.pages,
        )
        .values(_row(now))
    )
    if not done.rowcount:
        raise StaleWrite("the sweep")


def known_until(view: Connection, shop: str, resource: str) -> datetime | None:
    """Up to when the resource has been swept; None when it never was."""
    row = sweep_cursors.c
    found: datetime | None = view.scalar(
        select(row.known_until).where(row.shop == shop, row.resource == resource)
    )
    return found


def know_until(work: Connection, shop: str, resource: str, moment: datetime) -> None:
    """Move the cursor on; it never goes back."""
    row = sweep_cursors.c
    work.execute(
        upsert(work, sweep_cursors)
        .values(shop=shop, resource=resource, known_until=moment)
        .on_conflict_do_update(
            index_elements=[row.shop, row.resource],
            set_={"known_until": moment},
            where=row.known_until < moment,
        )
    )


def _row(one: Sweep) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}
