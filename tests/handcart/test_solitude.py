"""Threads that work beside each other, and one that works alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from handcart.solitude import Solitude


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@contextmanager
def at_work(pool: ThreadPoolExecutor, solitude: Solitude) -> Iterator[threading.Event]:
    """Somebody works beside others until the event is set, at the latest at the end."""
    began, end = threading.Event(), threading.Event()

    def work() -> None:
        with solitude.beside():
            began.set()
            end.wait()

    done = pool.submit(work)
    began.wait()
    try:
        yield end
    finally:
        end.set()
        done.result()


def test_threads_work_beside_each_other(pool: ThreadPoolExecutor) -> None:
    solitude = Solitude()
    with at_work(pool, solitude), at_work(pool, solitude), solitude.beside():
        pass


def test_who_wants_to_be_alone_waits_until_the_others_have_ended(
    pool: ThreadPoolExecutor,
) -> None:
    solitude = Solitude(patience=60)
    ended: list[str] = []

    def alone() -> None:
        with solitude.alone():
            ended.append("alone")

    with at_work(pool, solitude) as end:
        waits = pool.submit(alone)
        time.sleep(0.1)
        ended.append("beside")
        end.set()
        waits.result()
    assert ended == ["beside", "alone"]


def test_nobody_is_at_work_beside_one_that_is_alone(pool: ThreadPoolExecutor) -> None:
    solitude, guard = Solitude(patience=60), threading.Lock()
    there = most = 0

    def work(n: int) -> None:
        nonlocal there, most
        for _ in range(50):
            alone = n < 3
            with solitude.alone() if alone else solitude.beside():
                with guard:
                    there += 1
                    seen = there
                time.sleep(0.0002)
                with guard:
                    there -= 1
                    if alone:
                        most = max(most, seen)

    list(pool.map(work, range(8)))
    assert most == 1


def test_one_that_works_for_long_is_not_waited_for(pool: ThreadPoolExecutor) -> None:
    solitude = Solitude(patience=0.05)
    with at_work(pool, solitude), solitude.alone():
        pass


def test_one_that_is_alone_for_long_gets_company(pool: ThreadPoolExecutor) -> None:
    solitude = Solitude(patience=0.05)
    with solitude.alone(), at_work(pool, solitude):
        pass


def test_others_come_in_again_when_it_fails_alone(pool: ThreadPoolExecutor) -> None:
    solitude = Solitude(patience=60)
    with pytest.raises(ZeroDivisionError), solitude.alone():
        raise ZeroDivisionError
    with at_work(pool, solitude):
        pass
