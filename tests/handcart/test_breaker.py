from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from handcart.breaker import FAILURES, FIRST_PAUSE, Breaker, PutOff
from handcart.errors import PlatformError, UserErrors

SHOP, OTHER = "juniper-tea.myshopify.com", "moss-books.myshopify.com"


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(at: datetime) -> Clock:
    return Clock(at)


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def call(breaker: Breaker, shop: str = SHOP, *, raises: Exception | None = None) -> str:
    """What became of one call: done, failed, refused, or for how many seconds it is put off."""
    clock = breaker._clock()
    try:
        with breaker.guarding(shop):
            if raises:
                raise raises
    except PutOff as pause:
        return f"{(pause.until - clock).total_seconds():.0f} s"
    except UserErrors:
        return "refused"
    except PlatformError:
        return "failed"
    return "done"


def fail(breaker: Breaker, times: int = FAILURES) -> None:
    for _ in range(times):
        assert call(breaker, raises=PlatformError("no_answer")) == "failed"


def test_a_shop_that_does_not_answer_pauses_and_others_do_not(breaker: Breaker) -> None:
    fail(breaker)
    assert call(breaker) == "10 s"
    assert call(breaker, OTHER) == "done"


@pytest.mark.parametrize("answer", [None, UserErrors([])])
def test_an_answer_in_between_begins_the_count_again(
    breaker: Breaker, answer: Exception | None
) -> None:
    fail(breaker, FAILURES - 1)
    call(breaker, raises=answer)
    fail(breaker, FAILURES - 1)
    assert call(breaker) == "done"


def test_after_the_pause_one_call_goes_first_and_the_others_wait_for_it(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker)
    clock.at += FIRST_PAUSE
    with breaker.guarding(SHOP):
        assert call(breaker) == "60 s"
    assert call(breaker) == "done"
    fail(breaker, FAILURES - 1)
    assert call(breaker) == "done"


def test_pauses_grow_up_to_ten_minutes(breaker: Breaker, clock: Clock) -> None:
    fail(breaker)
    pauses = []
    for _ in range(8):
        pauses.append(call(breaker))
        clock.at += timedelta(seconds=int(pauses[-1].split()[0]))
        fail(breaker, 1)
    assert pauses == ["10 s", "20 s", "40 s", "80 s", "160 s", "320 s", "600 s", "600 s"]


def test_an_error_of_ours_says_nothing_about_the_platform(breaker: Breaker) -> None:
    for _ in range(2 * FAILURES):
        with pytest.raises(ZeroDivisionError), breaker.guarding(SHOP):
            raise ZeroDivisionError
    assert call(breaker) == "done"
