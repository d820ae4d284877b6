from __future__ import annotations

from datetime import time

import pytest

from handcart.stock import OpenDays, weekly_hours

NINE, TWO, THREE, SIX, SEVEN = time(9), time(14), time(15), time(18), time(19)
DAY = ((NINE, SEVEN),)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "Mo-Fr 09:00-19:00; Sa 09:00-14:00",
            (OpenDays(0, 4, DAY), OpenDays(5, 5, ((NINE, TWO),)), OpenDays(6, 6, ())),
        ),
        (
            "Mo-Su 09:00-19:00; We 09:00-14:00,15:00-18:00; Su off",
            (
                OpenDays(0, 1, DAY),
                OpenDays(2, 2, ((NINE, TWO), (THREE, SIX))),
                OpenDays(3, 5, DAY),
                OpenDays(6, 6, ()),
            ),
        ),
        ("09:00-19:00", (OpenDays(0, 6, DAY),)),
        ("24/7", (OpenDays(0, 6, ((time(0), time(0)),)),)),
        ("Sa-Mo 09:00-19:00", (OpenDays(0, 0, DAY), OpenDays(1, 4, ()), OpenDays(5, 6, DAY))),
        (
            "Tu,Th 15:00-24:00; Fr-Fr off",
            (
                OpenDays(0, 0, ()),
                OpenDays(1, 1, ((THREE, time(0)),)),
                OpenDays(2, 2, ()),
                OpenDays(3, 3, ((THREE, time(0)),)),
                OpenDays(4, 6, ()),
            ),
        ),
        ("", None),
        ("Mo-Fr sunrise-sunset", None),
        ("Jan-Mar 09:00-19:00", None),
        ("Mo 25:00-26:00", None),
        ("nonsense; Mo 09:00-19:00", None),
    ],
)
def test_opening_hours_become_rows_or_nothing(text: str, rows: tuple[OpenDays, ...] | None) -> None:
    assert weekly_hours(text) == rows
