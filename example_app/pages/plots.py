"""Bars for a page: where each stands, in the units of an SVG; no colours, no words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 600, 120
_GAP = 0.25


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its value, None for nothing to say, and the rectangle that shows it."""

    day: date
    value: float | None
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Plot:
    """``most``: the value at the top."""

    bars: tuple[Bar, ...]
    most: float
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def empty(self) -> bool:
        return all(bar.value is None for bar in self.bars)


def plot(
    days: Sequence[date], values: Sequence[float | None], *, most: float | None = None
) -> Plot:
    """A bar for each day, from the ground up, as high as its value is of ``most``."""
    top = most or max((value for value in values if value), default=0) or 1
    step = WIDTH / max(len(days), 1)
    bars = [
        _bar(day, value, left=step * place, width=step * (1 - _GAP), share=(value or 0) / top)
        for place, (day, value) in enumerate(zip(days, values, strict=True))
    ]
    return Plot(tuple(bars), float(top))


def _bar(day: date, value: float | None, *, left: float, width: float, share: float) -> Bar:
    height = round(HEIGHT * min(max(share, 0.0), 1.0), 2)
    return Bar(day, value, round(left, 2), round(HEIGHT - height, 2), round(width, 2), height)
