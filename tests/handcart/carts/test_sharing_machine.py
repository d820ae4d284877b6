"""People come and go on shared browsers; the expected carts are worked out by hand beside them."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from .simulation import SimBrowser, SimWorld

CUSTOMERS = (7, 8)
VARIANTS = (101, 102)

browsers = st.integers(0, 1)
variants = st.sampled_from(VARIANTS)


class Sharing(RuleBasedStateMachine):
    """Two browsers, two customers and guests. Each acts, then every browser is shown again.

    Webhooks of any age arrive in between, answers get lost, pages close.
    """

    @initialize(skew=st.sampled_from([0.0, 3600.0]), forgetful=st.booleans())
    def begin(self, skew: float, forgetful: bool) -> None:
        self.world = SimWorld(skew=skew)
        self.browsers = [
            SimBrowser(self.world, "kiosk", forgetful=forgetful),
            SimBrowser(self.world, "phone"),
        ]
        self.owned: dict[int, dict[int, int]] = {customer: {} for customer in CUSTOMERS}
        self.guests: list[dict[int, int]] = [{}, {}]
        self.left: list[dict[int, set[int]]] = [{}, {}]
        self.have_carts: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    def expected(self, who: int) -> dict[int, int]:
        customer = self.browsers[who].customer_id
        return self.guests[who] if customer is None else self.owned[customer]

    def remember_what_was_left(self, who: int) -> None:
        """A browser remembers which lines of the last cart it showed, of one customer only."""
        customer = self.browsers[who].customer_id
        if customer in self.have_carts:
            self.left[who] = {customer: set(self.owned[customer])}

    @rule(who=browsers, variant=variants, quantity=st.integers(0, 3))
    def change(self, who: int, variant: int, quantity: int) -> None:
        browser, expected = self.browsers[who], self.expected(who)
        if quantity and not browser.cart.quantity(variant):
            browser.cart.put_in(variant, quantity)
        else:
            browser.cart.put_to(variant, quantity)
        expected.pop(variant, None)
        if quantity:
            expected[variant] = quantity
        self.look()

    @rule(who=browsers, customer=st.sampled_from(CUSTOMERS))
    def sign_in(self, who: int, customer: int) -> None:
        browser = self.browsers[who]
        if browser.customer_id is not None:
            return
        browser.customer_id = customer
        owned = self.owned[customer]
        shared = self.left[who].pop(customer, set())
        for variant, quantity in self.guests[who].items():
            before = owned.get(variant, 0)
            both = max(before, quantity) if variant in shared else before + quantity
            owned[variant] = both
        self.guests[who] = {}
        self.look()

    @rule(who=browsers)
    def sign_out(self, who: int) -> None:
        browser = self.browsers[who]
        if browser.customer_id is None:
            return
        self.remember_what_was_left(who)
        browser.customer_id = None
        self.look()

    @rule(who=browsers, customer=st.sampled_from(CUSTOMERS))
    def change_hands(self, who: int, customer: int) -> None:
        """Somebody else signs in without a page in between."""
        browser = self.browsers[who]
        if browser.customer_id in (None, customer):
            return
        self.remember_what_was_left(who)
        browser.customer_id = customer
        self.look()

    @precondition(lambda self: self.world.webhooks)
    @rule(number=st.integers(0, 50))
    def deliver_a_webhook(self, number: int) -> None:
        at = -1 - number % len(self.world.webhooks)
        self.world.deliver(self.world.webhooks[at])
        self.look()

    @rule(who=browsers, steps=st.integers(0, 4))
    def be_disturbed(self, who: int, steps: int) -> None:
        browser = self.browsers[who]
        browser.cart.closes_in = steps
        browser.sync()
        browser.answer_lost = True
        browser.sync()
        browser.answer_lost = False
        self.look()

    @rule(seconds=st.sampled_from([1.0, 10.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    def look(self) -> None:
        """Every browser shows exactly what is its user's, twice around."""
        for _ in range(2):
            for browser in self.browsers:
                assert browser.sync()
        for who, browser in enumerate(self.browsers):
            shown = {v: browser.cart.quantity(v) for v in VARIANTS if browser.cart.quantity(v)}
            assert shown == self.expected(who)
        self.have_carts |= {customer for customer, cart in self.owned.items() if cart}
        for customer, cart in self.owned.items():
            assert self.world.customer_cart(customer) == cart
        assert self.world.refusals == []


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
