from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.stock.promise import Numbers, grouped, lacking, over
from handcart.stock.trust import Evidence, found, to_hide

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
units = st.integers(min_value=0, max_value=50)
numbers = st.builds(
    Numbers,
    on_hand=st.integers(-20, 50),
    allocated=units,
    held=units,
    safety=units,
    unavailable=units,
    kept=units,
)


@pytest.mark.parametrize(
    ("of", "left"),
    [
        (Numbers(10), 10),
        (Numbers(10, allocated=3), 7),
        (Numbers(10, allocated=3, held=2), 5),
        (Numbers(10, allocated=3, held=2, safety=1), 4),
        (Numbers(10, allocated=3, held=2, safety=1, unavailable=2), 2),
        (Numbers(10, allocated=3, held=2, safety=1, unavailable=2, kept=3), -1),
        (Numbers(-2), -2),
    ],
)
def test_what_can_be_promised_is_what_is_there_less_everything_that_is_not_free(
    of: Numbers, left: int
) -> None:
    assert of.to_promise == left


@given(st.lists(numbers, max_size=6))
def test_a_location_that_is_short_takes_nothing_from_another(places: list[Numbers]) -> None:
    assert over(places) == sum(max(0, place.to_promise) for place in places)
    assert over(places) >= max([0, *(place.to_promise for place in places)])


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 9)), max_size=12))
def test_lines_that_want_the_same_are_added_up_before_anything_is_checked(
    lines: list[tuple[int, int, int]],
) -> None:
    wanted = grouped(lines)
    assert sum(wanted.values()) == sum(count for _, _, count in lines)
    assert list(wanted) == sorted({(item, place) for item, place, _ in lines})


def test_two_lines_of_one_item_cannot_both_have_the_last_unit() -> None:
    wanted = grouped([(7, 1, 1), (7, 1, 1)])
    assert lacking(wanted, {(7, 1): Numbers(1)}) == {(7, 1): 1}
    assert lacking(grouped([(7, 1, 1)]), {(7, 1): Numbers(1)}) == {}
    assert lacking(grouped([(8, 1, 2)]), {(7, 1): Numbers(1)}) == {(8, 1): 2}


def test_a_fresh_count_is_trusted_and_an_old_one_hides_a_few() -> None:
    fresh = Evidence(AT - timedelta(hours=1))
    old = Evidence(AT - timedelta(days=300), sold=120)
    assert to_hide(fresh, recorded=3, asked=0.9, at=AT) == 0
    assert to_hide(old, recorded=3, asked=0.9, at=AT) == 2
    assert to_hide(Evidence(None), recorded=3, asked=0.9, at=AT) == 2
    assert to_hide(old, recorded=3, asked=0.5, at=AT) == 0
    assert to_hide(old, recorded=500, asked=0.9, at=AT) == 2


@given(st.integers(-5, 200), st.floats(0.05, 0.95), st.integers(0, 500), units, st.integers(0, 900))
def test_more_is_hidden_the_less_is_known(
    recorded: int, asked: float, sold: int, missed: int, days: int
) -> None:
    evidence = Evidence(AT - timedelta(days=days), sold, missed)
    hidden = to_hide(evidence, recorded=recorded, asked=asked, at=AT)
    assert 0 <= hidden <= max(0, recorded)
    for worse in (
        Evidence(AT - timedelta(days=days + 30), sold, missed),
        Evidence(AT - timedelta(days=days), sold, missed + 3),
    ):
        assert to_hide(worse, recorded=recorded, asked=asked, at=AT) >= hidden
    assert to_hide(evidence, recorded=recorded, asked=min(0.95, asked + 0.05), at=AT) >= hidden


@given(st.integers(1, 60), st.integers(0, 200), units, st.integers(0, 900))
def test_the_first_unit_is_the_surest(recorded: int, sold: int, missed: int, days: int) -> None:
    evidence = Evidence(AT - timedelta(days=days), sold, missed)
    chances = [
        found(evidence, recorded=recorded, unit=unit, at=AT) for unit in range(1, recorded + 1)
    ]
    assert chances == sorted(chances, reverse=True)
    assert all(0 <= chance <= 1 for chance in chances)
