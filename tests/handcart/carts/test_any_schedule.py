"""Two to five browsers, and everything that can happen to them in any order.

Every good is put into a cart once and is like no other, so that it is plain where it should be in
the end: in exactly one cart, or in none. Reports and answers get lost, webhooks come late, twice
and out of order by a clock that is hours off, pages close in the middle, people sign in and out
with or without a page in between, and buy. What is not decided by the rules (a good that nobody
had heard of when its browser changed hands) may be lost, but never doubled.

``HANDCART_SCHEDULES`` says how many schedules are tried; ``make soak-carts`` tries very many.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from handcart.carts.snapshot import SnapshotLine

from .simulation import SimBrowser, SimWorld

SCHEDULES = int(os.environ.get("HANDCART_SCHEDULES", "60"))
# A run of its own for each so many: one remembers every schedule that it has tried.
AT_ONCE = 500
CUSTOMERS = (7, 8)
WHO = st.integers(0, 4)
NUMBER = st.integers(0, 30)


@dataclass
class Good:
    """``owner`` is a customer, or the guest at one browser; ``fate`` is what the rules say."""

    variant: int
    quantity: int
    owner: int | str
    fate: str = "there"
    put_by: int = -1
    known: bool = False
    removed_by: int = -1


class AnySchedule(RuleBasedStateMachine):
    World = SimWorld

    @initialize(
        count=st.integers(2, 5),
        skew=st.sampled_from([0.0, 3.0, -3.0, 7200.0, -7200.0]),
        forgetful=st.lists(st.booleans(), min_size=5, max_size=5),
        signed_in=st.booleans(),
    )
    def begin(self, count: int, skew: float, forgetful: list[bool], signed_in: bool) -> None:
        self.world = self.World(skew=skew)
        self.browsers = [
            SimBrowser(
                self.world,
                f"browser-{n}",
                customer_id=CUSTOMERS[0] if signed_in else None,
                forgetful=forgetful[n],
            )
            for n in range(count)
        ]
        self.goods: list[Good] = []
        self.unsettled: set[int] = set()
        self.orders: list[tuple[str, int, tuple[SnapshotLine, ...]]] = []

    def teardown(self) -> None:
        """However it went, everybody comes to rest at last; after a failure, that is shown."""
        if not hasattr(self, "world"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.come_to_rest()
        finally:
            self.world.close()

    def owner_at(self, who: int) -> int | str:
        return self.browsers[who].customer_id or f"guest at {who}"

    def at(self, who: int) -> int:
        return who % len(self.browsers)

    @rule(who=WHO, quantity=st.integers(1, 3))
    def put_in(self, who: int, quantity: int) -> None:
        who = self.at(who)
        good = Good(1000 + len(self.goods), quantity, self.owner_at(who), put_by=who)
        if who in self.unsettled:
            good.fate = "undecided"
        self.goods.append(good)
        self.browsers[who].cart.put_in(good.variant, quantity)

    @rule(who=WHO, number=NUMBER)
    def take_out(self, who: int, number: int) -> None:
        who = self.at(who)
        cart = self.browsers[who].cart
        if not cart.lines:
            return
        variant = cart.lines[number % len(cart.lines)].variant_id
        cart.put_to(variant, 0)
        good = self.goods[variant - 1000]
        if who in self.unsettled or good.owner != self.owner_at(who):
            good.fate = "undecided"
        elif good.fate == "there":
            good.fate, good.removed_by = "leaving", who

    @rule(who=WHO)
    def sync(self, who: int) -> None:
        who = self.at(who)
        if self.browsers[who].sync():
            self.was_heard(who)

    def was_heard(self, who: int) -> None:
        """The app knows what this browser shows, and the browser who it belongs to."""
        self.unsettled.discard(who)
        for good in self.goods:
            if good.put_by == who:
                good.known = True
            if good.fate == "leaving" and good.removed_by == who:
                good.fate = "gone"

    @rule(who=WHO, online=st.booleans())
    def connect(self, who: int, online: bool) -> None:
        self.browsers[self.at(who)].online = online

    @rule(who=WHO, steps=st.integers(0, 4))
    def close_the_page_midway(self, who: int, steps: int) -> None:
        browser = self.browsers[self.at(who)]
        browser.cart.closes_in = steps
        browser.sync()

    @rule(who=WHO)
    def lose_an_answer(self, who: int) -> None:
        browser = self.browsers[self.at(who)]
        browser.answer_lost = True
        browser.sync()
        browser.answer_lost = False

    @rule(who=WHO)
    def repeat_a_report(self, who: int) -> None:
        browser = self.browsers[self.at(who)]
        report, _ = browser.script.report()
        browser.post(report)
        browser.post(report)

    @rule(number=NUMBER)
    def deliver_a_webhook(self, number: int) -> None:
        if self.world.webhooks:
            self.world.deliver(self.world.webhooks[-1 - number % len(self.world.webhooks)])

    @rule(seconds=st.sampled_from([0.2, 8.0, 20.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(who=WHO, customer=st.sampled_from(CUSTOMERS))
    def sign_in(self, who: int, customer: int) -> None:
        who = self.at(who)
        browser = self.browsers[who]
        if browser.customer_id is not None:
            return
        for good in self.goods:
            if good.owner == f"guest at {who}":
                # Should the customer leave again before the app hears of it, it stays the guest's.
                good.owner, good.known = customer, False
        browser.customer_id = customer

    @rule(who=WHO)
    def sign_out(self, who: int) -> None:
        self.change_hands(who, None)

    @rule(who=WHO, customer=st.sampled_from(CUSTOMERS))
    def hand_over(self, who: int, customer: int) -> None:
        self.change_hands(who, customer)

    def change_hands(self, who: int, customer: int | None) -> None:
        who = self.at(who)
        browser = self.browsers[who]
        if browser.customer_id in (None, customer):
            return
        browser.customer_id = customer
        self.unsettled.add(who)
        for good in self.goods:
            if (good.put_by == who and not good.known) or good.removed_by == who:
                good.fate = "gone" if good.fate == "gone" else "undecided"

    @rule(who=WHO)
    def buy(self, who: int) -> None:
        """The cart page reports, then everything in the cart is paid for."""
        who = self.at(who)
        browser = self.browsers[who]
        if not browser.sync() or not browser.cart.lines:
            return
        self.was_heard(who)
        bought = browser.cart.snapshot()
        self.orders.append((browser.cart.token, 900 + len(self.orders), bought))
        browser.fresh_cart()
        for line in bought:
            self.goods[line.variant_id - 1000].fate = "gone"

    @rule(number=NUMBER)
    def deliver_an_order(self, number: int) -> None:
        if self.orders:
            self.world.order(*self.orders[number % len(self.orders)])

    @rule()
    def come_to_rest(self) -> None:
        for order in self.orders:
            self.world.order(*order)
        rounds, written = 0, -1
        while rounds < 2 or written != len(self.world.webhooks):
            rounds, written = rounds + 1, len(self.world.webhooks)
            self.world.wait(20)
            for who, browser in enumerate(self.browsers):
                browser.online = True
                assert browser.sync()
                self.was_heard(who)
        assert rounds <= 3
        self.everything_is_where_it_belongs()

    def everything_is_where_it_belongs(self) -> None:
        held: dict[int | str, dict[int, int]] = {
            customer: self.world.customer_cart(customer) for customer in CUSTOMERS
        }
        for who, browser in enumerate(self.browsers):
            shown = {line.variant_id: line.quantity for line in browser.cart.lines}
            if browser.customer_id is None:
                held[f"guest at {who}"] = shown
            else:
                assert shown == held[browser.customer_id]
        for good in self.goods:
            found = {o: cart[good.variant] for o, cart in held.items() if good.variant in cart}
            if good.fate == "there":
                assert found == {good.owner: good.quantity}
            elif good.fate == "gone":
                assert found == {}
            else:
                assert sum(found.values()) <= good.quantity
        assert self.world.refusals == []


@pytest.mark.parametrize("first", range(0, SCHEDULES, AT_ONCE))
def test_under_any_schedule_all_converge_and_nothing_is_doubled_lost_or_back_from_the_dead(
    first: int,
) -> None:
    count = min(AT_ONCE, SCHEDULES - first)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        AnySchedule, settings=settings(max_examples=count, stateful_step_count=30, deadline=None)
    )
