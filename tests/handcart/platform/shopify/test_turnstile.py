from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handcart.errors import Throttled
from handcart.platform.shopify.turnstile import Turnstile
from tests.handcart.platform.shopify.ticking import Ticking


def status(available: float) -> dict[str, Any]:
    return {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0}


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def turnstile(clock: Ticking) -> Turnstile:
    return Turnstile(now=clock.now, wait=lambda _, seconds: clock.sleep(seconds))


def know(turnstile: Turnstile, available: float) -> None:
    number = turnstile.number()
    turnstile.enter(number, cost=1, patience=10)
    turnstile.leave(number, status(available))


def test_a_call_that_is_covered_goes_at_once(turnstile: Turnstile, clock: Ticking) -> None:
    know(turnstile, 100)
    turnstile.enter(turnstile.number(), cost=100, patience=10)
    assert clock.slept == []


def test_a_call_waits_for_what_is_missing(turnstile: Turnstile, clock: Ticking) -> None:
    know(turnstile, 100)
    turnstile.enter(turnstile.number(), cost=300, patience=10)
    assert clock.slept == [pytest.approx(2.0, abs=0.01)]


def test_a_turn_that_cannot_come_in_time_is_given_up_before_it_is_waited_for(
    turnstile: Turnstile, clock: Ticking
) -> None:
    know(turnstile, 0)
    with pytest.raises(Throttled) as given_up:
        turnstile.enter(turnstile.number(), cost=1000, patience=9.9)
    assert given_up.value.wait == pytest.approx(10.0, abs=0.01)
    assert clock.slept == []
    # Whoever gave up is not in anybody's way.
    turnstile.enter(turnstile.number(), cost=100, patience=9.9)
    assert clock.slept == [pytest.approx(1.0, abs=0.01)]


def test_when_the_platform_asks_all_to_wait_all_wait(turnstile: Turnstile, clock: Ticking) -> None:
    know(turnstile, 2000)
    turnstile.close(2.5)
    turnstile.enter(turnstile.number(), cost=1, patience=10)
    turnstile.enter(turnstile.number(), cost=1, patience=10)
    assert clock.slept == [2.5]


def test_while_nothing_is_known_one_goes_ahead_and_the_others_wait_for_what_it_learns() -> None:
    turnstile, inside, most = Turnstile(), 0, 0
    lock = threading.Lock()

    def call(number: int) -> None:
        nonlocal inside, most
        turnstile.enter(number, cost=1, patience=10)
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.01)
        with lock:
            inside -= 1
        turnstile.leave(number, {})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(call, [turnstile.number() for _ in range(8)]))
    assert most == 1


def test_whoever_came_first_goes_first_dear_or_cheap() -> None:
    turnstile = Turnstile()
    know(turnstile, 0)
    order: list[int] = []

    def call(number: int) -> None:
        turnstile.enter(number, cost=20 if number % 2 else 1, patience=30)
        order.append(number)
        turnstile.leave(number, {})

    numbers = [turnstile.number() for _ in range(10)]
    turnstile.close(0.1)
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(call, reversed(numbers)))
    assert order == numbers


def test_what_a_call_did_not_use_lets_the_next_go_at_once() -> None:
    turnstile = Turnstile()
    know(turnstile, 1000)
    first, second = turnstile.number(), turnstile.number()
    turnstile.enter(first, cost=1000, patience=60)
    began = time.monotonic()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(turnstile.enter, second, cost=1000, patience=60)
        turnstile.leave(first, status(2000))
        waiting.result()
    assert time.monotonic() - began < 5
