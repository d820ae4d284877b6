from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from handcart.storage.fair_lock import FairLock
from handcart.testing.street import until


def begun(target: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def test_whoever_asked_first_has_it_first() -> None:
    lock, order = FairLock(), list[int]()

    def take(number: int) -> None:
        with lock:
            order.append(number)

    with lock:
        threads = []
        for number in range(8):
            threads.append(begun(lambda number=number: take(number)))
            until(lambda number=number: len(lock._waiting) == number + 1, "nobody waits")
    for thread in threads:
        thread.join(20)
    assert order == list(range(8))


def test_who_takes_it_again_and_again_lets_others_have_it_in_between() -> None:
    lock, over = FairLock(), threading.Event()

    def hold() -> None:
        while not over.is_set():
            with lock:
                pass

    greedy = begun(hold)
    for _ in range(200):
        with lock:
            pass
    over.set()
    greedy.join(20)
    assert not greedy.is_alive()


def test_only_one_has_it_at_a_time() -> None:
    lock, inside, most = FairLock(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(500):
            with lock:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [begun(work) for _ in range(4)]
    for thread in threads:
        thread.join(20)
    assert (most, inside) == (1, 0)


def test_an_error_inside_leaves_it_to_the_next() -> None:
    lock = FairLock()
    with pytest.raises(ZeroDivisionError), lock:
        1 / 0  # noqa: B018
    with lock:
        pass
