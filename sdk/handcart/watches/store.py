"""Watches, and what is known of the variants that are watched, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    tuple_,
    update,
)

from ..errors import StaleWrite
from ..storage import UtcDateTime, metadata
from ..storage.upsert import upsert
from .model import Seen, Watch

watches = Table(
    "watches",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("watch_id", String(32), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("variant_id", BigInteger, nullable=False),
    Column("cheaper", Boolean, nullable=False),
    Column("scarce", Boolean, nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("told_scarce", Boolean, nullable=False),
    Column("locale", String(20), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("touched_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("cheaper_told_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Column("address", Text),
    Index("ux_watches_wish", "shop", "owner", "variant_id", unique=True),
    Index("ix_watches_variant", "shop", "variant_id"),
    Index("ix_watches_asked", "shop", "asked_at"),
    Index("ix_watches_touched", "touched_at"),
)

# Only variants that somebody watches: the rest of the catalogue is the platform's to know.
watched_variants = Table(
    "watched_variants",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("variant_id", BigInteger, primary_key=True, autoincrement=False),
    Column("product_id", BigInteger, nullable=False),
    Column("item_id", BigInteger),
    Column("title", Text, nullable=False),
    Column("handle", String(255), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("on_sale", Boolean, nullable=False),
    Column("price_since", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Index("ix_watched_variants_product", "shop", "product_id"),
    Index("ix_watched_variants_item", "shop", "item_id"),
)
_watch, _variant = watches.c, watched_variants.c


def find(view: Connection, shop: str, watch_id: str) -> Watch | None:
    found = _watches(view, (_watch.shop == shop) & (_watch.watch_id == watch_id))
    return found[0] if found else None


def of_owner(view: Connection, shop: str, owner: str) -> list[Watch]:
    """The newest first."""
    return _watches(view, (_watch.shop == shop) & (_watch.owner == owner))


def of_variant(view: Connection, shop: str, variant_id: int) -> list[Watch]:
    """Those that somebody stands by."""
    mine = (_watch.shop == shop) & (_watch.variant_id == variant_id)
    return _watches(view, mine & _watch.confirmed_at.is_not(None))


def count_unconfirmed(
    view: Connection, shop: str, *, since: datetime, owner: str | None = None
) -> int:
    """How many were asked for since then and nobody has confirmed."""
    mine = (_watch.shop == shop) & (_watch.asked_at >= since) & _watch.confirmed_at.is_(None)
    if owner is not None:
        mine &= _watch.owner == owner
    return view.scalar(select(func.count()).select_from(watches).where(mine)) or 0


def add(work: Connection, shop: str, watch: Watch) -> bool:
    """False, and nothing kept, when the owner has one of the variant by now."""
    new = upsert(work, watches).values(shop=shop, **asdict(watch)).on_conflict_do_nothing()
    return bool(work.execute(new).rowcount)


def save(work: Connection, shop: str, now: Watch, *, was: Watch) -> None:
    """Replace ``was``; raises StaleWrite when somebody else has changed it meanwhile."""
    mine = (_watch.shop == shop) & (_watch.watch_id == was.watch_id)
    unchanged = mine & (_watch.version == was.version) & (_watch.base == was.base)
    if not work.execute(update(watches).where(unchanged).values(**asdict(now))).rowcount:
        raise StaleWrite("the watch")


def touch(work: Connection, shop: str, owner: str, *, at: datetime) -> None:
    mine = (_watch.shop == shop) & (_watch.owner == owner)
    work.execute(update(watches).where(mine).values(touched_at=at))


def recovered(work: Connection, shop: str, variant_id: int) -> None:
    """There is plenty again: that it gets scarce will be news."""
    mine = (_watch.shop == shop) & (_watch.variant_id == variant_id)
    now = {"told_scarce": False, "version": _watch.version + 1}
    work.execute(update(watches).where(mine, _watch.told_scarce).values(**now))


def remove(work: Connection, gone: Sequence[tuple[str, str]]) -> None:
    """These watches, (shop, watch id), are gone, and variants that nobody watches any more."""
    if not gone:
        return
    mine = tuple_(_watch.shop, _watch.watch_id).in_(gone)
    of = {tuple(row) for row in work.execute(select(_watch.shop, _watch.variant_id).where(mine))}
    work.execute(delete(watches).where(mine))
    still = (
        select(_watch.watch_id)
        .where(_watch.shop == _variant.shop, _watch.variant_id == _variant.variant_id)
        .exists()
    )
    alone = tuple_(_variant.shop, _variant.variant_id).in_(of)
    work.execute(delete(watched_variants).where(alone, ~still))


def rename_owner(work: Connection, shop: str, was: str, now: str) -> None:
    """What both watch is watched once."""
    known = select(_watch.variant_id).where(_watch.shop == shop, _watch.owner == now)
    mine = (_watch.shop == shop) & (_watch.owner == was)
    double = select(_watch.watch_id).where(mine, _watch.variant_id.in_(known))
    remove(work, [(shop, one) for one in work.execute(double).scalars().all()])
    work.execute(update(watches).where(mine).values(owner=now))


def seen(view: Connection, shop: str, variant_id: int) -> Seen | None:
    found = _seen(view, (_variant.shop == shop) & (_variant.variant_id == variant_id))
    return found[0] if found else None


def seen_of_product(work: Connection, shop: str, product_id: int) -> list[Seen]:
    """What is watched of a product; nobody else changes it until the commit."""
    return _seen(
        work, (_variant.shop == shop) & (_variant.product_id == product_id), for_update=True
    )


def seen_of_item(view: Connection, shop: str, item_id: int) -> list[Seen]:
    return _seen(view, (_variant.shop == shop) & (_variant.item_id == item_id))


def keep_seen(work: Connection, shop: str, now: Seen) -> None:
    """The variant is known as ``now``, unless something as new is."""
    row = asdict(now)
    work.execute(
        upsert(work, watched_variants)
        .values(shop=shop, **row)
        .on_conflict_do_update(
            index_elements=list(watched_variants.primary_key),
            set_={name: value for name, value in row.items() if name != "variant_id"},
            where=_variant.told_at <= now.told_at,
        )
    )


def drop_variant(work: Connection, shop: str, variant_id: int) -> int:
    """The variant and every watch of it are gone; how many those were."""
    mine = (_watch.shop == shop) & (_watch.variant_id == variant_id)
    count = work.execute(delete(watches).where(mine)).rowcount
    alone = (_variant.shop == shop) & (_variant.variant_id == variant_id)
    work.execute(delete(watched_variants).where(alone))
    return count


def _watches(view: Connection, which: Any) -> list[Watch]:
    names = [column for column in watches.c if column.name != "shop"]
    query = select(*names).where(which).order_by(_watch.asked_at.desc(), _watch.watch_id)
    return [Watch(**row) for row in view.execute(query).mappings()]


def _seen(view: Connection, which: Any, *, for_update: bool = False) -> list[Seen]:
    names = [column for column in watched_variants.c if column.name != "shop"]
    query = select(*names).where(which).order_by(_variant.variant_id)
    query = query.with_for_update() if for_update else query
    return [Seen(**row) for row in view.execute(query).mappings()]
