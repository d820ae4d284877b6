"""A street with one shop in it, and the two browsers of one shopper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .simulation import SimBrowser, SimWorld

MIRA = 7


@pytest.fixture
def world() -> Iterator[SimWorld]:
    world = SimWorld()
    yield world
    world.close()


@pytest.fixture
def phone(world: SimWorld) -> SimBrowser:
    return SimBrowser(world, "phone", customer_id=MIRA)


@pytest.fixture
def laptop(world: SimWorld) -> SimBrowser:
    return SimBrowser(world, "laptop", customer_id=MIRA)
