"""A platform that keeps stock as the real one does: absolute numbers, compared writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from handcart.errors import StaleWrite, UserError, UserErrors
from handcart.platform.port import (
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    SoldLine,
    StockLevel,
    StoreLocation,
)
from handcart.stock import ledger, service
from handcart.stock.model import Level
from handcart.stock.tables import stock_movements

SHOP = "juniper-tea.myshopify.com"
HARBOUR, OLD_TOWN = 31, 32
GYOKURO, SENCHA = 701, 702
VARIANTS = {GYOKURO: 501, SENCHA: 502}
TITLES = {GYOKURO: "Gyokuro – 50 g", SENCHA: "Sencha – 100 g"}


def store(location_id: int, **changes: Any) -> StoreLocation:
    return StoreLocation(
        location_id=location_id,
        name="Harbour" if location_id == HARBOUR else "Old Town",
        address="",
        phone="",
        active=changes.get("active", True),
        offers_pickup=changes.get("offers_pickup", True),
        opening_hours="Mo-Su 09:00-18:00",
    )


def level(
    available: int,
    at: datetime,
    *,
    item: int = GYOKURO,
    location: int = HARBOUR,
    set_aside: int | None = 0,
) -> StockLevel:
    return StockLevel(
        item,
        VARIANTS[item],
        location,
        available,
        at,
        set_aside=set_aside,
        title=TITLES[item],
        sku=f"SKU-{item}",
        barcode=f"400{item}",
    )


def stocked(
    work: Connection, at: datetime, numbers: dict[tuple[int, int], int] | None = None
) -> None:
    """Both stores have both teas, 10 of each unless told otherwise."""
    usual = {(item, place): 10 for item in VARIANTS for place in (HARBOUR, OLD_TOWN)}
    read = [
        level(units, at, item=item, location=place)
        for (item, place), units in (usual | (numbers or {})).items()
    ]
    service.mirror(work, SHOP, locations=[store(HARBOUR), store(OLD_TOWN)], levels=read, at=at)


def known(work: Connection, item: int = GYOKURO, location: int = HARBOUR) -> Level:
    found = ledger.locked(work, SHOP, item, location)
    assert found is not None
    return found


def summed(work: Connection, item: int = GYOKURO, location: int = HARBOUR) -> tuple[int, int]:
    """What the movements of a level add up to: available, set aside."""
    table = stock_movements.c
    row = work.execute(
        select(func.sum(table.available), func.sum(table.set_aside)).where(
            table.shop == SHOP,
            table.inventory_item_id == item,
            table.location_id == location,
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def part(
    order_id: int,
    units: int,
    at: datetime,
    *,
    status: str = "open",
    location: int | None = HARBOUR,
    left: int | None = None,
    item: int = GYOKURO,
    method: str = "shipping",
    number: int | None = None,
) -> FulfillmentOrder:
    """The part of an order that one location fulfils: ``left`` of ``units`` wait."""
    remaining = left if left is not None else units if status == "open" else 0
    return FulfillmentOrder(
        fulfillment_order_id=number or order_id + 8000,
        order_id=order_id,
        order_name=f"#{order_id}",
        method=method,
        status=status,
        location_id=location,
        customer_name="",
        customer_id=None,
        covers_order=True,
        updated_at=at,
        lines=(FulfillmentLine(order_id * 10, VARIANTS[item], "Tea", "", remaining, total=units),),
    )


def till_sale(
    order_id: int, units: int, at: datetime, *, sold_at: datetime | None = None, **changes: Any
) -> Order:
    told: dict[str, Any] = {
        "order_id": order_id,
        "name": f"#{order_id}",
        "token": f"token-{order_id}",
        "cart_token": None,
        "customer_id": None,
        "customer_name": "",
        "updated_at": at,
        "cancelled_at": None,
        "fulfilled": True,
        "shipped": False,
        "lines": (SoldLine(VARIANTS[GYOKURO], units, {}, None),),
        "source": "pos",
        "location_id": HARBOUR,
        "processed_at": sold_at or at,
    }
    return Order(**told | changes)


@dataclass
class Shelves:
    """The platform's own numbers. ``steps`` between it and us are taken by the test."""

    at: datetime
    available: Counter[tuple[int, int]] = field(default_factory=Counter)
    committed: Counter[tuple[int, int]] = field(default_factory=Counter)
    updated: dict[tuple[int, int], datetime] = field(default_factory=dict)
    keys: dict[str, tuple[Any, bool]] = field(default_factory=dict)
    written: list[tuple[int, int]] = field(default_factory=list)
    lose_answers: int = 0
    refuses: str = ""
    shop: str = SHOP

    def change(self, key: tuple[int, int], delta: int, *, committed: int = 0) -> StockLevel:
        """Somebody moves stock there, or we do; returns what a webhook would tell of it."""
        self.available[key] += delta
        self.committed[key] += committed
        before = self.updated.get(key, self.at - timedelta(seconds=1))
        self.updated[key] = max(self.at, before + timedelta(seconds=1))
        return self.now(key)

    def now(self, key: tuple[int, int]) -> StockLevel:
        return level(
            self.available[key],
            self.updated.get(key, self.at),
            item=key[0],
            location=key[1],
            set_aside=self.committed[key],
        )

    def level(self, *, inventory_item_id: int, location_id: int) -> StockLevel | None:
        return self.now((inventory_item_id, location_id))

    def adjust_stock(
        self,
        *,
        inventory_item_id: int,
        location_id: int,
        delta: int,
        expected: int,
        reason: str,
        reference: str,
        key: str,
    ) -> None:
        """Compared and keyed as shopify.dev says of ``changeFromQuantity`` and ``@idempotent``."""
        place, asked = (inventory_item_id, location_id), (delta, expected, reason, reference)
        if key in self.keys:
            before, went_well = self.keys[key]
            assert before == asked, "a key was used for two different things"
            if not went_well:
                raise StaleWrite("the stock level")
        elif self.refuses:
            raise UserErrors([UserError("no", code=self.refuses)])
        elif self.available[place] != expected:
            self.keys[key] = (asked, False)
            raise StaleWrite("the stock level")
        else:
            self.keys[key] = (asked, True)
            self.change(place, delta)
            self.written.append((expected, delta))
        if self.lose_answers:
            self.lose_answers -= 1
            raise ConnectionError("the answer was lost")
