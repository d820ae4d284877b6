from __future__ import annotations

import logging
import threading
import time

import pytest

from handcart.crew import Crew


def test_a_woken_crew_looks_again_at_once() -> None:
    waiting, handled = [1, 2, 3], threading.Event()

    def step() -> int:
        if not waiting:
            return 0
        waiting.pop()
        if not waiting:
            handled.set()
        return 1

    crew = Crew([step], rest=60)
    crew.start()
    assert handled.wait(5)
    waiting.append(4)
    handled.clear()
    crew.wake()
    assert handled.wait(5)
    crew.stop()


def test_a_step_that_raises_does_not_end_the_crew(caplog: pytest.LogCaptureFixture) -> None:
    calls, twice = [], threading.Event()

    def step() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the disk is away")
        twice.set()
        return 0

    crew = Crew([step], rest=0.01)
    with caplog.at_level(logging.ERROR):
        crew.start()
        assert twice.wait(5)
        crew.stop()
    assert [record.message for record in caplog.records] == [
        "a step failed; trying again after a rest"
    ]


def test_stopping_waits_for_all_that_hang_together_and_no_longer() -> None:
    going_on = threading.Event()
    crew = Crew([lambda: going_on.wait() and 0], threads=20)
    crew.start()
    began = time.monotonic()
    crew.stop(timeout=0.2)
    assert time.monotonic() - began < 0.2 * 20
    going_on.set()
    crew.stop()


class Counted:
    """A step that counts how often it was looked at."""

    def __init__(self) -> None:
        self.looks = threading.Semaphore(0)

    def step(self) -> int:
        self.looks.release()
        return 0


def test_one_step_is_woken_and_the_others_rest_on() -> None:
    one, other = Counted(), Counted()
    crew = Crew([one.step, other.step], rest=60)
    crew.start()
    assert one.looks.acquire(timeout=30) and other.looks.acquire(timeout=30)
    crew.wake(one.step)
    assert one.looks.acquire(timeout=30)
    assert not other.looks.acquire(blocking=False)
    crew.stop()


def test_what_one_step_did_wakes_the_others() -> None:
    other, work = Counted(), list[int]()

    def step() -> int:
        return work.pop() if work else 0

    crew = Crew([step, other.step], rest=60)
    crew.start()
    assert other.looks.acquire(timeout=30)
    work.append(1)
    crew.wake(step)
    assert other.looks.acquire(timeout=30)
    crew.stop()
