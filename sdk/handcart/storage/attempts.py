"""What became of the attempts that did not end well, and who let a row go again.

An attempt that ends well leaves nothing here: its row in the queue says it. So this table stays
small, and nothing is written beside the effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, Connection, Integer, String, Table, func, insert, select

from .queue import MAX_ATTEMPTS, Queue
from .types import UtcDateTime, metadata

Outcome = Literal["failed", "dead", "released"]
# Why a row rests whose attempts are counted and whose ends are not: its process died each time.
GIVEN_UP = "given_up: every process that tried it ended before it could say how"
# After so many deaths a row may be what killed, or only have been in hand each time.
_SUSPECT = 2

attempts = Table(
    "attempts",
    metadata,
    Column("shop", String(255), primary_key=True),
    Column("queue", String(20), primary_key=True),
    Column("row_id", String(100), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("outcome", String(8), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """``outcome``: failed (to be tried again), dead, or released; ``reason``: why, or by whom."""

    outcome: Outcome
    reason: str
    at: datetime


def fail(work: Connection, queue: Queue, row: Any, *, at: datetime, reason: str) -> bool:
    """The row is tried again later or rests, and remembers why; False when it was taken over."""
    if not queue.failed(work, row, at=at, reason=reason):
        return False
    last = row.attempts >= MAX_ATTEMPTS
    note(work, queue, row, outcome="dead" if last else "failed", reason=reason, at=at)
    return True


def claim(
    work: Connection,
    queue: Queue,
    *,
    at: datetime,
    limit: int,
    alone: bool = False,
    youngest: bool = False,
) -> Sequence[Any] | None:
    """Claim up to ``limit`` rows; None, with nothing claimed, when the first should go alone.

    That is a row at which so many workers died that it may be what killed them.
    """
    rows = queue.claim(work, at=at, limit=limit, youngest=youngest)
    if alone or not rows or deaths(work, queue, rows[0]) < _SUSPECT:
        return rows
    queue.give_back(work, rows)
    return None


def deaths(view: Connection, queue: Queue, row: Any) -> int:
    """How many earlier attempts at a claimed row left no word: whoever tried it died."""
    tries: int = row.attempts - 1
    if not tries:
        return 0
    row_id = row._mapping[id_column(queue.table)]
    return tries - failures(view, row.shop, queue, row_id=row_id)


def is_given_up(row: Any) -> bool:
    """Whether a claimed row must not be tried again: it may be what killed those who tried."""
    return bool(row.attempts > MAX_ATTEMPTS)


def bury(work: Connection, queue: Queue, row: Any, *, at: datetime, reason: str) -> bool:
    """The row rests and remembers why; False when it was taken over."""
    if not queue.bury(work, row, at=at, reason=reason):
        return False
    note(work, queue, row, outcome="dead", reason=reason, at=at)
    return True


def note(
    work: Connection, queue: Queue, row: Any, *, outcome: Outcome, reason: str, at: datetime
) -> None:
    """Add one entry to the row's history in this transaction."""
    row_id = row._mapping[id_column(queue.table)]
    mine = _of(row.shop, queue, row_id)
    last = work.scalar(select(func.max(attempts.c.number)).where(*mine)) or 0
    work.execute(
        insert(attempts).values(
            shop=row.shop,
            queue=queue.table.name,
            row_id=row_id,
            number=last + 1,
            outcome=outcome,
            reason=reason[:500],
            noted_at=at,
        )
    )


def history(view: Connection, shop: str, queue: Queue, *, row_id: str) -> tuple[Attempt, ...]:
    """Every entry of the row, the oldest first."""
    mine = _of(shop, queue, row_id)
    found = view.execute(select(attempts).where(*mine).order_by(attempts.c.number))
    return tuple(Attempt(row.outcome, row.reason, row.noted_at) for row in found)


def failures(view: Connection, shop: str, queue: Queue, *, row_id: str) -> int:
    """How many attempts have failed since the row was last released, if it was."""
    outcomes = [attempt.outcome for attempt in history(view, shop, queue, row_id=row_id)]
    since = outcomes[::-1].index("released") if "released" in outcomes else len(outcomes)
    return outcomes[len(outcomes) - since :].count("failed")


def id_column(table: Table) -> str:
    """The name of what names a row within its shop: the key's second column."""
    return [column.name for column in table.primary_key.columns][1]


def _of(shop: str, queue: Queue, row_id: str) -> tuple[Any, ...]:
    table = queue.table.name
    return attempts.c.shop == shop, attempts.c.queue == table, attempts.c.row_id == row_id
