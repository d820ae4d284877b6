from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from handcart.platform.shopify.bucket import Bucket


def cost(requested: float, available: float) -> dict[str, Any]:
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": None,
        "throttleStatus": {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": available,
            "restoreRate": 100.0,
        },
    }


def test_a_bucket_nobody_has_seen_lets_everything_through() -> None:
    bucket = Bucket()
    assert bucket.reserve("query", now=0) == 0
    assert bucket.deficit("query", now=0) == 0


def test_a_call_waits_until_the_bucket_covers_what_it_cost_last_time() -> None:
    bucket = Bucket()
    bucket.learn("dear", cost(500, 200), now=0)
    assert bucket.reserve("dear", now=0) == 3.0


def test_what_one_thread_reserves_the_next_cannot_have() -> None:
    bucket = Bucket()
    bucket.learn("dear", cost(500, 500), now=0)
    assert [bucket.reserve("dear", now=0) for _ in range(3)] == [0.0, 5.0, 10.0]


def test_the_bucket_refills_but_never_over_the_brim() -> None:
    bucket = Bucket()
    bucket.learn("dear", cost(1000, 0), now=0)
    assert bucket.deficit("dear", now=4) > 6.0
    assert bucket.deficit("dear", now=11) == 0
    assert bucket.reserve("dear", now=10**6) == 0
    assert bucket.reserve("dear", now=10**6) == 0
    assert bucket.reserve("dear", now=10**6) == 10.0


def test_a_document_never_seen_costs_nothing_and_an_answer_without_status_teaches_nothing() -> None:
    bucket = Bucket()
    bucket.learn("dear", cost(500, 0), now=0)
    bucket.learn("dear", {"requestedQueryCost": 500, "throttleStatus": {}}, now=0)
    bucket.learn("dear", {}, now=0)
    assert bucket.reserve("new", now=0) == 0
    assert bucket.reserve("dear", now=0) == 5.0


@given(
    st.dictionaries(
        st.sampled_from(["requestedQueryCost", "throttleStatus", "x"]),
        st.none() | st.booleans() | st.text(max_size=3) | st.integers(),
    )
)
def test_no_cost_makes_an_exception(found: dict[str, Any]) -> None:
    if not isinstance(found.get("throttleStatus"), dict | None):
        found["throttleStatus"] = {"maximumAvailable": found["throttleStatus"]}
    bucket = Bucket()
    bucket.learn("query", found, now=0)
    assert bucket.reserve("query", now=0) >= 0
