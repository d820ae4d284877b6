from __future__ import annotations

from collections.abc import Iterator

import pytest

from .simulation import SimBrowser, SimWorld

TEA, MUG, POT = 101, 102, 103
MIRA, OTTO = 7, 8


@pytest.fixture
def world() -> Iterator[SimWorld]:
    world = SimWorld()
    yield world
    world.close()


def test_a_cart_crosses_over_after_sign_in_and_back(world: SimWorld) -> None:
    phone, laptop = SimBrowser(world, "phone"), SimBrowser(world, "laptop")
    phone.cart.put_in(TEA, 2)
    phone.sync()
    phone.customer_id = MIRA
    phone.sync()
    laptop.customer_id = MIRA
    laptop.sync()
    assert laptop.cart.quantity(TEA) == 2
    laptop.cart.put_in(MUG, 1)
    laptop.sync()
    phone.sync()
    assert phone.cart.quantities() == laptop.cart.quantities()
    assert (phone.cart.quantity(TEA), phone.cart.quantity(MUG)) == (2, 1)
