"""What a queue promises, as tests that anybody can run on their own database or table.

::

    class TestOurQueue(QueueBattery):
        @pytest.fixture
        def db(self):
            database = Database("postgresql://…")
            yield database
            database.close()

``db`` is a migrated, empty Database for each test. A table of your own needs ``queue`` and
``add`` as well.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ..storage import Database, add_task
from ..storage.leases import Leases
from ..storage.outbox import outbox
from ..storage.queue import LEASE, MAX_ATTEMPTS, Queue

SHOP = "juniper-tea.myshopify.com"
OTHER = "other-tea.myshopify.com"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_LATER = AT + timedelta(hours=1)


class QueueBattery:
    """Run by pytest in a subclass whose name begins with ``Test``."""

    queue: Queue = outbox

    def add(self, db: Database, *resources: str, shop: str = SHOP, at: datetime = AT) -> None:
        """Add one row to the queue for each resource, all in one transaction."""
        with db.writing() as work:
            for resource in resources:
                add_task(work, shop, "fulfil", {}, at=at, resource=resource)

    def claim(self, db: Database, at: datetime = AT, limit: int = 16) -> list[Any]:
        with db.writing() as work:
            return self.queue.claim(work, at=at, limit=limit)

    def end(self, db: Database, how: str, row: Any, at: datetime = AT, **more: Any) -> bool:
        with db.writing() as work:
            ended: bool = getattr(self.queue, how)(work, row, at=at, **more)
            return ended

    def rows(self, db: Database) -> list[Any]:
        """Every row of the queue, in the order of their places."""
        table = self.queue.table
        with db.reading() as view:
            return list(view.execute(table.select().order_by(table.c.place)))

    def test_only_the_oldest_of_a_resource_is_given_out(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:1", "orders:2")
        first, _, third = self.rows(db)
        assert [row.place for row in self.claim(db)] == [first.place, third.place]
        assert self.claim(db) == []

    def test_the_next_of_a_resource_follows_when_the_first_has_ended(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:1")
        [first] = self.claim(db)
        assert self.end(db, "done", first)
        assert [row.place for row in self.claim(db)] == [self.rows(db)[1].place]

    def test_the_same_resource_of_another_shop_does_not_wait(self, db: Database) -> None:
        self.add(db, "orders:1")
        self.add(db, "orders:1", shop=OTHER)
        assert [row.shop for row in self.claim(db)] == [SHOP, OTHER]

    def test_no_more_are_given_out_than_were_asked_for(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:2", "orders:3")
        assert [row.resource for row in self.claim(db, limit=2)] == ["orders:1", "orders:2"]
        assert [row.resource for row in self.claim(db, limit=2)] == ["orders:3"]

    def test_a_dead_letter_does_not_hold_up_its_resource(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:1")
        [first] = self.claim(db)
        assert self.end(db, "bury", first, reason="payload_invalid: id")
        assert [row.place for row in self.claim(db)] == [self.rows(db)[1].place]
        assert self.rows(db)[0].reason == "payload_invalid: id"

    def test_a_lease_that_ran_out_is_given_to_the_next(self, db: Database) -> None:
        self.add(db, "orders:1")
        [first] = self.claim(db)
        assert self.claim(db, AT + LEASE - timedelta(seconds=1)) == []
        [second] = self.claim(db, AT + LEASE)
        assert (first.attempts, second.attempts) == (1, 2)

    def test_a_lease_that_is_renewed_does_not_run_out(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:2")
        leases, kept = Leases(), self.claim(db)
        turns = leases.each(self.queue, kept)
        next(turns)
        assert leases.renew(db, at=AT + LEASE / 2) == 2
        assert self.claim(db, AT + LEASE) == []
        assert self.end(db, "done", kept[0])
        next(turns)
        assert leases.renew(db, at=AT + LEASE) == 1
        assert list(turns) == []
        assert leases.renew(db, at=AT + LEASE) == 0

    def test_a_lease_that_was_lost_cannot_be_renewed(self, db: Database) -> None:
        self.add(db, "orders:1")
        leases, [zombie] = Leases(), self.claim(db)
        next(leases.each(self.queue, [zombie]))
        [heir] = self.claim(db, AT + LEASE)
        assert leases.renew(db, at=AT + LEASE) == 0
        assert self.end(db, "failed", heir, AT + LEASE, reason="throttled")
        assert leases.renew(db, at=AT + LEASE) == 0
        assert self.rows(db)[0].leased_until is None

    def test_what_was_tried_before_is_given_out_alone(self, db: Database) -> None:
        """If it kills its worker, it kills no other row's attempt with it."""
        self.add(db, "orders:1", "orders:2")
        assert len(self.claim(db)) == 2
        self.add(db, "orders:3", at=AT + LEASE)
        assert [row.resource for row in self.claim(db, AT + LEASE)] == ["orders:1"]
        assert [row.resource for row in self.claim(db, AT + LEASE)] == ["orders:2"]
        assert [row.resource for row in self.claim(db, AT + LEASE)] == ["orders:3"]

    def test_what_nobody_has_tried_does_not_wait_for_what_was_tried(self, db: Database) -> None:
        self.add(db, "orders:1")
        self.claim(db)
        self.add(db, "orders:2", "orders:3", at=AT - timedelta(minutes=1))
        fresh = self.claim(db, AT + LEASE)
        assert [row.resource for row in fresh] == ["orders:2", "orders:3"]
        assert [row.attempts for row in self.claim(db, AT + LEASE)] == [2]

    def test_rows_end_together_but_for_those_that_were_taken_over(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:2", "orders:3")
        rows = self.claim(db)
        [heir] = self.claim(db, AT + LEASE)
        with db.writing() as work:
            assert self.queue.done_all(work, rows, at=AT) == 2
        assert [row.state for row in self.rows(db)] == ["waiting", "done", "done"]
        assert self.end(db, "done", heir)

    def test_what_is_given_back_was_never_tried(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:2")
        rows = self.claim(db)
        with db.writing() as work:
            assert self.queue.give_back(work, rows) == 2
            assert self.queue.give_back(work, rows) == 0
        assert [(row.place, row.attempts) for row in self.claim(db)] == [
            (row.place, 1) for row in rows
        ]

    def test_whoever_lost_the_lease_can_no_longer_end_the_row(self, db: Database) -> None:
        self.add(db, "orders:1")
        [zombie] = self.claim(db)
        [heir] = self.claim(db, AT + LEASE)
        assert not self.end(db, "done", zombie, AT + LEASE)
        assert not self.end(db, "failed", zombie, AT + LEASE, reason="late")
        assert not self.end(db, "bury", zombie, AT + LEASE, reason="late")
        assert self.rows(db)[0].state == "waiting"
        assert self.end(db, "done", heir, AT + LEASE)
        assert not self.end(db, "done", heir, AT + LEASE)

    def test_a_failure_is_tried_again_later_and_holds_its_place(self, db: Database) -> None:
        self.add(db, "orders:1", "orders:1")
        [first] = self.claim(db)
        assert self.end(db, "failed", first, reason="throttled")
        assert [row.place for row in self.claim(db, _LATER)] == [first.place]

    def test_what_fails_again_and_again_rests_with_the_dead_letters(self, db: Database) -> None:
        self.add(db, "orders:1")
        for tries in range(MAX_ATTEMPTS):
            at = AT + tries * timedelta(hours=1)
            [row] = self.claim(db, at)
            self.end(db, "failed", row, at, reason="throttled")
        assert self.claim(db, AT + MAX_ATTEMPTS * timedelta(hours=1)) == []
        assert [row.state for row in self.rows(db)] == ["dead"]

    def test_nothing_is_given_out_before_it_is_due(self, db: Database) -> None:
        with db.reading() as view:
            assert self.queue.next_due(view) is None
        self.add(db, "orders:1", at=_LATER)
        assert self.claim(db) == []
        with db.reading() as view:
            assert self.queue.next_due(view) == _LATER
            assert self.queue.count_due(view, at=AT) == 0
            assert self.queue.count_due(view, at=_LATER) == 1
        assert len(self.claim(db, _LATER)) == 1

    def test_a_transaction_that_fails_gives_back_what_it_had_claimed(self, db: Database) -> None:
        self.add(db, "orders:1")
        try:
            with db.writing() as work:
                assert len(self.queue.claim(work, at=AT)) == 1
                raise InterruptedError
        except InterruptedError:
            pass
        assert [row.attempts for row in self.claim(db)] == [1]

    def test_several_workers_never_hold_a_resource_at_once_and_keep_its_order(
        self, db: Database
    ) -> None:
        """Rows are added while four workers take them; a third of the attempts fail."""
        seen = Witness()
        adding = threading.Event()

        def work(seed: int) -> None:
            dice = random.Random(seed)  # noqa: S311
            while not adding.is_set() or self._waits(db):
                for row in self.claim(db, limit=dice.randint(1, 4)):
                    self._take_turn(db, seen, row, fails=dice.random() < 0.3)

        def add() -> None:
            for _ in range(15):
                self.add(db, *(f"orders:{number}" for number in range(6)))
            adding.set()

        at_once([add, *(partial(work, seed) for seed in range(4))])
        assert seen.wrong == []
        for places in seen.ended.values():
            assert places == sorted(places)
        assert {row.state for row in self.rows(db)} == {"done"}
        assert sum(map(len, seen.ended.values())) == 90

    def _take_turn(self, db: Database, seen: Witness, row: Any, *, fails: bool) -> None:
        """One attempt under the eyes of ``seen``; the last one succeeds."""
        seen.took(row)
        if fails and row.attempts < MAX_ATTEMPTS - 1:
            seen.lets_go(row)
            self.end(db, "failed", row, AT - timedelta(days=1), reason="throttled")
            return
        seen.lets_go(row, ended=True)
        if not self.end(db, "done", row):
            seen.wrong.append(f"{row.resource} was ended by another")

    def _waits(self, db: Database) -> bool:
        with db.reading() as view:
            return self.queue.next_due(view) is not None


class Witness:
    """Sees who holds what, and writes down what should not be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[tuple[str, str]] = set()
        self.wrong: list[str] = []
        self.ended: dict[tuple[str, str], list[int]] = {}

    def took(self, row: Any) -> None:
        with self._lock:
            resource = row.shop, row.resource
            if resource in self._held:
                self.wrong.append(f"{resource} was held twice, at place {row.place}")
            self._held.add(resource)

    def lets_go(self, row: Any, *, ended: bool = False) -> None:
        """Said before the row is given back, so that whoever takes it next comes after."""
        with self._lock:
            self._held.discard((row.shop, row.resource))
            if ended:
                self.ended.setdefault((row.shop, row.resource), []).append(row.place)


def at_once(doing: Sequence[Callable[[], Any]]) -> None:
    """Run each on a thread of its own; raises what the first of them raised."""
    with ThreadPoolExecutor(len(doing)) as threads:
        for running in [threads.submit(one) for one in doing]:
            running.result()
