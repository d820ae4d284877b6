"""Whatever happens, in whatever order it is told: movements add up, and nothing is held twice."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import Connection, func, select

from handcart.errors import RuleBroken, StaleWrite
from handcart.platform.port import StockLevel
from handcart.stock import adjusting, availability, holds, sales, service, transfers, writing
from handcart.stock.tables import stock_sales, stock_writes
from tests import memory

from .shelves import (
    GYOKURO,
    HARBOUR,
    OLD_TOWN,
    SHOP,
    Shelves,
    known,
    part,
    stocked,
    summed,
    till_sale,
)

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
PLACES = (HARBOUR, OLD_TOWN)
VARIANT = 501
places = st.sampled_from(PLACES)
units = st.integers(1, 4)


class Stock(RuleBasedStateMachine):
    """A platform that sells and tells, staff who count, checkouts that hold; two stores."""

    def __init__(self) -> None:
        super().__init__()
        self._engine = memory.lend()
        self.work: Connection = self._engine.connect()
        self.at = START
        self.shelves = Shelves(START)
        stocked(self.work, START)
        for place in PLACES:
            self.shelves.available[GYOKURO, place] = 10
            self.shelves.updated[GYOKURO, place] = START
        self.news: list[Callable[[], None]] = []
        self.orders: dict[int, tuple[int, int]] = {}
        self.edits: Counter[int] = Counter()
        self.held: Counter[str] = Counter()
        self.released: Counter[str] = Counter()
        self.count = 0

    def teardown(self) -> None:
        try:
            self.both_say_the_same_in_the_end_and_only_edits_are_unexplained()
        finally:
            self.work.close()
            memory.give_back(self._engine)

    def tick(self) -> datetime:
        self.at += timedelta(seconds=1)
        self.shelves.at = self.at
        return self.at

    def number(self) -> int:
        self.count += 1
        return self.count

    # What happens on the platform, and is told sooner or later.

    @rule(place=places, count=units)
    def order_online(self, place: int, count: int) -> None:
        if self.shelves.available[GYOKURO, place] < count:
            return
        at, order_id = self.tick(), self.number()
        self.orders[order_id] = (place, count)
        self._told(self.shelves.change((GYOKURO, place), -count, committed=count))
        self._later(
            lambda: sales.routed(self.work, SHOP, part(order_id, count, at, location=place), at=at)
        )

    @rule(which=st.randoms(use_true_random=False), cancelled=st.booleans())
    def end_an_order(self, which: random.Random, cancelled: bool) -> None:
        if not self.orders:
            return
        order_id = which.choice(sorted(self.orders))
        place, count = self.orders.pop(order_id)
        at = self.tick()
        key = (GYOKURO, place)
        told = self.shelves.change(key, count if cancelled else 0, committed=-count)
        if cancelled:
            self._told(told)
        status = "cancelled" if cancelled else "closed"
        ended = part(order_id, count, at, location=place, status=status)
        self._later(lambda: sales.routed(self.work, SHOP, ended, at=at))

    @rule(place=places, count=units)
    def sell_at_the_till(self, place: int, count: int) -> None:
        at = self.tick()
        sale = till_sale(self.number(), count, at, location_id=place)
        self._told(self.shelves.change((GYOKURO, place), -count))
        self._later(lambda: sales.orders_seen(self.work, [(SHOP, sale)], at=at))

    @rule(place=places, by=st.integers(-3, 5))
    def somebody_edits_in_the_admin(self, place: int, by: int) -> None:
        self.tick()
        if by:
            self.edits[place] += by
            self._told(self.shelves.change((GYOKURO, place), by))

    @rule(which=st.randoms(use_true_random=False), keep=st.booleans())
    def news_arrive(self, which: random.Random, keep: bool) -> None:
        """Any that is under way; it may come again."""
        if self.news:
            one = which.randrange(len(self.news))
            self.news[one]()
            if not keep:
                self.news.pop(one)

    @rule(place=places)
    def the_level_is_read(self, place: int) -> None:
        service.level_read(self.work, SHOP, self.shelves.now((GYOKURO, place)), at=self.tick())

    # What staff and checkouts do here.

    @rule(place=places, delta=st.integers(-3, 3).filter(bool))
    def correct(self, place: int, delta: int) -> None:
        adjusting.correct(
            self.work,
            SHOP,
            item_id=GYOKURO,
            location_id=place,
            delta=delta,
            reason="other",
            by="staff:7",
            at=self.tick(),
        )

    @rule(place=places, off=st.integers(-2, 2))
    def count_the_shelf(self, place: int, off: int) -> None:
        level = known(self.work, location=place)
        adjusting.count(
            self.work,
            SHOP,
            item_id=GYOKURO,
            location_id=place,
            counted=max(0, level.on_hand + off),
            seen=level.moves,
            by="staff:7",
            at=self.tick(),
        )

    @rule(which=st.randoms(use_true_random=False))
    def take_back(self, which: random.Random) -> None:
        found = [one for place in PLACES for one in self._writes(place) if one.can_be_undone]
        if found:
            adjusting.undo(
                self.work, SHOP, which.choice(found).write_id, by="staff:8", at=self.tick()
            )

    @rule(lost=st.booleans())
    def the_platform_is_told(self, lost: bool) -> None:
        for place in PLACES:
            self._send(place, lose_answer=lost)

    @rule(place=places, count=units)
    def send_to_the_other_store(self, place: int, count: int) -> None:
        other = OLD_TOWN if place == HARBOUR else HARBOUR
        at = self.tick()
        name = transfers.ask(
            self.work,
            SHOP,
            {GYOKURO: count},
            from_location_id=place,
            to_location_id=other,
            by="staff:7",
            at=at,
        )
        transfers.send(self.work, SHOP, name, by="staff:7", at=at)
        transfers.receive(self.work, SHOP, name, by="staff:8", at=at)

    @rule(place=places, count=units, name=st.sampled_from("abc"))
    def hold(self, place: int, count: int, name: str) -> None:
        at = self.tick()
        before = self._promised(place, but=name)
        try:
            holds.place(
                self.work,
                SHOP,
                name,
                [(VARIANT, count)],
                location_id=place,
                channel="pickup",
                at=at,
                until=at + timedelta(seconds=20),
            )
        except RuleBroken:
            assert before < count
        else:
            assert before >= count
            assert self._promised(place, but=name) == before

    @rule(name=st.sampled_from("abc"))
    def let_go(self, name: str) -> None:
        there = bool(holds.units_of(self.work, SHOP, name))
        assert holds.release(self.work, SHOP, name, at=self.tick()) is there
        assert not holds.release(self.work, SHOP, name, at=self.at)

    @rule()
    def time_goes_by(self) -> None:
        self.at += timedelta(seconds=19)
        for name in "abc":
            holds.ran_out(self.work, SHOP, name, at=self.tick())
            assert not holds.ran_out(self.work, SHOP, name, at=self.at)

    # What holds after every step.

    @invariant()
    def movements_add_up_to_the_levels(self) -> None:
        for place in PLACES:
            level = known(self.work, location=place)
            assert summed(self.work, location=place) == (level.available, level.set_aside)
            assert level.booked == level.available

    @invariant()
    def what_is_set_aside_is_what_open_orders_wait_for(self) -> None:
        table = stock_sales.c
        for place in PLACES:
            waiting = self.work.scalar(
                select(func.sum(table.waiting)).where(table.location_id == place)
            )
            assert known(self.work, location=place).set_aside == (waiting or 0)

    @invariant()
    def what_is_pending_is_what_waits_to_be_told(self) -> None:
        table = stock_writes.c
        for place in PLACES:
            waiting = self.work.scalar(
                select(func.sum(table.delta)).where(
                    table.location_id == place, table.state == "waiting"
                )
            )
            assert known(self.work, location=place).pending == (waiting or 0)

    def both_say_the_same_in_the_end_and_only_edits_are_unexplained(self) -> None:
        for one in self.news:
            one()
        for place in PLACES:
            self._send(place, lose_answer=False)
            read = self.shelves.now((GYOKURO, place))
            service.level_read(self.work, SHOP, read, at=self.tick())
            level = known(self.work, location=place)
            assert level.pending == 0
            assert level.available == self.shelves.available[GYOKURO, place]
            assert level.unexplained == self.edits[place]
        self.movements_add_up_to_the_levels()

    def _told(self, now: StockLevel) -> None:
        def tell() -> None:
            service.level_changed(
                self.work,
                SHOP,
                inventory_item_id=now.inventory_item_id,
                location_id=now.location_id,
                available=now.available,
                updated_at=now.updated_at,
                at=self.at,
            )

        self._later(tell)

    def _later(self, news: Callable[[], None]) -> None:
        self.news.append(news)

    def _writes(self, place: int) -> tuple[adjusting.Write, ...]:
        return adjusting.writes(self.work, SHOP, GYOKURO, place, limit=100)

    def _send(self, place: int, *, lose_answer: bool) -> None:
        """Each change in its turn, as the outbox does."""
        for one in reversed(self._writes(place)):
            if one.state not in ("waiting", "heard"):
                continue
            for _ in range(3):
                kept = writing.to_send(self.work, SHOP, one.write_id)
                assert kept is not None and kept.expected is not None
                before = self.shelves.available[GYOKURO, place]
                try:
                    self._adjust(kept)
                except StaleWrite:
                    now = self.shelves.now((GYOKURO, place))
                    writing.stale(self.work, SHOP, one.write_id, now, at=self.tick())
                    continue
                if self.shelves.available[GYOKURO, place] != before:
                    self._told(self.shelves.now((GYOKURO, place)))
                break
            if lose_answer:
                return
            answer = self.shelves.now((GYOKURO, place))
            writing.sent(self.work, SHOP, one.write_id, answer, at=self.tick())

    def _adjust(self, kept: adjusting.Write) -> None:
        self.shelves.adjust_stock(
            inventory_item_id=kept.inventory_item_id,
            location_id=kept.location_id,
            delta=kept.delta,
            expected=kept.expected or 0,
            reason=kept.why,
            reference=kept.write_id,
            key=writing.attempt_key(kept),
        )

    def _promised(self, place: int, *, but: str) -> int:
        found = availability.numbers(
            self.work, SHOP, [GYOKURO], channel="pickup", at=self.at, hold_id=but
        )
        return max(0, found[GYOKURO, place].to_promise)


Stock.TestCase.settings = settings(
    max_examples=int(os.environ.get("HANDCART_STOCK_DAYS", "5")), stateful_step_count=15
)
TestStock = Stock.TestCase
