from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.delivery import Delivery
from handcart_webhooks.broker.health import Health
from handcart_webhooks.broker.offers import NotConfirmed, Offers

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def delivery(number: int, size: int = 10) -> Delivery:
    return Delivery(
        shop="juniper-tea.myshopify.com",
        topic="orders/create",
        webhook_id=f"w{number}",
        event_id=None,
        api_version=None,
        triggered_at=None,
        received_at=NOW,
        body=b"x" * size,
    )


class Seconds:
    """A clock that goes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Answers:
    """Whatever was answered, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str | None]] = []

    def of(self, number: int):  # type: ignore[no-untyped-def]
        def tell(failure: Exception | None) -> None:
            why = failure.outcome if isinstance(failure, NotConfirmed) else None
            self.told.append((number, why))

        return tell


def test_an_offer_is_answered_once_whoever_answers_first() -> None:
    offers, answers = Offers(room=10, space=1000, patience=60), Answers()
    assert offers.add(delivery(1), answers.of(1))
    [offer] = offers.take(10)
    assert offers.answer(offer, None) is True
    assert offers.answer(offer, NotConfirmed("timed_out")) is False
    assert answers.told == [(1, None)]
    assert len(offers) == 0


def test_one_who_cannot_be_told_keeps_nobody_from_being_told() -> None:
    clock = Seconds()
    offers, answers = Offers(room=10, space=1000, patience=3, clock=clock), Answers()

    def gone(_failure: Exception | None) -> None:
        raise RuntimeError("the loop is closed")

    offers.add(delivery(1), gone)
    offers.add(delivery(2), answers.of(2))
    clock.now += 4
    assert offers.give_up_overdue() == 2
    assert answers.told == [(2, "timed_out")]


def test_there_is_room_for_so_many_and_again_when_one_is_answered() -> None:
    offers, answers = Offers(room=2, space=1000, patience=60), Answers()
    assert [offers.add(delivery(n), answers.of(n)) for n in (1, 2, 3)] == [True, True, False]
    offers.answer(offers.take(1)[0], None)
    assert offers.add(delivery(4), answers.of(4)) is True


def test_there_is_space_for_so_many_bytes_but_always_for_one() -> None:
    offers, answers = Offers(room=10, space=100, patience=60), Answers()
    assert offers.add(delivery(1, size=500), answers.of(1)) is True
    assert offers.add(delivery(2), answers.of(2)) is False


def test_whose_time_is_up_is_told_so_and_is_not_sent_any_more() -> None:
    clock = Seconds()
    offers, answers = Offers(room=10, space=1000, patience=3, clock=clock), Answers()
    offers.add(delivery(1), answers.of(1))
    clock.now += 2
    offers.add(delivery(2), answers.of(2))
    clock.now += 1.5
    assert offers.give_up_overdue() == 1
    assert answers.told == [(1, "timed_out")]
    assert [offer.delivery.webhook_id for offer in offers.take(10)] == ["w2"]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), max_size=20))
def test_what_is_put_back_goes_first_and_in_its_order(rounds: list[tuple[int, int]]) -> None:
    """Whatever is taken and put back in between, the order stays that of the offers."""
    offers, answers = Offers(room=1000, space=100000, patience=60), Answers()
    for number in range(30):
        offers.add(delivery(number), answers.of(number))
    sent: list[str] = []
    for most, lost in rounds:
        taken = offers.take(most)
        kept = max(len(taken) - lost, 0)
        sent += [offer.delivery.webhook_id for offer in taken[:kept]]
        offers.put_back(taken[kept:])
    sent += [offer.delivery.webhook_id for offer in offers.take(1000)]
    assert sent == [f"w{number}" for number in range(30)]


def test_in_good_times_everybody_may_try() -> None:
    health = Health(grace=3)
    assert [health.may_try() for _ in range(5)] == [True] * 5


def test_after_the_grace_one_may_try_in_a_second_until_something_is_confirmed() -> None:
    clock = Seconds()
    health = Health(grace=3, probing=1, clock=clock)
    health.failed()
    assert [health.may_try() for _ in range(3)] == [True] * 3
    clock.now += 3.1
    assert [health.may_try() for _ in range(3)] == [True, False, False]
    clock.now += 1.1
    assert [health.may_try() for _ in range(3)] == [True, False, False]
    health.confirmed()
    assert [health.may_try() for _ in range(3)] == [True] * 3


def test_a_later_failure_does_not_begin_the_grace_anew() -> None:
    clock = Seconds()
    health = Health(grace=3, clock=clock)
    health.failed()
    clock.now += 2
    health.failed()
    clock.now += 1.5
    assert not health.good


@pytest.mark.parametrize("times", [1, 2])
def test_nobody_may_try_while_the_broker_is_blocked(times: int) -> None:
    health = Health(grace=3)
    for _ in range(times):
        health.blocked("low on memory")
    assert [health.may_try() for _ in range(3)] == [False] * 3
    health.unblocked()
    assert health.may_try()
