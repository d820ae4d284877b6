"""The storefront's door over real HTTP: a local shop, the app, and browsers played in Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from example_app import create_handcart
from handcart.testing import Storefront, Street, open_street

pytestmark = pytest.mark.server

TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"
MIRA, DANIEL, PASSWORD = "mira@example.com", "daniel@example.com", "tea"


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    with open_street(create_handcart, toml=TOML, folder=folder) as street:
        street.shop.faults.add("duplicate", probability=0.5)
        street.shop.faults.add("reorder", probability=0.5)
        yield street


@pytest.fixture
def phone(street: Street) -> Iterator[Storefront]:
    phone = street.browser()
    yield phone
    while left := phone.cart():
        phone.set(next(iter(left)), 0)
    street.settle()


def test_a_cart_goes_from_phone_to_laptop_and_back(street: Street, phone: Storefront) -> None:
    tea, mug = street.variants()[:2]
    phone.add(tea, 2)
    phone.add(mug, 1, {"Engraving": "Mira"})
    laptop = street.browser()
    laptop.sign_in(MIRA, PASSWORD)
    assert laptop.cart() == {}
    phone.sign_in(MIRA, PASSWORD)
    assert laptop.sync()
    assert laptop.cart() == phone.cart() == {tea: 2, mug: 1}
    laptop.set(tea, 0)
    laptop.add(mug, 1)
    street.settle()
    phone.sync()
    assert phone.cart() == laptop.cart() == {mug: 2}


def test_a_shared_device_shows_nothing_after_signing_out(street: Street, phone: Storefront) -> None:
    tea = street.variants()[0]
    phone.add(tea, 1)
    phone.sign_in(MIRA, PASSWORD)
    kiosk = street.browser()
    kiosk.sign_in(MIRA, PASSWORD)
    assert kiosk.cart() == {tea: 1}
    kiosk.sign_out()
    street.settle()
    kiosk.sync()
    assert kiosk.cart() == {}
    kiosk.sign_in(DANIEL, PASSWORD)
    assert kiosk.cart() == {}
    phone.sync()
    assert phone.cart() == {tea: 1}


def test_what_was_bought_is_offered_on_no_device(street: Street, phone: Storefront) -> None:
    tea = street.variants()[0]
    phone.sign_in(MIRA, PASSWORD)
    phone.add(tea, 1)
    laptop = street.browser()
    laptop.sign_in(MIRA, PASSWORD)
    assert laptop.cart() == {tea: 1}
    phone.buy_for_pickup(min(street.shop.world.locations))
    street.settle()
    laptop.sync()
    phone.sync()
    assert laptop.cart() == phone.cart() == {}


def test_a_line_that_is_short_is_kept_for_the_shopper(street: Street, phone: Storefront) -> None:
    world, engraved = street.shop.world, {"Engraving": "Mira"}
    phone.sign_in(MIRA, PASSWORD)
    variant = street.variants()[2]
    phone.add(variant, 2, engraved)
    item = world.variants[variant].inventory_item_id
    with world.lock:
        kept = {key: level.available for key, level in world.levels.items() if key[0] == item}
        for key in kept:
            world.levels[key].available = 0
    laptop = street.browser()
    laptop.sign_in(MIRA, PASSWORD)
    assert laptop.cart() == {}
    phone.sync()
    assert phone.cart() == {variant: 2}
    with world.lock:
        for key, available in kept.items():
            world.levels[key].available = available
