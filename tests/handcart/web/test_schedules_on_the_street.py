"""Random schedules over real HTTP: a shop that loses, repeats, delays and reorders its webhooks."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from example_app import create_handcart
from handcart.testing import Storefront, Street, open_street
from handcart.testing.street import until

pytestmark = pytest.mark.server

TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"
MIRA, PASSWORD = "mira@example.com", "tea"
SEEDS = max(1, int(os.environ.get("HANDCART_SCHEDULES", "0")) // 2000)
STEPS = 25


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    with open_street(create_handcart, toml=TOML, folder=folder) as street:
        faults = street.shop.faults
        faults.add("duplicate", probability=0.3)
        faults.add("reorder", probability=0.3)
        faults.add("delay", probability=0.2, seconds=0.2)
        # An order that is never told is another story: the sweep of orders brings it back.
        faults.add("drop", topic="carts/*", probability=0.3)
        yield street


@dataclass
class Play:
    """Mira on three browsers, each with a good that only this browser changes."""

    street: Street
    chance: random.Random
    browsers: list[Storefront] = field(init=False)
    expected: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browsers = [self.street.browser() for _ in range(3)]
        self.posts = [browser.script.post for browser in self.browsers]
        for browser in self.browsers:
            browser.sign_in(MIRA, PASSWORD)

    def step(self) -> None:
        who = self.chance.randrange(3)
        deeds = [self.put, self.put, self.put, self.cut, self.come_back, self.leave_and_return]
        self.chance.choice(deeds)(who)

    def put(self, who: int) -> None:
        browser, variant = self.browsers[who], self.street.variants()[who]
        quantity = self.chance.randint(0, 3)
        if browser.cart().get(variant):
            browser.set(variant, quantity)
        elif quantity:
            browser.add(variant, quantity)
        self.expected[variant] = quantity

    def cut(self, who: int) -> None:
        self.browsers[who].script.post = lambda report: None

    def come_back(self, who: int) -> None:
        self.browsers[who].script.post = self.posts[who]
        assert self.browsers[who].sync()

    def leave_and_return(self, who: int) -> None:
        self.come_back(who)
        self.browsers[who].sign_out()
        assert self.browsers[who].cart() == {}
        self.browsers[who].sign_in(MIRA, PASSWORD)

    def come_to_rest(self) -> None:
        """However late the last webhook comes; and once they agree, they stay so."""
        until(self.all_agree, "the browsers never agreed", seconds=60)
        assert self.all_agree()

    def all_agree(self) -> bool:
        self.street.settle()
        for _ in range(2):
            for who in range(3):
                self.come_back(who)
        left = {variant: quantity for variant, quantity in self.expected.items() if quantity}
        return [browser.cart() for browser in self.browsers] == [left] * 3

    def buy(self) -> None:
        """Everything, on one of the browsers."""
        if any(self.expected.values()):
            self.chance.choice(self.browsers).buy_for_pickup(self.street.stores()[0])
            self.expected.clear()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_on_a_bad_day_of_the_network_all_browsers_end_with_what_was_put_in_and_not_bought(
    street: Street, seed: int
) -> None:
    play = Play(street, random.Random(seed))
    for _ in range(2):
        for _ in range(STEPS // 2):
            play.step()
        play.come_to_rest()
        play.buy()
        play.come_to_rest()
