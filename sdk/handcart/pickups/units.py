"""Which units of a pickup somebody means: those they name, or everything that there is."""

from __future__ import annotations

from collections.abc import Callable

from . import lines
from .how import How
from .lines import Amounts, PickupLine
from .model import Pickup


def packing(pickup: Pickup, how: How) -> Amounts:
    return _units(pickup, how, lambda line: line.to_pack)


def taking(pickup: Pickup, how: How) -> Amounts:
    return _units(pickup, how, lambda line: line.waiting)


def missing(pickup: Pickup, how: How) -> Amounts:
    return _units(pickup, how, lambda line: line.findable)


def named(pickup: Pickup, how: How) -> Amounts:
    return how.units or {}


def _units(pickup: Pickup, how: How, count: Callable[[PickupLine], int]) -> Amounts:
    """What is meant: ``how.units``, or everything that there is of it."""
    wanted = lines.amounts(pickup.lines, count) if how.units is None else how.units
    return lines.checked(pickup.lines, wanted, count)
