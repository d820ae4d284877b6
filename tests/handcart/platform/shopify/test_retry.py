from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.platform.shopify.retry import RetryPolicy, is_passing, retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"Retry-After": "2.0"}, 2.0),
        ({"retry-after": "2.0"}, 2.0),
        ({"RETRY-AFTER": " 0.5 "}, 0.5),
        ({"Retry-After": "0"}, 0.0),
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT"}, None),
        ({"Retry-After": "٢"}, None),
    ],
)
def test_retry_after_is_seconds_under_any_case_of_its_name(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("status", "passing"),
    [(200, False), (400, False), (401, False), (404, False), (429, True), (430, True), (423, False)]
    + [(500, True), (502, True), (503, True), (504, True), (599, True), (600, False)],
)
def test_only_answers_that_say_later_pass(status: int, passing: bool) -> None:
    assert is_passing(status) is passing


def test_pauses_double_up_to_the_longest() -> None:
    policy = RetryPolicy(first=0.5, longest=3.0)
    assert [policy.pause(n, jitter=0) for n in (1, 2, 3, 4, 99)] == [0.5, 1.0, 2.0, 3.0, 3.0]


@given(attempt=st.integers(1, 1000), jitter=st.floats(0, 1), asked=st.none() | st.floats(0, 100))
def test_a_pause_is_never_shorter_than_asked_nor_longer_than_allowed(
    attempt: int, jitter: float, asked: float | None
) -> None:
    policy = RetryPolicy()
    pause = policy.pause(attempt, jitter=jitter, asked=asked)
    assert (asked or 0.0) <= pause <= (policy.longest if asked is None else asked + 1)
    assert asked is not None or pause >= policy.first / 2


def test_the_last_try_and_the_deadline_end_it() -> None:
    policy = RetryPolicy(tries=3, deadline=10)
    assert not policy.gives_up(2, elapsed=1, pause=1)
    assert policy.gives_up(3, elapsed=1, pause=1)
    assert policy.gives_up(1, elapsed=9.5, pause=1)
    assert policy.gives_up(1, elapsed=0, pause=3600)
