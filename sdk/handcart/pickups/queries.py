"""What doors read of pickups."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from ..errors import NotFound
from ..keys import Keyring
from . import proxies, store
from .codes import LENGTH, as_typed
from .links import PageLink
from .model import Pickup
from .signed import is_signed, read_signed
from .states import Phase
from .store import changes as changes
from .store import get as get
from .store import open_counts as open_counts
from .store import waiting_stamp as waiting_stamp

# Cards that a person can look over; more are asked for.
SHOWN = 30
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first of the ``count`` pickups that wait for the same."""

    count: int
    shown: tuple[Pickup, ...]

    @property
    def hidden(self) -> int:
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True)
class WaitingQueue:
    """What waits at one location: for the staff, and for the shopper."""

    requested: Waiting
    ready: Waiting
    scanned: bool = False


def waiting_queue(
    view: Connection,
    shop: str,
    location_id: int,
    *,
    show: int = SHOWN,
    find: str = "",
    keyring: Keyring | None = None,
) -> WaitingQueue:
    """The first ``show`` of each, or of those whose order's or customer's name has ``find``.

    With a ``keyring``, ``find`` may be a pickup's code: then there is that one alone.
    """
    wanted = find.strip()
    found = of_code(view, shop, location_id, code=wanted, keyring=keyring) if keyring else None
    if found is not None:
        return _alone(found)
    limit = max(1, min(show, MOST_SHOWN))

    def first(phase: Phase) -> Waiting:
        page = store.waiting_page(view, shop, location_id, phase=phase, find=wanted, limit=limit)
        return Waiting(*page)

    return WaitingQueue(requested=first(Phase.REQUESTED), ready=first(Phase.READY))


def to_prepare(view: Connection, shop: str, location_id: int) -> tuple[Pickup, ...]:
    """What staff of a location have to prepare, the most urgent first; at most ``MOST_SHOWN``."""
    page = store.waiting_page(
        view, shop, location_id, phase=Phase.REQUESTED, find="", limit=MOST_SHOWN
    )
    return page[1]


def _alone(pickup: Pickup) -> WaitingQueue:
    one, none = Waiting(1, (pickup,)), Waiting(0, ())
    if pickup.phase is Phase.READY:
        return WaitingQueue(requested=none, ready=one, scanned=True)
    return WaitingQueue(requested=one, ready=none, scanned=True)


def of_code(
    view: Connection, shop: str, location_id: int, *, code: str, keyring: Keyring
) -> Pickup | None:
    """The pickup that waits at a location for this code, as somebody scanned or typed it."""
    if is_signed(code):
        return _of_signed(view, shop, location_id, code=code, keyring=keyring)
    if len(as_typed(code)) != LENGTH:
        return None
    waiting = store.waiting_codes(view, shop, location_id)
    sent = proxies.proxies_of_all(view, shop, {pickup_id for pickup_id, _ in waiting})
    for pickup_id, generation in waiting:
        others = sent.get(pickup_id, ())
        if proxies.whose_code(
            keyring, shop, pickup_id, generation=generation, proxies=others, code=code
        ):
            return store.get(view, shop, pickup_id)
    return None


def _of_signed(
    view: Connection, shop: str, location_id: int, *, code: str, keyring: Keyring
) -> Pickup | None:
    """Whether it is still good is asked when the goods are handed over."""
    signed = read_signed(keyring, shop, code)
    found = store.find(view, shop, signed.pickup_id) if signed else None
    waits = found is not None and found.open and found.location_id == location_id
    return found if waits else None


def of_link(view: Connection, link: PageLink) -> Pickup:
    """The pickup that a signed link leads to; raises NotFound when the link was replaced."""
    pickup = store.get(view, link.shop, link.pickup_id)
    if pickup.generation != link.generation:
        raise NotFound("pickup_link_replaced", "this link was replaced by a newer one")
    if link.proxy_id is not None:
        proxies.proxy_of(view, link.shop, link.pickup_id, link.proxy_id)
    return pickup
