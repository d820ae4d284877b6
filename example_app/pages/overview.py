"""The figures of the merchant's home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from handcart.carts.store import carts
from handcart.funnel import pixel
from handcart.funnel import service as funnel
from handcart.funnel.model import DayOnTheWeb
from handcart.pickups import Phase, queries
from handcart.shops.service import scopes_of
from handcart.stock import Place, service
from handcart_webhooks.inbox import deliveries
from handcart_webhooks.overview import rests_too_long

_LAST = 8
_DAYS = 7


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What waits at one store: to be prepared, and to be fetched."""

    place: Place
    requested: int
    ready: int


@dataclass(frozen=True, slots=True)
class DeliverySeen:
    """One piece of news from the platform and what became of it."""

    topic: str
    received_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Overview:
    stores: tuple[StoreFigures, ...]
    carts: int
    deliveries: tuple[DeliverySeen, ...]
    late: int
    web: tuple[DayOnTheWeb, ...] | None

    @property
    def requested(self) -> int:
        return sum(store.requested for store in self.stores)

    @property
    def ready(self) -> int:
        return sum(store.ready for store in self.stores)


def overview_of(view: Connection, shop: str, *, at: datetime) -> Overview:
    """What the home shows; ``late`` counts what has rested or waited for over an hour.

    ``web`` is None where the merchant has not agreed to counting.
    """
    counts = queries.open_counts(view, shop)
    late = rests_too_long(view, shop, at=at)
    return Overview(
        stores=store_figures(service.places(view, shop), counts),
        carts=_open_carts(view, shop),
        deliveries=_last_deliveries(view, shop),
        late=late.dead + late.waiting,
        web=_web(view, shop, at=at),
    )


def store_figures(
    places: tuple[Place, ...], counts: Mapping[tuple[int, Phase], int]
) -> tuple[StoreFigures, ...]:
    """The stores that offer pickup, and any other where something waits all the same."""
    waiting = {location_id for location_id, _ in counts}
    return tuple(
        StoreFigures(
            place=place,
            requested=counts.get((place.location_id, Phase.REQUESTED), 0),
            ready=counts.get((place.location_id, Phase.READY), 0),
        )
        for place in places
        if place.offers_pickup or place.location_id in waiting
    )


def _web(view: Connection, shop: str, *, at: datetime) -> tuple[DayOnTheWeb, ...] | None:
    if not scopes_of(view, shop) >= pixel.SCOPES:
        return None
    return funnel.last_days(view, shop, days=_DAYS, at=at)


def _open_carts(view: Connection, shop: str) -> int:
    has_lines = carts.c.state[("lines", 0)].as_string().is_not(None)
    count: int = view.execute(
        select(func.count()).where(carts.c.shop == shop, carts.c.status == "open", has_lines)
    ).scalar_one()
    return count


def _last_deliveries(view: Connection, shop: str) -> tuple[DeliverySeen, ...]:
    rows = view.execute(
        select(deliveries.c.topic, deliveries.c.added_at, deliveries.c.state)
        .where(deliveries.c.shop == shop)
        .order_by(deliveries.c.place.desc())
        .limit(_LAST)
    )
    return tuple(DeliverySeen(row.topic, row.added_at, row.state) for row in rows)
