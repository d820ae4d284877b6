"""The installations table, and the lease under which one process at a time asks for tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from ..errors import NotInstalled
from ..storage import UtcDateTime, metadata
from ..storage.among import Lookup
from ..storage.upsert import upsert
from .model import Installation, Shop

installations = Table(
    "installations",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("sealed_access", Text),
    Column("sealed_refresh", Text),
    Column("expires_at", UtcDateTime),
    Column("refresh_expires_at", UtcDateTime),
    Column("scopes", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("installed_at", UtcDateTime, nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("uninstalled_at", UtcDateTime),
    Column("renewed_by", String(20), nullable=False, server_default="refresh_token"),
    Column("scopes_at", UtcDateTime),
    # Null for shops from before the column: then it is installed_at.
    Column("first_installed_at", UtcDateTime),
)
_LIVE = Lookup(
    select(installations.c.shop).where(installations.c.uninstalled_at.is_(None)),
    installations.c.shop,
)

token_leases = Table(
    "token_leases",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# Longer than the slowest token request with its retries.
LEASE = timedelta(seconds=60)

_COLUMNS = [
    installations.c[name]
    for name in (
        "shop",
        "sealed_access",
        "sealed_refresh",
        "expires_at",
        "refresh_expires_at",
        "scopes",
        "generation",
        "installed_at",
        "granted_at",
        "uninstalled_at",
        "renewed_by",
        "scopes_at",
    )
]


def find(view: Connection, shop: str) -> Installation | None:
    row = view.execute(select(*_COLUMNS).where(installations.c.shop == shop)).one_or_none()
    return None if row is None else Installation(**row._mapping)


def find_shop(view: Connection, shop: str) -> Shop | None:
    kept = installations.c
    columns = (kept.name, kept.time_zone, kept.currency, kept.installed_at)
    row = view.execute(select(*columns).where(kept.shop == shop)).one_or_none()
    return None if row is None else Shop(domain=shop, **row._mapping)


def live_among(view: Connection, shops: Collection[str]) -> set[str]:
    """Those of the shops that have the app installed."""
    return set(_LIVE(view, [(shop,) for shop in shops]).scalars())


def first_installed_at(view: Connection, shop: str) -> datetime:
    """When the shop first came, as far as anything of it is kept; raises NotInstalled."""
    kept = installations.c
    row = view.execute(
        select(kept.first_installed_at, kept.installed_at).where(kept.shop == shop)
    ).one_or_none()
    if row is None:
        raise NotInstalled(shop)
    first: datetime = row.first_installed_at or row.installed_at
    return first


def live_shops(view: Connection) -> Sequence[str]:
    """Every shop that has not removed the app, in order of its domain."""
    kept = installations.c
    live = select(kept.shop).where(kept.uninstalled_at.is_(None)).order_by(kept.shop)
    return list(view.scalars(live))


def left_before(view: Connection, at: datetime) -> list[tuple[str, datetime]]:
    """The shops that removed the app before then, and when."""
    kept = installations.c
    left = select(kept.shop, kept.uninstalled_at).where(kept.uninstalled_at <= at)
    return [(row.shop, row.uninstalled_at) for row in view.execute(left.order_by(kept.shop))]


def live(view: Connection) -> tuple[Shop, ...]:
    """The same, as they were last described."""
    kept = installations.c
    columns = (kept.shop, kept.name, kept.time_zone, kept.currency, kept.installed_at)
    rows = view.execute(select(*columns).where(kept.uninstalled_at.is_(None)).order_by(kept.shop))
    return tuple(Shop(*row) for row in rows)


def add(work: Connection, shop: str, *, at: datetime, **columns: Any) -> None:
    """A new installation; what it is called and where it lies is not known yet."""
    unknown = {"name": shop.partition(".")[0], "time_zone": "UTC", "currency": "XXX"}
    work.execute(
        insert(installations).values(
            shop=shop,
            generation=1,
            installed_at=at,
            first_installed_at=at,
            **unknown,
            **columns,
        )
    )


def change(work: Connection, was: Installation, **columns: Any) -> bool:
    """Write ``columns`` if the tokens are still those of ``was``; False when they are not."""
    changed = work.execute(
        update(installations)
        .where(
            installations.c.shop == was.shop,
            installations.c.generation == was.generation,
        )
        .values(generation=was.generation + 1, **columns)
    )
    return changed.rowcount == 1


def amend(work: Connection, was: Installation, **columns: Any) -> bool:
    """The same, for what does not make other tokens of them: a renewal under way goes on."""
    changed = work.execute(
        update(installations)
        .where(
            installations.c.shop == was.shop,
            installations.c.generation == was.generation,
        )
        .values(**columns)
    )
    return changed.rowcount == 1


def end(work: Connection, shop: str, *, happened_at: datetime) -> bool:
    """Forget the tokens, unless they were granted after ``happened_at`` or are gone already."""
    changed = work.execute(
        update(installations)
        .where(
            installations.c.shop == shop,
            installations.c.uninstalled_at.is_(None),
            installations.c.granted_at <= happened_at,
        )
        .values(
            uninstalled_at=happened_at,
            generation=installations.c.generation + 1,
            sealed_access=None,
            sealed_refresh=None,
            expires_at=None,
            refresh_expires_at=None,
        )
    )
    return changed.rowcount == 1


def describe(work: Connection, shop: str, *, name: str, time_zone: str, currency: str) -> None:
    work.execute(
        update(installations)
        .where(installations.c.shop == shop)
        .values(name=name, time_zone=time_zone, currency=currency)
    )


def count_rows(view: Connection, shop: str) -> dict[str, int]:
    """How many rows the shop has in each table that has any of it, by the table's name."""
    counted = {
        table.name: view.scalar(select(func.count()).select_from(table).where(table.c.shop == shop))
        for table in metadata.sorted_tables
        if "shop" in table.c
    }
    return {name: count for name, count in counted.items() if count}


def erase(work: Connection, shop: str) -> None:
    """Delete every row of the shop in every table that knows shops."""
    for table in reversed(metadata.sorted_tables):
        if "shop" in table.c:
            work.execute(delete(table).where(table.c.shop == shop))


def take_lease(work: Connection, shop: str, *, holder: str, at: datetime) -> bool:
    """True when ``holder`` alone may ask for the shop's tokens until the lease ends."""
    lease = token_leases.c
    free = or_(lease.until <= at, lease.holder == holder)
    taken = work.execute(
        update(token_leases).where(lease.shop == shop, free).values(holder=holder, until=at + LEASE)
    )
    return taken.rowcount == 1 or _first_lease(work, shop, holder=holder, at=at)


def drop_lease(work: Connection, shop: str, *, holder: str) -> None:
    lease = token_leases.c
    work.execute(delete(token_leases).where(lease.shop == shop, lease.holder == holder))


def drop_all_leases(work: Connection) -> None:
    """Nobody asks for tokens any more; only for the one process of an embedded database."""
    work.execute(delete(token_leases))


def _first_lease(work: Connection, shop: str, *, holder: str, at: datetime) -> bool:
    lease = {"shop": shop, "holder": holder, "until": at + LEASE}
    made = work.execute(upsert(work, token_leases).values(**lease).on_conflict_do_nothing())
    return made.rowcount == 1
