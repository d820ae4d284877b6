from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.platform.shopify.bucket import Bucket


def status(available: float, rate: float = 100.0) -> dict[str, Any]:
    return {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": rate}


def seen(available: float, *, promised: float = 0.0) -> Bucket:
    bucket = Bucket()
    bucket.learn(status(available), promised=promised, now=0)
    return bucket


def test_a_bucket_nobody_has_seen_holds_no_one_up() -> None:
    bucket = Bucket()
    bucket.take(500, now=0)
    assert not bucket.known
    assert bucket.seconds_until(1000, now=0) == 0


def test_a_call_waits_until_the_bucket_covers_it() -> None:
    assert seen(200).seconds_until(500, now=0) == pytest.approx(3.0, abs=0.01)
    assert seen(200).seconds_until(200, now=0) == 0


def test_what_is_taken_the_next_cannot_have() -> None:
    bucket = seen(500)
    bucket.take(500, now=0)
    assert bucket.seconds_until(500, now=0) == pytest.approx(5.0, abs=0.01)
    assert bucket.seconds_until(500, now=2) == pytest.approx(3.0, abs=0.01)


def test_what_others_were_promised_is_taken_off_what_the_platform_says() -> None:
    assert seen(500, promised=400).seconds_until(500, now=0) == pytest.approx(4.0, abs=0.01)


def test_what_a_call_did_not_use_comes_back_with_its_answer() -> None:
    bucket = seen(500)
    bucket.take(500, now=0)
    bucket.learn(status(490), promised=0, now=0)
    assert bucket.seconds_until(490, now=0) == 0


def test_the_bucket_refills_but_never_over_the_brim() -> None:
    bucket = seen(0)
    assert bucket.seconds_until(1000, now=4) == pytest.approx(6.0, abs=0.01)
    bucket.take(2000, now=10**6)
    assert bucket.seconds_until(1000, now=10**6) == pytest.approx(10.0, abs=0.01)


def test_a_call_dearer_than_the_whole_bucket_waits_until_it_is_full() -> None:
    assert seen(0).seconds_until(9999, now=0) == pytest.approx(20.0, abs=0.01)


def test_a_refusal_empties_it_whatever_we_thought() -> None:
    bucket = seen(1500)
    bucket.empty(now=0)
    assert bucket.seconds_until(100, now=0) == pytest.approx(1.0, abs=0.01)


def test_an_answer_without_status_teaches_nothing() -> None:
    bucket = seen(500)
    for told in ({}, {"currentlyAvailable": 0}, {**status(0), "restoreRate": 0}, status(True)):
        bucket.learn(told, promised=0, now=0)
    assert bucket.seconds_until(500, now=0) == 0


@given(
    st.dictionaries(
        st.sampled_from(["maximumAvailable", "currentlyAvailable", "restoreRate"]),
        st.none() | st.booleans() | st.text(max_size=3) | st.integers(-5, 10**6),
    )
)
def test_no_status_makes_an_exception(told: dict[str, Any]) -> None:
    bucket = Bucket()
    bucket.learn(told, promised=0, now=0)
    bucket.take(10, now=1)
    assert bucket.seconds_until(10, now=1) >= 0


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(1, 900)), min_size=1, max_size=30),
    st.floats(0, 2000),
)
def test_who_waits_as_long_as_it_says_is_never_refused(
    calls: list[tuple[float, float]], begin: float
) -> None:
    """A platform's bucket beside ours: after the wait it holds what the call costs."""
    bucket, level, seen_at, now = seen(begin), begin, 0.0, 0.0
    for later, cost in calls:
        now += later
        now += bucket.seconds_until(cost, now=now)
        bucket.take(cost, now=now)
        level = min(2000.0, level + (now - seen_at) * 100.0)
        seen_at = now
        assert level >= cost - 1e-6
        level -= cost
