"""How long what has ended is kept: thirty days, then it shrinks or goes.

It goes in batches, each a transaction of its own, as large as can be done in 20 ms and followed
by a rest at least as long as it took, so that receivers and workers get in between. What can be
read beforehand is read before the transaction. What rests with the dead letters stays until
somebody replays it or the shop is erased.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, bindparam, delete, func, select, tuple_, update

from handcart.carts.retention import (
    UNTAKEN,
    find_guest_carts,
    find_untaken_carts,
    remove_guest_carts,
)
from handcart.errors import NotVerified
from handcart.injection import LONGEST_LIMIT
from handcart.keys import Keyring
from handcart.storage.attempts import attempts
from handcart.storage.outbox import tasks
from handcart.watches.retention import UNCONFIRMED, UNTOUCHED, find_unconfirmed, find_untouched
from handcart.watches.store import remove as remove_watches

from .inbox import deliveries
from .pace import Pace
from .packing import keyring_of, unpack
from .sweeps import sweeps

if TYPE_CHECKING:
    from handcart.app import Handcart

KEPT = timedelta(days=30)
# A run ends before its time is up; what is left is the next hour's.
LONGEST_RUN = LONGEST_LIMIT * 0.75
_REST = 0.02
# Freeing the pages of large bodies takes as long as many rows with small ones.
_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """``find`` up to so many rows that have ended, and ``end`` those that still may be."""

    find: Callable[..., Sequence[Any]]
    end: Callable[..., None]
    kept: timedelta = KEPT


class Retention:
    """An hourly job of one app; ``now`` counts seconds."""

    def __init__(
        self,
        app: Handcart,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._sleep = sleep
        self._now = now

    def schedule(self) -> None:
        """From now on the app cleans up by itself."""
        self._app.job(every="1h", limit=LONGEST_LIMIT)(self.clean_up)

    def clean_up(self, now: datetime) -> None:
        """Nothing that ended thirty days ago takes more room than it must, or can be read.

        A run that has too much to do leaves the rest to the next one.
        """
        until = self._now() + LONGEST_RUN
        guests = timedelta(days=self._app.settings.guest_cart_days)
        for step in (*STEPS, Step(find_guest_carts, remove_guest_carts, guests)):
            pace = Pace()
            while self._batch(step, pace, before=now - step.kept):
                if self._now() > until:
                    return
        self._app.db.leave_no_trace()

    def _batch(self, step: Step, pace: Pace, *, before: datetime) -> int:
        """One batch and a rest; return how many rows that were."""
        with self._app.db.reading() as view:
            found = step.find(view, before=before, limit=pace.size)
        if not found:
            return 0
        with self._app.db.writing() as work:
            began = self._now()
            step.end(work, found)
        took = self._now() - began
        pace.took(len(found), took)
        self._sleep(max(_REST, took))
        return len(found)


@dataclass(frozen=True, slots=True)
class Old:
    """A delivery to shrink: how long its body was when its digest was taken."""

    shop: str
    webhook_id: str
    size: int
    digest: bytes | None


def find_deliveries(view: Connection, *, before: datetime, limit: int) -> list[Old]:
    """Done deliveries, at most ``limit`` and as many as have two megabytes of bodies."""
    row = deliveries.c
    asked = _done(deliveries, before, row.shop, row.webhook_id, row.body).limit(limit)
    found: list[Old] = []
    size = 0
    with view.execution_options(stream_results=True).execute(asked) as old:
        for one in old:
            found.append(_old(one, keyring_of(view)))
            size += len(one.body)
            if size > _BYTES:
                break
    return found


def shrink_deliveries(work: Connection, found: Sequence[Old]) -> None:
    """Of these deliveries the body is gone and its SHA-256 kept, unless they changed meanwhile.

    That they came stays known, so that they are recognised when they come again.
    """
    row = deliveries.c
    work.execute(
        update(deliveries)
        .where(
            row.shop == bindparam("of_shop"),
            row.webhook_id == bindparam("of_id"),
            row.state == "done",
            func.length(row.body) == bindparam("of_size"),
        )
        .values(state="shrunk", body=b"", digest=bindparam("sha256")),
        [
            {"of_shop": o.shop, "of_id": o.webhook_id, "of_size": o.size, "sha256": o.digest}
            for o in found
        ],
    )
    _forget_attempts(work, "deliveries", [(one.shop, one.webhook_id) for one in found])


def find_tasks(view: Connection, *, before: datetime, limit: int) -> list[tuple[Any, ...]]:
    asked = _done(tasks, before, tasks.c.shop, tasks.c.key).limit(limit)
    return [tuple(one) for one in view.execute(asked)]


def remove_tasks(work: Connection, found: Sequence[tuple[Any, ...]]) -> None:
    """These tasks are gone, but for those that somebody has let go again."""
    mine = tuple_(tasks.c.shop, tasks.c.key).in_(found)
    work.execute(delete(tasks).where(mine, tasks.c.state == "done"))
    _forget_attempts(work, "tasks", found)


def find_sweeps(view: Connection, *, before: datetime, limit: int) -> list[tuple[Any, ...]]:
    row = sweeps.c
    asked = select(row.shop, row.sweep_id).where(row.started_at < before).limit(limit)
    return [tuple(one) for one in view.execute(asked)]


def remove_sweeps(work: Connection, found: Sequence[tuple[Any, ...]]) -> None:
    """These reports are gone."""
    work.execute(delete(sweeps).where(tuple_(sweeps.c.shop, sweeps.c.sweep_id).in_(found)))


STEPS = (
    Step(find_untaken_carts, remove_guest_carts, UNTAKEN),
    Step(find_deliveries, shrink_deliveries),
    Step(find_tasks, remove_tasks),
    Step(find_sweeps, remove_sweeps),
    Step(find_untouched, remove_watches, UNTOUCHED),
    Step(find_unconfirmed, remove_watches, UNCONFIRMED),
)


def _done(table: Table, before: datetime, *columns: Any) -> Any:
    """Done rows by the index on (state, due_at): a row is never done before it was due."""
    return select(*columns).where(
        table.c.state == "done", table.c.due_at < before, table.c.ended_at < before
    )


def _old(row: Any, keyring: Keyring | None) -> Old:
    """A body that was emptied for a customer's sake has no digest: it could betray them.

    Nor has one that no secret opens any more.
    """
    digest = None
    if row.body:
        with contextlib.suppress(NotVerified):
            digest = hashlib.sha256(unpack(row, keyring)).digest()
    return Old(row.shop, row.webhook_id, len(row.body), digest)


def _forget_attempts(work: Connection, queue: str, rows: Sequence[tuple[Any, ...]]) -> None:
    row = attempts.c
    mine = tuple_(row.shop, row.row_id).in_(rows)
    work.execute(delete(attempts).where(row.queue == queue, mine))
