"""How long what has ended is kept: thirty days, then it shrinks or goes.

It goes in small batches, each a transaction of its own with a rest after it, so that nobody waits
long for the writer: fifty bodies of 8 KB take some 5 ms. What rests
with the dead letters stays until somebody replays it or the shop is erased.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, bindparam, delete, select, tuple_, update

from handcart.storage.attempts import attempts
from handcart.storage.outbox import tasks

from .inbox import deliveries
from .sweeps import sweeps

if TYPE_CHECKING:
    from handcart.app import Handcart

KEPT = timedelta(days=30)
BATCH = 50
# A run ends before its lease would be given away; what is left is the next hour's.
AT_MOST = 4000
_REST = 0.02


class Retention:
    """An hourly job of one app."""

    def __init__(self, app: Handcart, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._app = app
        self._sleep = sleep

    def schedule(self) -> None:
        """From now on the app cleans up by itself."""
        self._app.job(every="1h")(self.clean_up)

    def clean_up(self, now: datetime) -> None:
        """Nothing that ended thirty days ago takes more room than it must.

        A run that has AT_MOST batches to do leaves the rest to the next one.
        """
        steps = iter((shrink_deliveries, remove_tasks, remove_sweeps))
        step = next(steps, None)
        for _ in range(AT_MOST):
            if step is None:
                return
            if self._batch(step, before=now - KEPT):
                self._sleep(_REST)
            else:
                step = next(steps, None)

    def _batch(self, step: Callable[..., int], *, before: datetime) -> int:
        with self._app.db.writing() as work:
            return step(work, before=before)


def shrink_deliveries(work: Connection, *, before: datetime) -> int:
    """Of up to BATCH done deliveries the body is gone and its SHA-256 kept; return how many.

    That they came stays known, so that they are recognised when they come again.
    """
    row = deliveries.c
    old = work.execute(_done(deliveries, before, row.shop, row.webhook_id, row.body)).all()
    if old:
        work.execute(
            update(deliveries)
            .where(row.shop == bindparam("of_shop"), row.webhook_id == bindparam("of_id"))
            .values(state="shrunk", body=b"", digest=bindparam("sha256")),
            [_shrunk(one) for one in old],
        )
        _forget_attempts(work, "deliveries", [(one.shop, one.webhook_id) for one in old])
    return len(old)


def remove_tasks(work: Connection, *, before: datetime) -> int:
    """Up to BATCH done tasks are gone; return how many."""
    row = tasks.c
    old = [tuple(one) for one in work.execute(_done(tasks, before, row.shop, row.key))]
    if old:
        work.execute(delete(tasks).where(tuple_(row.shop, row.key).in_(old)))
        _forget_attempts(work, "tasks", old)
    return len(old)


def remove_sweeps(work: Connection, *, before: datetime) -> int:
    """Up to BATCH old reports of sweeps are gone; return how many."""
    row = sweeps.c
    found = select(row.shop, row.sweep_id).where(row.started_at < before).limit(BATCH)
    old = [tuple(one) for one in work.execute(found)]
    if old:
        work.execute(delete(sweeps).where(tuple_(row.shop, row.sweep_id).in_(old)))
    return len(old)


def _done(table: Table, before: datetime, *columns: Any) -> Any:
    """Done rows by the index on (state, due_at): a row is never done before it was due."""
    ended = (table.c.state == "done", table.c.due_at < before, table.c.ended_at < before)
    return select(*columns).where(*ended).limit(BATCH)


def _shrunk(row: Any) -> dict[str, Any]:
    """A body that was emptied for a customer's sake has no digest: it could betray them."""
    digest = hashlib.sha256(row.body).digest() if row.body else None
    return {"of_shop": row.shop, "of_id": row.webhook_id, "sha256": digest}


def _forget_attempts(work: Connection, queue: str, rows: Sequence[tuple[Any, ...]]) -> None:
    row = attempts.c
    mine = tuple_(row.shop, row.row_id).in_([(shop, row_id) for shop, row_id in rows])
    work.execute(delete(attempts).where(row.queue == queue, mine))
