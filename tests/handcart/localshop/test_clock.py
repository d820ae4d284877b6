from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handcart.localshop.clock import Clock


def test_a_stopped_clock_moves_only_when_somebody_advances_it(at: datetime) -> None:
    clock = Clock.stopped(at)
    assert clock.now() == at
    assert clock.advance(90) == at + timedelta(seconds=90)
    assert clock.now() == at + timedelta(seconds=90)


def test_a_clock_follows_what_it_is_given(at: datetime) -> None:
    times = iter([at, at + timedelta(seconds=5)])
    clock = Clock(lambda: next(times))
    assert clock.now() == at
    assert clock.now() == at + timedelta(seconds=5)


def test_a_clock_can_start_at_another_time_and_runs_on(at: datetime) -> None:
    clock = Clock.starting(at)
    assert at <= clock.now() < at + timedelta(seconds=10)
    assert Clock().now() - datetime.now(UTC) < timedelta(seconds=10)


def test_a_clock_never_goes_back(at: datetime) -> None:
    clock = Clock.stopped(at)
    with pytest.raises(ValueError):
        clock.advance(-1)
    assert clock.now() == at
