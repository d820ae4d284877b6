"""What doors read of pickups."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from ..errors import NotFound
from . import store
from .links import PageLink
from .model import Pickup
from .states import Phase
from .store import changes as changes
from .store import get as get
from .store import open_counts as open_counts
from .store import waiting_stamp as waiting_stamp


@dataclass(frozen=True, slots=True)
class WaitingQueue:
    """What waits at one location, oldest first: for the staff, and for the shopper."""

    requested: tuple[Pickup, ...]
    ready: tuple[Pickup, ...]


def waiting_queue(view: Connection, shop: str, location_id: int) -> WaitingQueue:
    found = store.waiting(view, shop, location_id)
    return WaitingQueue(
        requested=tuple(pickup for pickup in found if pickup.phase is Phase.REQUESTED),
        ready=tuple(
            sorted(
                (pickup for pickup in found if pickup.phase is Phase.READY),
                key=lambda pickup: pickup.changed_at,
            )
        ),
    )


def of_link(view: Connection, link: PageLink) -> Pickup:
    """The pickup that a signed link leads to; raises NotFound when the link was replaced."""
    pickup = store.get(view, link.shop, link.pickup_id)
    if pickup.generation != link.generation:
        raise NotFound("pickup_link_replaced", "this link was replaced by a newer one")
    return pickup
