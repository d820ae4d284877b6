"""A pickup, its store, its shopper, its platform and time, all at once and in any order.

The platform here is a model that counts units; what the outbox tells it is carried out late, and
what it tells comes late, twice, or never.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import Connection, delete, select

from handcart.errors import BadInput, NotFound, RuleBroken
from handcart.keys import Keyring
from handcart.pickups import (
    OrderSeen,
    Pickup,
    Stage,
    State,
    acts,
    elsewhere,
    exchanging,
    life,
    service,
    shipments,
    shipping,
    steps,
    store,
)
from handcart.pickups.life import Clock
from handcart.pickups.states import header
from handcart.platform.port import FulfillmentLine, FulfillmentOrder, Swap
from handcart.stock import holds, transfers
from handcart.stock.transfers import Transfer
from handcart.storage.outbox import tasks
from tests import memory
from tests.handcart.stock.shelves import HARBOUR, OLD_TOWN, VARIANTS, known, stocked, summed

from .builders import AT

SHOP = "juniper-tea.myshopify.com"
KEYS = Keyring(["a secret of the tests that is long enough"])
# `make soak` plays for longer.
EXAMPLES = int(os.environ.get("HANDCART_SOAK_PICKUPS", "6"))
# What is offered for a line, and as which line the platform would add it.
INSTEAD, ADDED = {71: "SKU-702", 72: "SKU-701"}, {71: 73, 72: 74}
HOME = shipping.postal_address(name="Mina Sato", street="Elm 1", town="Varna", country="BG")
OURS = (RuleBroken, BadInput, NotFound)


@dataclass
class Platform:
    """What the platform knows of one order: of every line its units in all, and those left."""

    total: dict[int, int] = field(default_factory=lambda: {71: 3, 72: 1})
    left: dict[int, int] = field(default_factory=lambda: {71: 3, 72: 1})
    refunded: int = 0
    exchanged: int = 0
    status: str = "open"
    location_id: int = 31
    cancelled_at: datetime | None = None
    at: datetime = AT

    @property
    def handed_out(self) -> int:
        return sum(self.total.values()) - sum(self.left.values())

    def fulfil(self, lines: dict[str, int], left: dict[str, int]) -> None:
        for line, units in lines.items():
            over = self.left[int(line)] - left[line]
            self.left[int(line)] -= max(0, min(units, over))
        self._close()

    def refund(self, lines: dict[str, int], left: dict[str, int]) -> None:
        for line, units in lines.items():
            self._take(int(line), min(units, self.left[int(line)] - left[line]))
        self._close()

    def exchange(self, swap: Swap, left: dict[str, int]) -> None:
        units = max(0, min(swap.units, self.left[swap.line_id] - left[str(swap.line_id)]))
        new = ADDED[swap.line_id]
        for counts in (self.left, self.total):
            counts[swap.line_id] -= units
            counts[new] = counts.get(new, 0) + units
        self.exchanged += units

    def cancel_order(self) -> None:
        if self.handed_out or self.cancelled_at:
            return  # refused: something has left
        for line in self.left:
            self._take(line, self.left[line])
        self.status, self.cancelled_at = "closed", self.at

    def _take(self, line: int, units: int) -> None:
        units = max(0, units)
        self.left[line] -= units
        self.total[line] -= units
        self.refunded += units

    def _close(self) -> None:
        if self.status in ("open", "in_progress", "on_hold") and not any(self.left.values()):
            self.status = "closed"

    def work(self) -> FulfillmentOrder:
        return FulfillmentOrder(
            fulfillment_order_id=9001,
            order_id=1001,
            order_name="#1001",
            method="pick_up",
            status=self.status,
            location_id=self.location_id,
            customer_name="Mina Sato",
            customer_id=77,
            covers_order=not self.handed_out,
            updated_at=self.at,
            lines=tuple(
                FulfillmentLine(line, 430 + line, "Gyokuro", "GYO", self.left[line], total)
                for line, total in self.total.items()
            ),
        )

    def order(self) -> OrderSeen:
        return OrderSeen(
            order_id=1001,
            name="#1001",
            order_token="a1b2",
            customer_id=77,
            customer_name="Mina Sato",
            updated_at=self.at,
            cancelled_at=self.cancelled_at,
            fulfilled=bool(self.handed_out) and not any(self.left.values()),
        )


class Counter(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._engine = memory.lend()
        self._at = AT
        self._platform = Platform()
        self._told: list[FulfillmentOrder | OrderSeen] = []
        self._ended: Pickup | None = None
        # The merchant did something that was not heard yet, and goods moved here meanwhile: both
        # happened, and no news can undo either.
        self._behind = False
        self._crossed = False
        # What was sent from one store to the other and never came.
        self._lost = 0
        # Units that other orders send.
        self._sent = 0
        with self._engine.begin() as work:
            stocked(work, AT)

    def teardown(self) -> None:
        memory.give_back(self._engine)

    def _hear(self, work: Connection, news: FulfillmentOrder | OrderSeen) -> None:
        if isinstance(news, OrderSeen):
            service.order_seen(work, SHOP, order=news, at=self._at)
        else:
            service.request_pickup(work, SHOP, news, at=self._at)

    def _pickup(self) -> Pickup:
        with self._engine.begin() as view:
            return store.get(view, SHOP, "9001")

    def _waiting(self, kind: str) -> list[Any]:
        with self._engine.begin() as view:
            return list(
                view.execute(
                    select(tasks).where(tasks.c.kind == kind).order_by(tasks.c.place)
                ).all()
            )

    def _do(self, act: Any, **more: Any) -> None:
        """One use case in one transaction; a refusal changes nothing."""
        self._crossed |= self._behind
        try:
            with self._engine.begin() as work:
                act(work, SHOP, "9001", at=self._at, **more)
        except OURS:
            return

    @initialize()
    def ordered(self) -> None:
        with self._engine.begin() as work:
            self._hear(work, self._platform.work())

    @rule(minutes=st.sampled_from([1, 10, 60, 24 * 60, 8 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self._at += timedelta(minutes=minutes)

    @rule()
    def clocks_go_off(self) -> None:
        for task in self._waiting("job"):
            if task.name == "pickup_timer" and task.due_at <= self._at:
                with self._engine.begin() as work:
                    clock = Clock(task.payload["clock"])
                    acts.clock_went_off(work, SHOP, "9001", clock=clock, at=self._at)
                    work.execute(delete(tasks).where(tasks.c.key == task.key))

    @rule(act=st.sampled_from([acts.accept, acts.start_picking, acts.restock, service.mark_ready]))
    def staff_act(self, act: Any) -> None:
        self._do(act, by="staff:7")

    @rule(line=st.sampled_from([71, 72]), units=st.integers(1, 3))
    def staff_pack(self, line: int, units: int) -> None:
        self._do(acts.pack, units={line: units}, by="staff:7")

    @rule(line=st.sampled_from([71, 72]), units=st.integers(1, 3), offer=st.booleans())
    def staff_miss(self, line: int, units: int, offer: bool) -> None:
        named = {"instead": {line: [INSTEAD[line]]}} if offer else {}
        self._do(
            acts.report_missing, units={line: units}, reason="not_found", by="staff:7", **named
        )

    @rule(everything=st.booleans())
    def shopper_has_it_sent(self, everything: bool) -> None:
        more = {"address": HOME, "keyring": KEYS, "everything": everything}
        self._do(shipping.ship, by="shopper", **more)

    @rule(line=st.sampled_from([71, 72]))
    def shopper_takes_a_substitute(self, line: int) -> None:
        self._do(exchanging.accept, line_id=line, variant_id=573 - line, by="shopper")

    @rule(units=st.sampled_from([None, {71: 1}, {72: 1}, {71: 2, 72: 1}]))
    def staff_hand_over(self, units: dict[int, int] | None) -> None:
        self._do(service.hand_over, code=None, keyring=KEYS, units=units, by="staff:7")

    @rule(by=st.sampled_from(["manager:7", "shopper"]))
    def somebody_cancels(self, by: str) -> None:
        reason = "changed_mind" if by == "shopper" else "other"
        self._do(service.cancel, reason=reason, by=by)

    @rule(act=st.sampled_from([acts.wait_for_missing, acts.drop_missing, acts.extend]))
    def shopper_chooses(self, act: Any) -> None:
        self._do(act, by="shopper")

    @rule(act=st.sampled_from([elsewhere.bring, elsewhere.collect_at, elsewhere.do_without]))
    def another_store_is_asked(self, act: Any) -> None:
        other = HARBOUR + OLD_TOWN - self._pickup().location_id
        more = {elsewhere.bring: "from_location_id", elsewhere.collect_at: "location_id"}
        named = {more[act]: other} if act in more else {}
        self._do(act, by="shopper", **named)

    @rule(what=st.sampled_from(["send", "call_off", "receive", "lose"]))
    def the_other_store_does_its_part(self, what: str) -> None:
        for one in self._transfers():
            try:
                with self._engine.begin() as work:
                    self._move_goods(work, one, what)
            except OURS:
                return

    def _move_goods(self, work: Connection, one: Transfer, what: str) -> None:
        name, at = one.transfer_id, self._at
        if what == "send":
            elsewhere.send(work, SHOP, name, by="staff:8", at=at)
        elif what == "call_off":
            elsewhere.call_off(work, SHOP, name, by="staff:8", at=at)
        elif what == "receive":
            elsewhere.receive(work, SHOP, name, by="staff:7", at=at)
        else:
            elsewhere.receive(work, SHOP, name, by="staff:7", at=at, units={}, why="lost")
            self._lost += one.under_way

    def _transfers(self) -> tuple[Transfer, ...]:
        with self._engine.begin() as view:
            return transfers.of_location(view, SHOP, HARBOUR)

    @rule(act=st.sampled_from([acts.set_off, acts.arrive]))
    def shopper_comes(self, act: Any) -> None:
        self._do(act, note="a red car", by="shopper")

    @rule(times=st.integers(1, 2))
    def outbox_is_carried_out(self, times: int) -> None:
        """Everything that waits, in its order, each thing once or twice."""
        for task in self._to_tell():
            for _ in range(times):
                self._tell(task.name, task.payload)
            with self._engine.begin() as work:
                work.execute(delete(tasks).where(tasks.c.key == task.key))

    def _to_tell(self) -> list[Any]:
        told = (steps.MOVE, exchanging.EXCHANGE, shipping.SEND)
        jobs = [task for task in self._waiting("job") if task.name in told]
        return sorted(self._waiting("call") + jobs, key=lambda task: task.place)

    def _tell(self, name: str, payload: dict[str, Any]) -> None:
        self._changes()
        if name == steps.MOVE:
            if self._platform.status in ("open", "in_progress"):
                self._platform.location_id = payload["location_id"]
            elif self._platform.location_id != payload["location_id"]:
                with self._engine.begin() as work:
                    was = payload["was"]
                    elsewhere.not_moved(work, SHOP, "9001", location_id=was, at=self._at)
            return
        if name == exchanging.EXCHANGE:
            self._exchange(payload)
            return
        if name == shipping.SEND:
            self._send(payload)
            return
        if name == "cancel_order":
            self._platform.cancel_order()
        elif name != "prepare_for_pickup":
            getattr(self._platform, name)(payload["lines"], payload["left"])

    def _exchange(self, payload: dict[str, Any]) -> None:
        """As the job does it: what the platform refused before is not asked for again."""
        swap = Swap(**payload["swap"])
        with self._engine.begin() as work:
            if exchanging.is_called_off(work, SHOP, "9001", since=payload["version"]):
                return
            if self._platform.status in ("open", "in_progress"):
                self._platform.exchange(swap, payload["left"])
                service.request_pickup(work, SHOP, self._platform.work(), at=self._at)
                exchanging.exchanged(work, SHOP, "9001", at=self._at)
            else:
                exchanging.not_exchanged(work, SHOP, "9001", swap, at=self._at)

    def _send(self, payload: dict[str, Any]) -> None:
        """As the job does it, from the order that was placed to what leaves the first one."""
        with self._engine.begin() as work:
            shipment = shipping.wanted(work, SHOP, "9001", payload["version"])
            if shipment is None:
                return
            owed = shipments.is_owed(shipment, self._platform.work().lines)
            closed = self._platform.status not in ("open", "in_progress")
            if not shipment.order_id and (closed or not owed):
                shipping.not_sent(work, SHOP, shipment, at=self._at)
                return
            if not shipment.order_id:
                shipments.placed(work, SHOP, shipment, 5001)
                self._sent += sum(shipment.lines.values())
            self._platform.refund(shipment.lines, shipment.left)
            service.request_pickup(work, SHOP, self._platform.work(), at=self._at)
            shipping.sent(work, SHOP, "9001", at=self._at)

    def _changes(self) -> None:
        """The platform counts seconds, and no two of its changes share one here."""
        self._told += [self._platform.work(), self._platform.order()]
        self._platform.at = max(self._platform.at + timedelta(seconds=1), self._at)

    @precondition(lambda self: self._platform.status in ("open", "in_progress"))
    @rule(what=st.sampled_from(["refund", "fulfil", "move", "hold", "cancel"]))
    def merchant_acts_in_the_admin(self, what: str) -> None:
        self.outbox_is_carried_out(times=1)
        self._changes()
        self._behind = True
        one = {line: left - 1 for line, left in self._platform.left.items()}
        keep = {str(line): max(0, left) for line, left in one.items()}
        every = {str(line): 1 for line in self._platform.left}
        if what in ("refund", "fulfil"):
            getattr(self._platform, what)(every, keep)
        elif what == "move":
            self._platform.location_id = HARBOUR + OLD_TOWN - self._platform.location_id
        elif what == "hold":
            self._platform.status = "on_hold"
        else:
            self._platform.cancel_order()

    @precondition(lambda self: self._platform.status == "on_hold")
    @rule()
    def merchant_releases(self) -> None:
        self._changes()
        self._platform.status = "open"

    @rule()
    def the_newest_is_heard(self) -> None:
        self._behind = False
        with self._engine.begin() as work:
            self._hear(work, self._platform.order())
            self._hear(work, self._platform.work())

    @precondition(lambda self: bool(self._told))
    @rule(data=st.data())
    def something_old_is_heard(self, data: st.DataObject) -> None:
        with self._engine.begin() as work:
            self._hear(work, data.draw(st.sampled_from(self._told)))

    @precondition(lambda self: not self._to_tell())
    @rule()
    def at_rest_both_sides_agree(self) -> None:
        """Once everything is told and heard, the same units are owed here and there."""
        self.the_newest_is_heard()
        if self._to_tell() or self._crossed:
            return
        pickup = self._pickup()
        owed = {line.line_id: line.asked - line.collected for line in pickup.lines}
        if pickup.open:
            assert {line: n for line, n in owed.items() if n} == {
                line: n for line, n in self._platform.left.items() if n
            }
            assert pickup.location_id == self._platform.location_id
            assert pickup.held is (self._platform.status == "on_hold")
        collected = sum(line.collected for line in pickup.lines)
        dropped = sum(line.dropped for line in pickup.lines)
        # "The order is fulfilled" says no more than that: not how much of it had been refunded.
        if pickup.stage is not Stage.COLLECTED:
            gone = self._platform.refunded + self._platform.exchanged
            assert (collected, dropped) == (self._platform.handed_out, gone)

    @invariant()
    def units_are_counted_right(self) -> None:
        for line in self._pickup().lines:
            assert min(line.collected, line.packed, line.missing, line.dropped) >= 0
            assert line.collected <= line.packed
            assert line.packed + line.missing + line.dropped <= line.quantity

    @invariant()
    def goods_are_in_one_store_or_the_other_or_under_way(self) -> None:
        under_way = sum(one.under_way for one in self._transfers())
        with self._engine.begin() as view:
            for item in VARIANTS:
                for place in (HARBOUR, OLD_TOWN):
                    level = known(view, item, place)
                    assert summed(view, item, place) == (level.available, level.set_aside)
            lying = sum(
                known(view, item, place).available
                for item in VARIANTS
                for place in (HARBOUR, OLD_TOWN)
            )
        assert lying + under_way + self._lost == 40

    @invariant()
    def what_is_asked_for_is_what_the_pickup_waits_for(self) -> None:
        asked = [one for one in self._transfers() if one.state is transfers.Stage.REQUESTED]
        assert bool(asked) is (self._pickup().state is State.TRANSFER)
        for one in asked:
            with self._engine.begin() as view:
                held = holds.units_of(view, SHOP, f"transfer:{one.transfer_id}")
            wanted = {line.inventory_item_id: line.asked for line in one.lines}
            assert held == {(item, one.from_location_id): n for item, n in wanted.items()}

    @invariant()
    def what_is_held_in_its_place_is_what_it_waits_for(self) -> None:
        pickup = self._pickup()
        with self._engine.begin() as view:
            held = holds.units_of(view, SHOP, "substitute:9001")
            waiting = holds.known(view, [(SHOP, "substitute:9001")])
        if pickup.state is State.SUBSTITUTING:
            assert sum(held.values()) <= sum(line.missing for line in pickup.lines)
        else:
            assert not waiting

    @invariant()
    def what_is_kept_to_be_sent_is_what_it_waits_for(self) -> None:
        with self._engine.begin() as view:
            waiting = holds.known(view, [(SHOP, "shipment:9001")])
        assert not waiting or self._pickup().state is State.SENDING

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        assert self._sent <= 4 - self._platform.handed_out - sum(self._platform.left.values())

    @invariant()
    def nothing_is_both_handed_over_and_refunded(self) -> None:
        platform = self._platform
        assert platform.handed_out + platform.refunded + sum(platform.left.values()) == 4

    @invariant()
    def the_state_follows_from_the_lines(self) -> None:
        pickup = self._pickup()
        assert pickup.state is header(pickup.stage, pickup.lines)

    @invariant()
    def what_has_ended_stays_as_it_ended(self) -> None:
        pickup = self._pickup()
        if self._ended is not None:
            assert replace(pickup, covers_order=True, held=False) == self._ended
        elif not pickup.open:
            self._ended = replace(pickup, covers_order=True, held=False)

    @invariant()
    def clocks_run_beside_it_and_no_others(self) -> None:
        wanted = {(clock.value, due) for clock, due in life.timers(self._pickup()).items()}
        running = {
            (task.payload["clock"], task.due_at)
            for task in self._waiting("job")
            if task.name == steps.TIMER
        }
        assert running <= wanted
        assert all(due <= self._at for _, due in wanted - running)

    @invariant()
    def every_change_is_a_row(self) -> None:
        with self._engine.begin() as view:
            pickup = store.get(view, SHOP, "9001")
            changes = store.changes(view, SHOP, "9001")
        assert [change.version for change in changes] == list(range(1, pickup.version + 1))
        for before, after in zip(changes, changes[1:], strict=False):
            assert after.start is before.wanted
            assert before.at <= after.at
        assert changes[-1].wanted is pickup.state


TestCounter = Counter.TestCase
TestCounter.settings = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
