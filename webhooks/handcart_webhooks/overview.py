"""What the engine has in hand for one shop: how much waits, for how long, what rests and why.

Every question is answered from an index, however many deliveries are done: those are counted over
the last day only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Column, Connection, Table, func, select

from handcart.storage.outbox import tasks

from .inbox import deliveries
from .redaction import redact_reason

DAY = timedelta(days=1)
PATIENCE = timedelta(hours=1)
# Comparing with it says that a row has ended, which is what the index of ended rows wants to hear.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
Sort = Literal["delivery", "task"]


@dataclass(frozen=True, slots=True)
class Figures:
    """How many deliveries of one topic, or tasks of one name, are in each state.

    ``done`` counts the last day's; ``waiting_since`` is when the oldest that waits came.
    """

    name: str
    waiting: int = 0
    dead: int = 0
    done: int = 0
    waiting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a shop, by topic and by name of task, in alphabetical order."""

    topics: tuple[Figures, ...]
    tasks: tuple[Figures, ...]

    @property
    def waiting(self) -> int:
        return sum(topic.waiting for topic in self.topics)

    @property
    def dead(self) -> int:
        """Dead letters of both sorts."""
        return sum(figures.dead for figures in (*self.topics, *self.tasks))

    @property
    def done(self) -> int:
        return sum(topic.done for topic in self.topics)

    @property
    def waiting_since(self) -> datetime | None:
        """When the oldest delivery that waits was received."""
        return min(filter(None, (topic.waiting_since for topic in self.topics)), default=None)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery or a task that rests; ``reason`` names nobody.

    ``webhook_id`` is the delivery itself, or the one that the task came of; ``replayable`` says
    that there is something left to be tried again.
    """

    sort: Sort
    id: str
    name: str
    webhook_id: str | None
    came_at: datetime
    rests_since: datetime
    attempts: int
    reason: str
    replayable: bool

    @property
    def code(self) -> str:
        return self.reason.partition(":")[0]


@dataclass(frozen=True, slots=True)
class TooLong:
    """What has rested or waited for longer than PATIENCE."""

    dead: int
    waiting: int

    def __bool__(self) -> bool:
        return bool(self.dead or self.waiting)


def overview(view: Connection, shop: str, *, at: datetime) -> Overview:
    """What the shop's deliveries and tasks have come to at this moment."""
    return Overview(
        topics=_figures(view, shop, deliveries, deliveries.c.topic, at=at),
        tasks=_figures(view, shop, tasks, tasks.c.name, at=at),
    )


def dead_letters(view: Connection, shop: str, *, limit: int = 50) -> tuple[DeadLetter, ...]:
    """What rests in the shop, the newest first, at most ``limit`` of each sort."""
    found = [
        *map(_dead_delivery, _resting(view, shop, deliveries, limit=limit)),
        *map(_dead_task, _resting(view, shop, tasks, limit=limit)),
    ]
    return tuple(sorted(found, key=lambda letter: letter.rests_since, reverse=True))


def rests_too_long(view: Connection, shop: str, *, at: datetime) -> TooLong:
    """How much the merchant should be told of: all that rests or waits for over an hour."""
    before = at - PATIENCE
    return TooLong(
        dead=sum(_count(view, shop, table, "dead", before=before) for table in (deliveries, tasks)),
        waiting=_count(view, shop, deliveries, "waiting", before=before)
        + _count(view, shop, tasks, "waiting", before=before),
    )


def shops(view: Connection) -> Iterator[str]:
    """Every shop that deliveries or tasks are kept of; one look into the index for each."""
    known: set[str] = set()
    for table in (deliveries, tasks):
        last = ""
        while last := view.scalar(select(func.min(table.c.shop)).where(table.c.shop > last)) or "":
            known.add(last)
    yield from sorted(known)


def _figures(
    view: Connection, shop: str, table: Table, name: Column[Any], *, at: datetime
) -> tuple[Figures, ...]:
    found: dict[str, dict[str, Any]] = {}
    for state in ("waiting", "dead", "done"):
        counted = select(name.label("name"), func.count().label("rows"), _oldest(table)).where(
            table.c.shop == shop, table.c.state == state
        )
        if state != "waiting":
            since = at - DAY if state == "done" else _EVER
            counted = counted.where(table.c.ended_at >= since)
        for row in view.execute(counted.group_by(name)):
            figures = found.setdefault(row.name, {})
            figures[state] = row.rows
            if state == "waiting":
                figures["waiting_since"] = row.oldest
    return tuple(Figures(name, **found[name]) for name in sorted(found))


def _oldest(table: Table) -> Any:
    """A task may have been added long before it is due; then it has not waited."""
    return func.min(table.c.due_at if table is tasks else table.c.added_at).label("oldest")


def _resting(view: Connection, shop: str, table: Table, *, limit: int) -> list[Any]:
    mine = select(table).where(
        table.c.shop == shop, table.c.state == "dead", table.c.ended_at >= _EVER
    )
    return list(view.execute(mine.order_by(table.c.ended_at.desc()).limit(limit)))


def _count(view: Connection, shop: str, table: Table, state: str, *, before: datetime) -> int:
    """How many have rested, or have been due, since ``before``."""
    since = table.c.ended_at if state == "dead" else table.c.due_at
    old = select(func.count()).where(table.c.shop == shop, table.c.state == state, since <= before)
    return view.scalar(old.select_from(table)) or 0


def _dead_delivery(row: Any) -> DeadLetter:
    return DeadLetter(
        sort="delivery",
        id=row.webhook_id,
        name=row.topic,
        webhook_id=row.webhook_id,
        replayable=row.body != b"",
        **_rest(row),
    )


def _dead_task(row: Any) -> DeadLetter:
    return DeadLetter(
        sort="task",
        id=row.key,
        name=row.name,
        webhook_id=row.cause,
        replayable=True,
        **_rest(row),
    )


def _rest(row: Any) -> dict[str, Any]:
    return {
        "came_at": row.added_at,
        "rests_since": row.ended_at or row.added_at,
        "attempts": row.attempts,
        "reason": redact_reason(row.reason or ""),
    }
