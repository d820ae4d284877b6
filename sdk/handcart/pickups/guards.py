"""What has to be so before something is done to a pickup; each raises with a code of its own."""

from __future__ import annotations

from ..errors import BadInput, RuleBroken
from .how import How
from .model import Pickup
from .units import taking


def is_old_enough(pickup: Pickup, how: How) -> None:
    given = taking(pickup, how)
    if not how.aged and any(line.min_age and line.line_id in given for line in pickup.lines):
        raise RuleBroken("age_unchecked", "look at a paper that says their age")


def is_not_held(pickup: Pickup, how: How) -> None:
    if pickup.held:
        raise RuleBroken("pickup_held", "the shop has put this order on hold")


def has_a_rest(pickup: Pickup, how: How) -> None:
    """The platform takes apart only what nothing of has left, and leaves no part empty."""
    units = [(line.packed, line.collected, line.to_pack) for line in pickup.lines]
    packed, collected, to_pack = map(sum, zip(*units, strict=True)) if units else (0, 0, 0)
    if collected or not packed or not to_pack:
        raise RuleBroken("units_none", "there are no two parts of it")


def says_how_much(pickup: Pickup, how: How) -> None:
    if how.units is None:
        raise BadInput("units_malformed", "say which units")


def may_extend(pickup: Pickup, how: How) -> None:
    if pickup.extensions >= how.policy.extensions:
        raise RuleBroken("extension_limit", "this order cannot be kept any longer")


def is_over(pickup: Pickup, how: How) -> None:
    if pickup.expires_at is None or how.at < pickup.expires_at:
        raise RuleBroken("not_expired", "the goods are still being kept")


def is_late(pickup: Pickup, how: How) -> None:
    if pickup.escalates_at is None or how.at < pickup.escalates_at:
        raise RuleBroken("not_late", "the store still has time to see the order")


def goes_elsewhere(pickup: Pickup, how: How) -> None:
    if how.location_id in (None, pickup.location_id):
        raise RuleBroken("location_same", "the goods are at that store already")


def has_nothing_given(pickup: Pickup, how: How) -> None:
    if any(line.collected for line in pickup.lines):
        raise RuleBroken("collected_already", "a part of it was handed over here")


def while_it_is_kept(pickup: Pickup, how: How) -> None:
    if pickup.expires_at and how.until and how.until >= pickup.expires_at:
        raise RuleBroken("slot_too_late", "the goods are not kept for so long")
