"""What is true after a fault: of what was acknowledged nothing is lost and nothing doubled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text

from handcart.storage import Database, metadata
from handcart_webhooks.inbox import deliveries

from .flood import START, Flood
from .ledger import entries


@dataclass(frozen=True, slots=True)
class Account:
    """``lost``: acknowledged and not kept, or not done, or done without its effect.

    ``doubled``: has had its effect twice, or was told of twice. ``wrong``: things that do not end
    as their newest news says.
    """

    acked: int
    lost: int
    doubled: int
    wrong: int


def account(db: Database, *floods: Flood) -> Account:
    """Compare what ``floods`` were promised with what is there."""
    acked = {webhook_id for flood in floods for webhook_id in flood.acked}
    newest: dict[tuple[str, int], int] = {}
    for flood in floods:
        for thing, version in flood.newest.items():
            newest[thing] = max(version, newest.get(thing, 0))
    with db.reading() as view:
        done = select(deliveries.c.webhook_id).where(deliveries.c.state.in_(("done", "shrunk")))
        kept = set(view.scalars(done))
        entered = set(view.scalars(select(entries.c.webhook_id).where(entries.c.told == 0)))
        return Account(
            acked=len(acked),
            lost=len(acked - kept) + len((acked & kept) - entered),
            doubled=_doubled(view),
            wrong=_wrong(view, newest),
        )


def all_well(acked: int) -> Account:
    """The account of a run in which every one of so many deliveries was kept its promise."""
    return Account(acked, lost=0, doubled=0, wrong=0)


def integrity(db: Database) -> str:
    """``ok`` unless SQLite finds its file damaged; PostgreSQL has no such question."""
    if not db.embedded:
        return "ok"
    with db.reading() as view:
        return str(view.scalar(text("PRAGMA integrity_check")))


def waiting(db: Database) -> int:
    """How many deliveries wait, due or not."""
    with db.reading() as view:
        found = select(func.count()).where(deliveries.c.state == "waiting")
        return view.scalar(found.select_from(deliveries)) or 0


def _doubled(view: Connection) -> int:
    """Effects in the ledger, and facts of one delivery about one thing."""
    tasks = metadata.tables["tasks"]
    twice = (
        select(entries.c.webhook_id)
        .where(entries.c.told == 0)
        .group_by(entries.c.webhook_id)
        .having(func.count() > 1)
    )
    told = (
        select(tasks.c.cause)
        .where(tasks.c.cause.is_not(None), tasks.c.kind.in_(("event", "handler")))
        .group_by(tasks.c.cause, tasks.c.kind, tasks.c.name)
        .having(func.count() > 1)
    )
    return sum(
        view.scalar(select(func.count()).select_from(each.subquery())) or 0
        for each in (twice, told)
    )


def _wrong(view: Connection, newest: Mapping[tuple[str, int], int]) -> int:
    orders, levels = metadata.tables["orders"], metadata.tables["levels"]
    known: dict[tuple[str, int], Any] = {
        ("order", row.order_id - 1000): row.updated_at for row in view.execute(select(orders))
    }
    known |= {
        ("level", row.inventory_item_id - 1): START + timedelta(seconds=row.available)
        for row in view.execute(select(levels))
    }
    return sum(
        known.get(thing) != START + timedelta(seconds=version) for thing, version in newest.items()
    )
