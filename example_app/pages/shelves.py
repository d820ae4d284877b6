"""What the page "Stock" reads: the stores, what somebody looked for, and what moves or drifted."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g
from sqlalchemy import Connection

from handcart.errors import HandcartError
from handcart.stock import Place, counting, drift, rules, service, store, transfers
from handcart.stock.counting import ToCount
from handcart.stock.drift import Drift
from handcart.stock.model import Item
from handcart.stock.shelf import Shelf, shelf
from handcart.stock.transfers import Transfer, TransferLine
from handcart.web import handcart


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looked for, and what was found: one shelf, or several items to choose from."""

    text: str = ""
    shelf: Shelf | None = None
    items: tuple[Item, ...] = ()


def found(text: str, location_id: int) -> Looked:
    if not text:
        return Looked()
    with handcart().db.reading() as view:
        items = store.find_items(view, g.merchant.shop, text)
    if len(items) != 1:
        return Looked(text, items=items)
    try:
        return Looked(text, shelf=shelf_of(location_id, items[0].inventory_item_id))
    except HandcartError:
        return Looked(text)


def shelf_of(location_id: int, item_id: int) -> Shelf:
    with handcart().db.reading() as view:
        return shelf(view, g.merchant.shop, item_id, location_id, at=g.now)


def drifts(location_id: int) -> tuple[Drift, ...]:
    with handcart().db.reading() as view:
        return drift.found(view, g.merchant.shop, at=g.now, location_id=location_id, limit=30)


def to_count(location_id: int) -> tuple[ToCount, ...]:
    with handcart().db.reading() as view:
        return counting.to_count(view, g.merchant.shop, location_id, at=g.now)


def hold_minutes() -> int:
    with handcart().db.reading() as view:
        return rules.rule_book(view, g.merchant.shop).hold_minutes


def moving(location_id: int) -> list[tuple[Transfer, dict[int, Item]]]:
    """What goes to and from the store, with the items of each."""
    with handcart().db.reading() as view:
        return [
            (one, {line.inventory_item_id: _item(view, line) for line in one.lines})
            for one in transfers.of_location(view, g.merchant.shop, location_id)
        ]


def _item(view: Connection, line: TransferLine) -> Item:
    known = store.item(view, g.merchant.shop, line.inventory_item_id)
    return known or Item(line.inventory_item_id, line.inventory_item_id)


def places() -> tuple[Place, ...]:
    with handcart().db.reading() as view:
        return service.places(view, g.merchant.shop)


def chosen(places: tuple[Place, ...], asked: int | None) -> int | None:
    known = [place.location_id for place in places]
    return asked if asked in known else next(iter(known), None)
