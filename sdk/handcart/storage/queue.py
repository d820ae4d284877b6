"""Rows that wait for a worker: how the inbox and the outbox hand them out.

A row is ``waiting`` until it is ``done`` or ``dead``. A claim leases the oldest waiting row of
each resource to one worker: rows of one resource run one at a time and in order, rows of others
beside them. A lease that runs out is given to the next worker, so a worker that dies loses
nothing. Whoever finishes a row must still hold the lease (the attempt number is the fence).

The order of a resource is that of its places. On SQLite a place is given out under the writer's
lock, so it is the order of commits. On PostgreSQL it comes from a sequence, before the commit: two
receivers may commit the other way round, and then the later place can be handled first. So order
is a help, and the dates in the payloads decide; but no two rows of a resource are ever held at
once.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from collections.abc import Sequence as Ordered
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    String,
    Table,
    and_,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.schema import SchemaItem

from .among import among
from .claiming import IN_ORDER, Claiming, claiming
from .database import Database
from .many import insert_placed, inserting_placed
from .types import BigCount, UtcDateTime

# How long a worker that died keeps others from its rows; one that lives renews its leases.
LEASE = timedelta(seconds=6)
MAX_ATTEMPTS = 12
# Among so many of those that came last a claim looks for shops that wait behind others.
_LAST = 64
_FIRST_PAUSE = 1.0
_MOMENT = timedelta(seconds=5)
_LONGEST_PAUSE = 600.0


def queue_columns() -> list[Column[Any]]:
    """The columns that a table needs so that a Queue can hand out its rows."""
    return [
        Column("place", BigCount, nullable=False),
        Column("resource", String(200), nullable=False),
        Column("state", String(8), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("added_at", UtcDateTime, nullable=False),
        Column("due_at", UtcDateTime, nullable=False),
        Column("leased_until", UtcDateTime),
        Column("ended_at", UtcDateTime),
        Column("reason", String(500)),
    ]


def queue_indexes(table: str) -> Ordered[SchemaItem]:
    """What a claim needs, and what a look at one shop's ended rows needs.

    The latter leaves out rows that wait, so that it costs nothing to add one.
    """
    return [
        Index(f"ix_{table}_waiting", "state", "due_at", "place"),
        Index(f"ix_{table}_resource", "shop", "resource", "state", "place"),
        Index(f"ix_{table}_place", "place"),
        partial_index(f"ix_{table}_ended", "shop", "state", "ended_at", has="ended_at"),
    ]


def partial_index(name: str, *columns: str, has: str) -> Index:
    """An index of the rows that have a value in the column ``has``."""
    there = text(f"{has} IS NOT NULL")
    return Index(name, *columns, sqlite_where=there, postgresql_where=there)


class Queue:
    """Hands out the rows of one table; ``id_column`` is the key's second part, after the shop."""

    def __init__(self, table: Table, *, id_column: str) -> None:
        self.table = table
        self._id = table.c[id_column]

    def add_all(self, work: Connection, rows: Ordered[Mapping[str, Any]]) -> int:
        """Add the rows whose key is new, in their order; return how many those were.

        All have the same names; ``place`` is given out here.
        """
        return insert_placed(work, self.table, rows)

    def add_at_once(self, db: Database, rows: Ordered[Mapping[str, Any]]) -> int:
        """The same for at most AT_ONCE rows, durable when it returns."""
        return db.autocommit(*inserting_placed(db.kind, self.table, rows))

    def claim(
        self, work: Connection, *, at: datetime, limit: int = 16, youngest: bool = False
    ) -> list[Any]:
        """Lease up to ``limit`` rows, each the oldest of its resource, and return them.

        Rows that nobody has tried yet come together. One that was tried before comes alone:
        whatever went wrong with it, even if it killed its worker, goes wrong for no other.
        ``youngest`` begins at the other end, where those came that wait behind many of another
        shop, and takes one of each shop.
        """
        found = self._youngest(work, at, limit) if youngest else self._oldest(work, at, limit)
        if not found:
            return []
        made = self._made(work)
        given = made.taken(_together(found), at=at, until=at + LEASE)
        claimed = work.execute(made.taking, given)
        return sorted(claimed, key=lambda row: row.place)

    def renew(self, work: Connection, rows: Ordered[Any], *, at: datetime) -> int:
        """Whoever still holds these rows does so for another LEASE; return how many those are."""
        leased = self.table.c.leased_until.is_not(None)
        if _one_writer(work):
            return self._change(work, rows, leased, leased_until=at + LEASE)
        # What is being ended just now is locked, needs no lease, and is not waited for.
        made = self._made(work)
        held = select(made.lies.label("lies")).where(leased, self._held(work, rows))
        still = work.execute(held.with_for_update(skip_locked=True, of=self.table)).all()
        renewed = update(self.table).where(made.lies_there).values(leased_until=at + LEASE)
        return work.execute(renewed, made.where(still)).rowcount

    def done(self, work: Connection, row: Any, *, at: datetime) -> bool:
        """End the row; False when another worker has taken the lease since."""
        return self.done_all(work, [row], at=at) == 1

    def done_all(self, work: Connection, rows: Ordered[Any], *, at: datetime) -> int:
        """End the rows that no other worker has taken over since; return how many those were."""
        return self._end(work, rows, ended="done", at=at, why=None)

    def bury(self, work: Connection, row: Any, *, at: datetime, reason: str) -> bool:
        """Put the row with the dead letters, where it no longer holds up its resource."""
        return self._end(work, [row], ended="dead", at=at, why=reason[:500]) == 1

    def failed(self, work: Connection, row: Any, *, at: datetime, reason: str) -> bool:
        """Try again later (exponential, full jitter), or bury the row after MAX_ATTEMPTS."""
        if row.attempts >= MAX_ATTEMPTS:
            return self.bury(work, row, at=at, reason=reason)
        later = at + pause(row.attempts)
        changed = self._change(work, [row], leased_until=None, due_at=later, reason=reason[:500])
        return changed == 1

    def give_back(self, work: Connection, rows: Ordered[Any], **values: Any) -> int:
        """Those of the rows that are still held wait again, as if they had not been claimed."""
        leased, one_less = self.table.c.leased_until.is_not(None), self.table.c.attempts - 1
        return self._change(work, rows, leased, leased_until=None, attempts=one_less, **values)

    def take_back(self, work: Connection) -> None:
        """Nobody holds a lease any more; only for the one process of an embedded database."""
        held = self.table.c.leased_until.is_not(None)
        work.execute(update(self.table).where(held).values(leased_until=None))

    def next_due(self, view: Connection) -> datetime | None:
        """When the next waiting row may be claimed, or None when nothing waits."""
        found: datetime | None = view.scalar(self._made(view).soonest)
        return found

    def count_due(self, view: Connection, *, at: datetime) -> int:
        """How many rows wait that are due, are being worked on, or are tried again in a moment."""
        row = self.table.c
        again = and_(row.attempts > 0, row.due_at <= at + _MOMENT)
        due = select(func.count()).where(row.state == "waiting", or_(row.due_at <= at, again))
        return view.scalar(due.select_from(self.table)) or 0

    def _oldest(self, work: Connection, at: datetime, limit: int) -> Ordered[Any]:
        """What may be claimed, the row that was due first first."""
        return self._candidates(work, self._made(work).oldest, at, limit)

    def _youngest(self, work: Connection, at: datetime, limit: int) -> Ordered[Any]:
        """Of each shop the youngest that may be claimed, as far as they are among the last few."""
        found = self._candidates(work, self._made(work).youngest, at, _LAST)
        of_shop: dict[str, Any] = {}
        for one in found:
            of_shop.setdefault(one.shop, one)
        return list(of_shop.values())[:limit]

    def _candidates(
        self, work: Connection, statement: Any, at: datetime, limit: int
    ) -> Ordered[Any]:
        if not _one_writer(work):
            work.execute(IN_ORDER)
        return work.execute(statement, {"at": at, "limit": limit}).all()

    def _made(self, work: Connection) -> Claiming:
        return claiming(self.table, work.dialect.name)

    def _end(
        self, work: Connection, rows: Ordered[Any], *, ended: str, at: datetime, why: str | None
    ) -> int:
        """End those of the rows that are still held as they were read; return how many."""
        made, changed = self._made(work), 0
        for tried, places in _by_attempts(rows).items():
            given = {"ended": ended, "at": at, "why": why, "tried": tried}
            found = work.execute(made.ending, {**given, **made.places.given(places)})
            changed += found.rowcount
        return changed

    def _change(self, work: Connection, rows: Ordered[Any], *conditions: Any, **values: Any) -> int:
        """Change those of the rows that are still held as they were read; return how many."""
        if not rows:
            return 0
        change = update(self.table).values(**values).where(*conditions, self._held(work, rows))
        return work.execute(change).rowcount

    def _held(self, work: Connection, rows: Ordered[Any]) -> ColumnElement[bool]:
        """The row waits, is one of these, and nobody has claimed it since it was read."""
        mine = self.table.c
        read = (
            and_(mine.attempts == tried, among(work, (mine.place,), places))
            for tried, places in _by_attempts(rows).items()
        )
        return and_(mine.state == "waiting", or_(*read))


def _by_attempts(rows: Ordered[Any]) -> Mapping[int, list[tuple[int]]]:
    """Their places, by how often they have been tried."""
    places: dict[int, list[tuple[int]]] = {}
    for row in rows:
        places.setdefault(row.attempts, []).append((row.place,))
    return places


def _together(found: Ordered[Any]) -> Ordered[Any]:
    """What is tried for the first time, or the one that was tried before and is due first."""
    if found[0].attempts:
        return found[:1]
    return [row for row in found if not row.attempts]


def _one_writer(work: Connection) -> bool:
    return work.dialect.name == "sqlite"


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: full jitter under an exponential ceiling."""
    ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempts - 1, 30))
    return timedelta(seconds=random.uniform(0, ceiling))  # noqa: S311
