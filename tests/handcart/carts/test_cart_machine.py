"""Browsers of one shopper under partitions, closed pages, lost answers and late webhooks."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from handcart.testing.script import MARK

from .simulation import SimBrowser, SimWorld

MIRA = 7
VARIANTS = (101, 102)
ENGRAVED = {"Engraving": "Mira"}

browsers = st.integers(0, 2)
variants = st.sampled_from(VARIANTS)
few = st.integers(1, 3)


class Disturbed(RuleBasedStateMachine):
    """What may go wrong at any time; subclasses say what the shopper does."""

    @initialize(
        skew=st.sampled_from([0.0, 2.0, -3.0, -3600.0]),
        forgetful=st.lists(st.booleans(), min_size=3, max_size=3),
        webhooks=st.booleans(),
    )
    def begin(self, skew: float, forgetful: list[bool], webhooks: bool) -> None:
        self.world = SimWorld(skew=skew)
        self.with_webhooks = webhooks
        self.browsers = [
            SimBrowser(self.world, f"browser-{n}", customer_id=MIRA, forgetful=each)
            for n, each in enumerate(forgetful)
        ]

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    @rule(who=browsers)
    def sync(self, who: int) -> None:
        self.browsers[who].sync()

    @rule(who=browsers, steps=st.integers(0, 4))
    def close_page_midway(self, who: int, steps: int) -> None:
        """In the middle of lines that need a call each, the next page comes before a click."""
        browser = self.browsers[who]
        browser.cart.closes_in = steps
        browser.sync()
        if browser.cart.attributes.get(MARK, "").endswith("~"):
            browser.sync()

    @rule(who=browsers)
    def lose_an_answer(self, who: int) -> None:
        self.browsers[who].answer_lost = True
        self.browsers[who].sync()
        self.browsers[who].answer_lost = False

    @rule(who=browsers)
    def send_a_report_twice(self, who: int) -> None:
        browser = self.browsers[who]
        report, _ = browser.script.report()
        browser.post(report)
        browser.post(report)

    @rule(who=browsers, number=st.integers(0, 50))
    def deliver_a_webhook(self, who: int, number: int) -> None:
        """Any webhook so far, so that they come late, twice and out of order."""
        if self.with_webhooks and self.world.webhooks:
            at = -1 - number % len(self.world.webhooks)
            self.world.deliver(self.world.webhooks[at])

    @rule(seconds=st.sampled_from([0.2, 3.0, 8.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    def settle(self) -> None:
        for browser in (*self.browsers, *self.browsers):
            browser.online = True
            browser.answer_lost = False
            assert browser.sync()

    def assert_converged(self) -> None:
        shown = [browser.cart.quantities() for browser in self.browsers]
        assert shown[0] == shown[1] == shown[2]
        assert self.world.refusals == []


class OnlyAdding(Disturbed):
    """Everybody adds, nobody removes: in the end there is the exact sum, on every browser."""

    @initialize()
    def start(self) -> None:
        self.added = dict.fromkeys(VARIANTS, 0)

    @rule(who=browsers, variant=variants, quantity=few, engraved=st.booleans())
    def add(self, who: int, variant: int, quantity: int, engraved: bool) -> None:
        properties = ENGRAVED if engraved else {}
        self.browsers[who].cart.put_in(variant, quantity, properties)
        self.added[variant] += quantity

    @rule(who=browsers)
    def tab_reports_late(self, who: int) -> None:
        """A second tab read the cart, the first went on, then the second's report arrives."""
        browser = self.browsers[who]
        old, _ = browser.script.report()
        browser.cart.put_in(VARIANTS[0], 1)
        self.added[VARIANTS[0]] += 1
        browser.sync()
        browser.post(old)

    @rule()
    def everything_is_there_once(self) -> None:
        self.settle()
        self.assert_converged()
        held = {v: self.browsers[0].cart.quantity(v) for v in VARIANTS}
        assert held == self.added


class OneHandPerLine(Disturbed):
    """Between two moments of rest each line is changed in one browser only, in any way."""

    @initialize()
    def start(self) -> None:
        self.hand: dict[int, int] = {}
        self.expected = dict.fromkeys(VARIANTS, 0)

    @rule(who=browsers, variant=variants, quantity=st.integers(0, 4))
    def change(self, who: int, variant: int, quantity: int) -> None:
        if self.hand.setdefault(variant, who) != who:
            return
        cart = self.browsers[who].cart
        if quantity and not cart.quantity(variant):
            cart.put_in(variant, quantity)
        else:
            cart.put_to(variant, quantity)
        self.expected[variant] = cart.quantity(variant)

    @rule()
    def rest(self) -> None:
        self.settle()
        self.assert_converged()
        held = {v: self.browsers[0].cart.quantity(v) for v in VARIANTS}
        assert held == self.expected
        self.hand.clear()


TestOnlyAdding = OnlyAdding.TestCase
TestOnlyAdding.settings = settings(max_examples=35, stateful_step_count=30, deadline=None)
TestOneHandPerLine = OneHandPerLine.TestCase
TestOneHandPerLine.settings = settings(max_examples=35, stateful_step_count=30, deadline=None)
