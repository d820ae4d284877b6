"""Shoppers of a recorded shop who filled carts on more than one platform, replayed as devices.

The sample is the e-commerce log of the PyPI package ``retentioneering`` (Apache-2.0, synthetic):
600 users, of whom 60 add to the cart on two or more platforms. Every ``add_to_cart`` is a good of
its own here, every ``purchase`` buys what the platform's cart holds. Sessions begin as a guest's or
signed in; reports are cut off at random, and webhooks come late, twice and out of order.
``HANDCART_REPLAYS`` says how often, each time with other chances.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest

from tests.pypi import NotToBeHad, file_in_wheel

from .simulation import SimBrowser, SimWorld

pytestmark = pytest.mark.server

WHEEL, PATH = "retentioneering==5.2.4", "retentioneering/datasets/ecom.csv.gz"
MIRA = 7
REPLAYS = int(os.environ.get("HANDCART_REPLAYS", "1"))
SIGNS_IN = {"account_page", "shipping_details", "payment_details"}

Event = Mapping[str, str]


@pytest.fixture(scope="module")
def shoppers() -> dict[str, list[Event]]:
    """The events of each shopper who filled a cart on more than one platform, in their order."""
    try:
        packed = file_in_wheel(WHEEL, PATH)
    except NotToBeHad as reason:
        pytest.skip(str(reason))
    by_user: dict[str, list[Event]] = defaultdict(list)
    for event in csv.DictReader(io.StringIO(gzip.decompress(packed).decode())):
        by_user[event["user_id"]].append(event)
    return {
        user: sorted(events, key=lambda event: event["timestamp"])
        for user, events in sorted(by_user.items())
        if len({e["platform"] for e in events if e["event"] == "add_to_cart"}) > 1
    }


class Replay:
    """One shopper on their devices; ``expected`` is what nobody has bought."""

    def __init__(self, world: SimWorld, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.devices: dict[str, SimBrowser] = {}
        self.expected: dict[int, int] = {}
        self.orders = 0
        self.next_variant = 1000

    def play(self, events: Sequence[Event]) -> None:
        session = ""
        for event in events:
            device = self.device(event["platform"])
            if event["session_id"] != session:
                session = event["session_id"]
                device.online = True
                device.sync()
            self.world.wait(self.chance.choice([1, 30, 4000]))
            device.online = self.chance.random() > 0.3
            self.act(device, event["event"])
            device.sync()
            self.disturb()

    def device(self, platform: str) -> SimBrowser:
        if platform not in self.devices:
            signed_in = self.chance.random() < 0.5
            self.devices[platform] = SimBrowser(
                self.world, platform, customer_id=MIRA if signed_in else None
            )
        return self.devices[platform]

    def act(self, device: SimBrowser, what: str) -> None:
        if what == "add_to_cart":
            self.expected[self.next_variant] = quantity = self.chance.randint(1, 3)
            device.cart.put_in(self.next_variant, quantity)
            self.next_variant += 1
        elif what in SIGNS_IN:
            device.customer_id = MIRA
        elif what == "purchase":
            device.online, device.customer_id = True, MIRA
            assert device.sync()
            self.buy(device)

    def buy(self, device: SimBrowser) -> None:
        token, bought = device.cart.token, device.cart.snapshot()
        device.fresh_cart()
        self.orders += 1
        for _ in range(self.chance.choice([1, 2])):
            self.world.order(token, 900 + self.orders, bought)
        for line in bought:
            assert self.expected.pop(line.variant_id) == line.quantity

    def disturb(self) -> None:
        for _ in range(self.chance.choice([0, 0, 1, 3])):
            if self.world.webhooks:
                self.world.deliver(self.chance.choice(self.world.webhooks[-8:]))

    def come_to_rest(self) -> None:
        for _ in range(3):
            self.world.wait(20)
            for device in self.devices.values():
                device.online, device.customer_id = True, MIRA
                assert device.sync()


def test_the_sample_has_the_sixty_shoppers(shoppers: dict[str, list[Event]]) -> None:
    assert len(shoppers) == 60


@pytest.mark.parametrize("seed", range(REPLAYS))
def test_every_recorded_shopper_ends_with_what_they_put_in_and_did_not_buy(
    shoppers: dict[str, list[Event]], seed: int
) -> None:
    for user, events in shoppers.items():
        world = SimWorld(skew=(seed - 2) * 1800.0)
        try:
            replay = Replay(world, random.Random(f"{seed} {user}"))
            replay.play(events)
            replay.come_to_rest()
            assert world.customer_cart(MIRA) == replay.expected, user
            for device in replay.devices.values():
                shown = {line.variant_id: line.quantity for line in device.cart.lines}
                assert shown == replay.expected, (user, device.name)
            assert world.refusals == []
        finally:
            world.close()
