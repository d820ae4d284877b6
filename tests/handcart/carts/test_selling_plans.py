"""Goods by subscription are another line than the same goods once, on every device."""

from __future__ import annotations

from handcart.carts import service
from handcart.carts.answer import Answer
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine

from .simulation import SHOP, SimWorld

TEA, MONTHLY, WEEKLY = 101, 1, 2
MIRA = 7
ONCE = SnapshotLine(TEA, 1)
EACH_MONTH = SnapshotLine(TEA, 2, selling_plan=MONTHLY)


def shows(
    world: SimWorld, browser: str, *lines: SnapshotLine, customer: int | None = MIRA
) -> Answer:
    world.wait(1)
    with world.engine.begin() as work:
        sighting = Sighting(browser, "", lines)
        return service.sync(work, SHOP, sighting, device_id=None, customer_id=customer, at=world.at)


def held(answer: Answer) -> dict[tuple[int, int | None], int]:
    return {(item.variant_id, item.selling_plan): n for item, n in answer.lines}


def test_a_subscription_crosses_over_as_what_it_is(world: SimWorld) -> None:
    shows(world, "phone", ONCE, EACH_MONTH)
    answer = shows(world, "laptop")
    assert held(answer) == {(TEA, None): 1, (TEA, MONTHLY): 2}
    assert {(item.selling_plan, n) for item, n, _ in answer.adds} == {(None, 1), (MONTHLY, 2)}


def test_another_plan_is_another_line_and_none_takes_the_others_place(world: SimWorld) -> None:
    shows(world, "phone", ONCE, EACH_MONTH)
    answer = shows(world, "phone", ONCE, SnapshotLine(TEA, 2, selling_plan=WEEKLY))
    assert held(answer) == {(TEA, None): 1, (TEA, WEEKLY): 2}


def test_signing_in_adds_up_what_is_bought_once_and_by_subscription_each_for_itself(
    world: SimWorld,
) -> None:
    shows(world, "phone", ONCE, EACH_MONTH)
    shows(world, "laptop", EACH_MONTH, customer=None)
    answer = shows(world, "laptop", EACH_MONTH)
    assert held(answer) == {(TEA, None): 1, (TEA, MONTHLY): 4}
