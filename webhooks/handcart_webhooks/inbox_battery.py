"""What the inbox promises on any database: all that a queue does, and each delivery once."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime

from handcart.delivery import Delivery
from handcart.storage import Database
from handcart.testing.queue_battery import AT, OTHER, SHOP, QueueBattery, at_once

from .committer import Committer
from .inbox import accept, find, inbox

_numbers = itertools.count(1)


class InboxBattery(QueueBattery):
    """Run by pytest in a subclass whose name begins with ``Test``; ``db`` as in QueueBattery."""

    queue = inbox

    def add(self, db: Database, *resources: str, shop: str = SHOP, at: datetime = AT) -> None:
        self.accept(db, [delivery(resource, shop=shop, at=at) for resource in resources])

    def accept(self, db: Database, arrived: list[Delivery]) -> int:
        with db.writing() as work:
            return accept(work, arrived)

    def test_a_delivery_is_kept_once_however_often_it_comes(self, db: Database) -> None:
        one, two = delivery("orders:1"), delivery("orders:2")
        assert self.accept(db, [one, two, one]) == 2
        assert self.accept(db, [two, one]) == 0
        assert self.accept(db, []) == 0
        assert {row.webhook_id for row in self.rows(db)} == {one.webhook_id, two.webhook_id}

    def test_a_delivery_is_known_after_it_is_done(self, db: Database) -> None:
        one = delivery("orders:1")
        self.accept(db, [one])
        self.end(db, "done", *self.claim(db))
        assert self.accept(db, [one]) == 0
        assert self.claim(db) == []

    def test_the_same_id_from_two_shops_is_two_deliveries(self, db: Database) -> None:
        ours = delivery("orders:1", webhook_id="w")
        theirs = delivery("orders:1", webhook_id="w", shop=OTHER)
        assert self.accept(db, [ours, theirs]) == 2

    def test_what_came_is_what_is_kept(self, db: Database) -> None:
        one = delivery("orders:1", body=b'{"id":1,"note":"\x00\xff"}' * 2000)
        bare = Delivery(SHOP, "orders/updated", "bare", None, None, None, AT, b"")
        self.accept(db, [one, bare])
        first, second = self.rows(db)
        assert (first.triggered_at, first.event_id) == (AT, "e")
        assert (first.added_at, first.due_at) == (one.received_at, one.received_at)
        assert (second.triggered_at, second.event_id) == (None, None)
        with db.reading() as view:
            found = [find(view, SHOP, row.webhook_id).body for row in (first, second)]
        assert found == [one.body, b""]

    def test_a_group_is_kept_in_the_order_in_which_it_came(self, db: Database) -> None:
        group = [delivery("orders:1", webhook_id=name) for name in ("c", "a", "b")]
        self.accept(db, group)
        assert [row.webhook_id for row in self.rows(db)] == ["c", "a", "b"]

    def test_receivers_of_the_same_deliveries_do_not_wait_for_each_other(
        self, db: Database
    ) -> None:
        groups = [[delivery(f"orders:{n}") for n in range(20)] for _ in range(10)]
        kept: list[int] = []

        def receive(backwards: bool) -> None:
            for group in groups:
                kept.append(self.accept(db, group[::-1] if backwards else group))

        at_once([lambda: receive(False), lambda: receive(True)])
        assert sum(kept) == len(self.rows(db)) == 200

    def test_everything_in_flight_shares_a_commit_and_is_answered_after_it(
        self, db: Database
    ) -> None:
        commits: list[None] = []
        committer = Committer(db, committed=lambda: commits.append(None))
        answered = threading.Semaphore(0)
        failures: list[Exception | None] = []

        def answer(failure: Exception | None) -> None:
            failures.append(failure)
            answered.release()

        with db.writing():  # the committer has to wait, so that a group can gather
            for number in range(100):
                committer.offer([(delivery(f"orders:{number}"), answer)])
        for _ in range(100):
            assert answered.acquire(timeout=30)
        committer.close()
        assert failures == [None] * 100
        assert len(self.rows(db)) == 100
        assert len(commits) < 100


def delivery(
    resource: str,
    *,
    webhook_id: str | None = None,
    shop: str = SHOP,
    at: datetime = AT,
    body: bytes | None = None,
) -> Delivery:
    """A delivery about ``resource``, such as ``orders:1``."""
    noun, _, number = resource.partition(":")
    return Delivery(
        shop=shop,
        topic=f"{noun}/updated",
        webhook_id=webhook_id or f"webhook-{next(_numbers)}",
        event_id="e",
        api_version="2026-10",
        triggered_at=AT,
        received_at=at,
        body=b'{"id":%s}' % number.encode() if body is None else body,
    )
