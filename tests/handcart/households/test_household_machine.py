"""People share a cart, come and go, and change it from pages of any age.

Every good is put into a cart once and is like no other, so that it is plain where it should be in
the end, how many of it, and who put it there. Every act of everybody is tried: what the roles do
not allow has to be refused and to change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from handcart.carts.line_key import Item
from handcart.errors import Denied, NotFound
from handcart.households import filling, service
from tests.handcart.carts.simulation import SHOP, SimBrowser, SimWorld, key_of

MIRA, OTTO, NINA = 7, 8, 9
NAMES = {MIRA: "Mira", OTTO: "Otto", NINA: "Nina"}
members = st.sampled_from([OTTO, NINA])
anybody = st.sampled_from([MIRA, OTTO, NINA])
browsers = st.integers(0, 1)
NUMBER = st.integers(0, 30)


@dataclass
class Good:
    """``owner`` is in whose cart it should be, None once it was taken out."""

    variant: int
    quantity: int
    owner: int | None
    added_by: str = ""


class Household(RuleBasedStateMachine):
    """Two browsers of the owner's, one of each member's; pages of the shared cart of any age."""

    @initialize()
    def begin(self) -> None:
        self.world = SimWorld()
        self.owned = [SimBrowser(self.world, f"mira {n}", customer_id=MIRA) for n in range(2)]
        self.others = {
            who: SimBrowser(self.world, NAMES[who], customer_id=who) for who in (OTTO, NINA)
        }
        with self.world.engine.begin() as work:
            made = service.begin(work, SHOP, owner_id=MIRA, name="Mira", at=self.world.at)
        self.home = made.household_id
        self.roles = {MIRA: "owner"}
        self.goods: list[Good] = []
        self.pages: dict[int, dict[str, int]] = {}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    def one(self, number: int, owner: int) -> Good | None:
        mine = [good for good in self.goods if good.owner == owner]
        return mine[number % len(mine)] if mine else None

    @rule(which=browsers, quantity=st.integers(1, 3))
    def the_owner_puts_in(self, which: int, quantity: int) -> None:
        good = Good(1000 + len(self.goods), quantity, MIRA)
        self.goods.append(good)
        self.owned[which].cart.put_in(good.variant, quantity)
        self.look()

    @rule(which=browsers, number=NUMBER, quantity=st.integers(0, 4))
    def the_owner_changes(self, which: int, number: int, quantity: int) -> None:
        good = self.one(number, MIRA)
        if good is None:
            return
        self.owned[which].cart.put_to(good.variant, quantity)
        good.quantity = quantity
        if not quantity:
            good.owner = None
        self.look()

    @rule(who=members, quantity=st.integers(1, 3))
    def a_member_shops_for_themselves(self, who: int, quantity: int) -> None:
        good = Good(1000 + len(self.goods), quantity, who)
        self.goods.append(good)
        self.others[who].cart.put_in(good.variant, quantity)
        self.look()

    @rule(who=members, number=NUMBER, twice=st.booleans())
    def put_in_together(self, who: int, number: int, twice: bool) -> None:
        good = self.one(number, who)
        if good is None:
            return
        for _ in range(1 + twice):
            error = self.attempt(
                lambda work: filling.put_in(
                    work,
                    SHOP,
                    self.home,
                    key_of(good.variant),
                    customer_id=who,
                    at=self.world.at,
                )
            )
            assert error is self.refusal(who)
        if self.refusal(who) is None:
            good.owner, good.added_by = MIRA, NAMES[who]
        self.look()

    @rule(who=anybody)
    def open_the_page(self, who: int) -> None:
        try:
            with self.world.engine.begin() as view:
                cart = filling.look(view, SHOP, self.home, customer_id=who)
        except NotFound:
            assert who not in self.roles
            return
        assert who in self.roles
        assert self.shared() == {
            line.item.variant_id: (line.quantity, line.added_by) for line in cart.lines
        }
        self.pages[who] = dict(cart.seen)

    @rule(who=anybody, number=NUMBER, quantity=st.integers(0, 4))
    def change_on_a_page_of_any_age(self, who: int, number: int, quantity: int) -> None:
        good = self.one(number, MIRA)
        seen = self.pages.get(who)
        if good is None or seen is None:
            return
        was = self.number_unseen(good, seen)
        error = self.attempt(
            lambda work: filling.change(
                work,
                SHOP,
                self.home,
                Item.of(good.variant, None, {}).key,
                quantity=quantity,
                seen=seen,
                customer_id=who,
                at=self.world.at,
            )
        )
        assert error is self.refusal(who)
        if error is None:
            self.changed(good, quantity, unseen=was)
        self.look()

    def number_unseen(self, good: Good, seen: dict[str, int]) -> bool:
        """Whether the page is older than what is to be known of the line now."""
        with self.world.engine.begin() as view:
            stored = filling._cart(view, SHOP, MIRA)
        line = stored.cart.lines[key_of(good.variant)]
        return bool(line.beyond(seen))

    def changed(self, good: Good, quantity: int, *, unseen: bool) -> None:
        """What a page had not seen stays: only then is the sum to be read from the cart."""
        if unseen:
            with self.world.engine.begin() as view:
                good.quantity = filling._cart(view, SHOP, MIRA).cart.quantity(key_of(good.variant))
        else:
            good.quantity = quantity
        if not good.quantity:
            good.owner = None

    @rule(who=members, role=st.sampled_from(["editor", "viewer"]))
    def join(self, who: int, role: str) -> None:
        with self.world.engine.begin() as work:
            _, secret = service.invite(
                work, SHOP, self.home, customer_id=MIRA, role=role, at=self.world.at
            )
            service.join(work, SHOP, secret, customer_id=who, name=NAMES[who], at=self.world.at)
            service.store.drop_links(work, SHOP, self.home)
        self.roles.setdefault(who, role)

    @rule(who=members, by_the_owner=st.booleans())
    def leave(self, who: int, by_the_owner: bool) -> None:
        by = MIRA if by_the_owner else who
        error = self.attempt(
            lambda work: service.remove(
                work, SHOP, self.home, who, customer_id=by, at=self.world.at
            )
        )
        assert error is (None if by in self.roles else NotFound)
        self.roles.pop(who, None)
        self.look()

    @rule(who=members, by=anybody, role=st.sampled_from(["editor", "viewer"]))
    def change_a_role(self, who: int, by: int, role: str) -> None:
        error = self.attempt(
            lambda work: service.change_role(work, SHOP, self.home, who, customer_id=by, role=role)
        )
        if by == MIRA:
            assert error is (None if who in self.roles else NotFound)
            if who in self.roles:
                self.roles[who] = role
        else:
            assert error is (Denied if by in self.roles else NotFound)

    def attempt(self, act: object) -> type[Exception] | None:
        self.world.wait(0.01)
        try:
            with self.world.engine.begin() as work:
                act(work)  # type: ignore[operator]
        except (Denied, NotFound) as error:
            return type(error)
        return None

    def refusal(self, who: int) -> type[Exception] | None:
        if who not in self.roles:
            return NotFound
        return Denied if self.roles[who] == "viewer" else None

    def shared(self) -> dict[int, tuple[int, str]]:
        mine = [good for good in self.goods if good.owner == MIRA]
        return {good.variant: (good.quantity, good.added_by) for good in mine}

    def look(self) -> None:
        """Everybody's browsers show exactly what is theirs, twice around."""
        everybody = [*self.owned, *self.others.values()]
        for _ in range(2):
            for browser in everybody:
                assert browser.sync()
        for browser in everybody:
            shown = {line.variant_id: line.quantity for line in browser.cart.lines}
            mine = [good for good in self.goods if good.owner == browser.customer_id]
            assert shown == {good.variant: good.quantity for good in mine}
        assert self.world.refusals == []


TestHousehold = Household.TestCase
TestHousehold.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
