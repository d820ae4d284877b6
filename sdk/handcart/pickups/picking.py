"""What has to be fetched from the shelves for all orders together, item by item."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .model import Pickup
from .states import Phase, State


@dataclass(frozen=True, slots=True)
class Share:
    """So many units are for that order, which lies in that bay (or nowhere yet)."""

    pickup_id: str
    order_name: str
    bay: str
    units: int


@dataclass(frozen=True, slots=True)
class ItemToPick:
    """One item and the orders that want it, the most urgent first."""

    title: str
    sku: str
    shares: tuple[Share, ...]

    @property
    def units(self) -> int:
        return sum(share.units for share in self.shares)


def items_to_pick(pickups: Iterable[Pickup]) -> tuple[ItemToPick, ...]:
    """Every item that somebody has to fetch, by title; ``pickups`` come in their order of urgency.

    What was looked for and not found is not looked for again, and nothing is fetched for an order
    on hold.
    """
    items: dict[tuple[str, str], list[Share]] = {}
    for pickup in pickups:
        if pickup.phase is not Phase.REQUESTED or pickup.held:
            continue
        for line in pickup.lines:
            units = line.to_pack - line.missing
            if units > 0:
                share = Share(pickup.pickup_id, pickup.order_name, pickup.bay, units)
                items.setdefault((line.title, line.sku), []).append(share)
    return tuple(ItemToPick(*key, tuple(shares)) for key, shares in sorted(items.items()))


def unbegun(pickups: Iterable[Pickup]) -> tuple[Pickup, ...]:
    """Those that nobody has begun to prepare."""
    early = (State.REQUESTED, State.ESCALATED, State.ACCEPTED)
    return tuple(each for each in pickups if each.state in early and not each.held)
