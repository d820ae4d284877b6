"""Which stores come first, by where somebody is or by what they typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcart.errors import BadInput
from handcart.pickups import nearby
from handcart.pickups.nearby import Point, Sought
from handcart.stock import Place


def place(number: int, name: str, address: str, where: tuple[float, float] | None) -> Place:
    latitude, longitude = where or (None, None)
    return Place(number, name, address, "", True, True, "", latitude=latitude, longitude=longitude)


SOFIA = place(1, "Vitosha Street", "14 Vitosha Blvd, 1000 Sofia, Bulgaria", (42.6927, 23.3199))
PLOVDIV = place(2, "Old Town", "3 Saborna St, 4000 Plovdiv, Bulgaria", (42.1492, 24.7536))
VARNA = place(3, "Sea Garden", "21 Primorski Blvd, 9000 Varna, Bulgaria", (43.2022, 27.923))
NOWHERE = place(4, "Álamo", "Calle 5, 28012 Madrid, España", None)
ALL = [NOWHERE, PLOVDIV, VARNA, SOFIA]


def names(sought: Sought) -> list[str]:
    return [one.name for one, _ in nearby.in_order(ALL, sought)]


def test_the_nearest_comes_first_and_what_nobody_can_measure_last() -> None:
    ranked = nearby.in_order(ALL, Sought(near=Point(42.7, 23.32)))
    assert [one.name for one, _ in ranked] == ["Vitosha Street", "Old Town", "Sea Garden", "Álamo"]
    assert [far and round(far, 1) for _, far in ranked] == [0.8, 132.7, 378.7, None]


@pytest.mark.parametrize(
    ("typed", "first", "second"),
    [
        ("plovdiv", "Old Town", "Vitosha Street"),
        ("  VARNA ", "Sea Garden", "Old Town"),
        ("9000", "Sea Garden", "Old Town"),
        ("٩٠٠٠", "Sea Garden", "Old Town"),
        ("9010", "Sea Garden", "Old Town"),
        ("vito sof", "Vitosha Street", "Old Town"),
        ("alamo", "Álamo", "Old Town"),
    ],
)
def test_a_postcode_or_a_town_finds_its_store_and_then_its_neighbours(
    typed: str, first: str, second: str
) -> None:
    assert names(Sought(find=typed))[:2] == [first, second]
    assert all(far is None for _, far in nearby.in_order(ALL, Sought(find=typed)))


@pytest.mark.parametrize("typed", ["", "Atlantis", "7", "sofia varna", "12345678"])
def test_what_names_no_store_leaves_the_one_chosen_before_first(typed: str) -> None:
    assert names(Sought(find=typed, chosen=3)) == [
        "Sea Garden",
        "Old Town",
        "Vitosha Street",
        "Álamo",
    ]


def test_where_somebody_is_counts_more_than_what_they_chose_before() -> None:
    assert names(Sought(near=Point(42.15, 24.75), chosen=3))[0] == "Old Town"


def test_where_somebody_is_is_rounded_to_about_a_kilometre() -> None:
    assert nearby.point(42.69271, -23.31994) == (42.69, -23.32)
    for latitude, longitude in ((90.5, 0.0), (0.0, 181.0), (float("inf"), 0.0)):
        with pytest.raises(BadInput) as wrong:
            nearby.point(latitude, longitude)
        assert wrong.value.code == "place_malformed"


degrees = st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(lambda each: Point(*each))


@settings(max_examples=30)
@given(degrees, degrees)
def test_distance_is_the_same_both_ways_and_never_more_than_half_the_earth(
    one: Point, other: Point
) -> None:
    there, back = nearby.distance(one, other), nearby.distance(other, one)
    assert there is not None
    assert there == pytest.approx(back or 0.0, abs=1e-6)
    assert 0 <= there <= 20_016


def test_stores_of_nobody_are_in_no_order() -> None:
    assert nearby.in_order([], Sought(find="x", chosen=1)) == []
