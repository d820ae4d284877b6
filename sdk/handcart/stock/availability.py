"""What can still be promised, from the database: many items at many locations at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from ..errors import BadInput
from ..storage.among import among
from . import store, trust
from .model import Availability, Place
from .promise import CHANNELS, Demand, Numbers, grouped, lacking, over
from .rules import RuleBook, rule_book
from .tables import levels, stock_holds

Key = tuple[int, int]


def numbers(
    view: Connection,
    shop: str,
    item_ids: Collection[int],
    *,
    channel: str,
    at: datetime,
    hold_id: str = "",
) -> dict[Key, Numbers]:
    """``(item, location)`` to its numbers, of every location that keeps one of the items.

    What ``hold_id`` holds already is not held from itself.
    """
    _refuse_unknown(channel)
    book = rule_book(view, shop)
    held = _held(view, shop, item_ids, at=at, but=hold_id)
    table = levels.c
    rows = view.execute(
        select(
            table.inventory_item_id,
            table.location_id,
            table.available,
            table.set_aside,
            table.counted_at,
            table.sold_since,
            table.missed_since,
        ).where(
            table.shop == shop,
            among(view, (table.inventory_item_id,), [(one,) for one in item_ids]),
        )
    ).all()
    return {
        (row[0], row[1]): _numbers(row, book, held.get((row[0], row[1]), 0), channel, at)
        for row in rows
    }


def to_promise(
    view: Connection,
    shop: str,
    variant_ids: Collection[int],
    *,
    channel: str,
    at: datetime,
    hold_id: str = "",
) -> dict[int, dict[int, int]]:
    """Variant to location to what can be promised there, of locations that serve the channel.

    Below zero where too much was promised; a variant that nobody keeps has no location.
    """
    items = store.items_of(view, shop, variant_ids)
    places = {place.location_id for place in serving(view, shop, channel)}
    found = numbers(view, shop, list(items.values()), channel=channel, at=at, hold_id=hold_id)
    by_item: dict[int, dict[int, int]] = {}
    for (item_id, location_id), known in found.items():
        if location_id in places:
            by_item.setdefault(item_id, {})[location_id] = known.to_promise
    return {variant_id: by_item.get(item_id, {}) for variant_id, item_id in items.items()}


def in_all(
    view: Connection, shop: str, variant_ids: Collection[int], *, channel: str, at: datetime
) -> dict[int, int]:
    """Variant to what all locations that serve the channel can promise together."""
    found = to_promise(view, shop, variant_ids, channel=channel, at=at)
    return {
        variant_id: over(Numbers(units) for units in places.values())
        for variant_id, places in found.items()
    }


def short_of(
    view: Connection,
    shop: str,
    wanted: Iterable[tuple[int, int]],
    *,
    location_id: int,
    channel: str,
    at: datetime,
) -> dict[int, int]:
    """Variant to how many units are missing at one location, of lines ``(variant, units)``.

    Lines that want the same are added up first, so that two of one each are not both promised
    the last one. A variant that is not known is missing whole.
    """
    lines = list(wanted)
    items = store.items_of(view, shop, {variant_id for variant_id, _ in lines})
    demand = demand_of(lines, items, location_id)
    known = numbers(view, shop, list(items.values()), channel=channel, at=at)
    short = lacking(demand, known)
    return {
        variant_id: short.get((items.get(variant_id, -variant_id), location_id), 0)
        for variant_id in dict.fromkeys(variant_id for variant_id, _ in lines)
        if (items.get(variant_id, -variant_id), location_id) in short
    }


def short_everywhere(
    view: Connection,
    shop: str,
    wanted: Iterable[tuple[int, int]],
    *,
    at: datetime,
    hold_id: str = "",
) -> dict[Place, dict[int, int]]:
    """Of each store that offers pickup, what ``short_of`` says; nothing where all is there.

    However many stores there are, the database is asked once. What ``hold_id`` holds is there.
    """
    lines = list(wanted)
    items = store.items_of(view, shop, {variant_id for variant_id, _ in lines})
    known = numbers(view, shop, list(items.values()), channel="pickup", at=at, hold_id=hold_id)
    variants = {items.get(variant_id, -variant_id): variant_id for variant_id, _ in lines}
    found = {}
    for place in serving(view, shop, "pickup"):
        short = lacking(demand_of(lines, items, place.location_id), known)
        found[place] = {variants[item_id]: units for (item_id, _), units in short.items()}
    return found


def demand_of(
    lines: Iterable[tuple[int, int]], items: Mapping[int, int], location_id: int
) -> Demand:
    """Lines ``(variant, units)`` as what they want of which item there."""
    return grouped(
        (items.get(variant_id, -variant_id), location_id, units) for variant_id, units in lines
    )


def to_fetch(
    view: Connection, shop: str, variant_id: int, *, at: datetime
) -> tuple[Availability, ...]:
    """What of a variant can be fetched where, by the location's name."""
    items = store.items_of(view, shop, [variant_id])
    if not items:
        return ()
    item_id, book = items[variant_id], rule_book(view, shop)
    found = numbers(view, shop, [item_id], channel="pickup", at=at)
    spare = {place: max(0, known.to_promise) for (_, place), known in found.items()}
    active = {place.location_id for place in store.places(view, shop) if place.active}
    all_spare = sum(units for place, units in spare.items() if place in active)
    return tuple(
        Availability(
            place,
            spare[place.location_id],
            all_spare - spare[place.location_id]
            if book.of(place.location_id, item_id).from_elsewhere
            else 0,
        )
        for place in serving(view, shop, "pickup")
        if place.location_id in spare
    )


def serving(view: Connection, shop: str, channel: str) -> tuple[Place, ...]:
    """The locations whose goods the channel can sell, by name."""
    _refuse_unknown(channel)
    active = (place for place in store.places(view, shop) if place.active)
    return tuple(place for place in active if channel != "pickup" or place.offers_pickup)


def _numbers(row: Any, book: RuleBook, held: int, channel: str, at: datetime) -> Numbers:
    item_id, location_id, available, set_aside, counted_at, sold, missed = row
    rules = book.of(location_id, item_id)
    safety = rules.safety
    if rules.trust:
        evidence = trust.Evidence(counted_at, sold, missed)
        hidden = trust.to_hide(evidence, recorded=available, asked=rules.trust, at=at)
        safety = max(safety, hidden)
    return Numbers(
        on_hand=available + set_aside,
        allocated=set_aside,
        held=held,
        safety=safety,
        kept=rules.kept_from(channel) if rules.kept else 0,
    )


def _held(
    view: Connection, shop: str, item_ids: Collection[int], *, at: datetime, but: str
) -> dict[Key, int]:
    """Units in holds that have not run out."""
    table = stock_holds.c
    rows = view.execute(
        select(table.inventory_item_id, table.location_id, func.sum(table.units))
        .where(
            table.shop == shop,
            among(view, (table.inventory_item_id,), [(one,) for one in item_ids]),
            table.expires_at > at,
            table.hold_id != but,
        )
        .group_by(table.inventory_item_id, table.location_id)
    )
    return {(item_id, location_id): int(units) for item_id, location_id, units in rows}


def _refuse_unknown(channel: str) -> None:
    if channel not in CHANNELS:
        raise BadInput("channel_unknown", "stock is sold online, for pickup or at the till")
