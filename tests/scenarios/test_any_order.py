"""Seven webhooks of one order in every order in which they can come: 5,040 days, one end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event

from handcart.delivery import Delivery
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from handcart.storage import metadata
from handcart_webhooks.handlers import HANDLERS
from handcart_webhooks.handlers import Told as Heard

from .ledger import SHOP
from .sizes import size

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# What may differ between two days that end alike: how many changes there were, and how much of a
# level was there when we first heard of it.
OURS = {"version", "moves", "unexplained", "unexplained_at"}
# All that a decision can depend on: neither what waits to be done nor what is told of the past.
_DECIDING = sorted(set(metadata.tables) - {"tasks", "pickup_changes", "stock_movements"})


@dataclass(frozen=True, slots=True)
class Told:
    """One webhook; ``read`` is what the platform answers when it is asked for the rest."""

    topic: str
    body: dict[str, Any]
    read: Any = None


def seconds(count: int) -> datetime:
    return START + timedelta(seconds=count)


def order(at: int, **more: Any) -> dict[str, Any]:
    """The order as it is so many seconds after it was placed."""
    return {
        "id": 1001,
        "name": "#1001",
        "token": "a1b2c3d4",
        "cart_token": "c1",
        "customer": {"id": 77, "first_name": "Mina", "last_name": "Sato"},
        "updated_at": seconds(at).isoformat(),
        "cancelled_at": None,
        "fulfillment_status": None,
        "shipping_lines": [{"title": "Pickup"}],
        "line_items": [{"variant_id": 501, "quantity": 2, "properties": []}],
        **more,
    }


def part(at: int, status: str) -> FulfillmentOrder:
    return FulfillmentOrder(
        fulfillment_order_id=9001,
        order_id=1001,
        order_name="#1001",
        method="pick_up",
        status=status,
        location_id=31,
        customer_name="Mina Sato",
        customer_id=77,
        covers_order=True,
        updated_at=seconds(at),
        lines=(FulfillmentLine(71, 501, "Gyokuro", "GYO", 2),),
    )


def routed(at: int, status: str = "open") -> Told:
    body = {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/9001"}}
    return Told("fulfillment_orders/order_routing_complete", body, (part(at, status),))


def level(at: int, available: int) -> Told:
    body = {"inventory_item_id": 41, "location_id": 31, "available": available}
    return Told("inventory_levels/update", {**body, "updated_at": seconds(at).isoformat()})


CANCELLED = {"cancelled_at": seconds(8).isoformat()}
STORIES: dict[str, Sequence[Told]] = {
    "cancelled": (
        Told("orders/create", order(0)),
        level(1, 5),
        routed(1),
        Told("orders/updated", order(3)),
        Told("orders/cancelled", order(8, **CANCELLED)),
        level(8, 7),
        Told("orders/updated", order(9, **CANCELLED)),
    ),
    "collected": (
        Told("orders/create", order(0)),
        level(1, 5),
        routed(1),
        Told("orders/updated", order(3)),
        routed(5, "in_progress"),
        routed(8, "closed"),
        Told("orders/updated", order(8, fulfillment_status="fulfilled")),
    ),
}


class Shop:
    """An empty database in memory that hears one webhook after the other."""

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://")

        @event.listens_for(self._engine, "connect")
        def configure(connection: Any, record: Any) -> None:
            connection.isolation_level = None

        self._work = self._engine.connect()
        metadata.create_all(self._work)

    def hear(self, told: Told, *, count: int) -> None:
        handler = HANDLERS[told.topic]
        body = orjson.dumps(told.body)
        delivery = Delivery(SHOP, told.topic, f"w{count}", None, None, None, seconds(60), body)
        says = told.read or handler.parse(body)
        handler.apply(self._work, [Heard(delivery, says)], seconds(60))

    def ends_of_all_orders(self, story: Sequence[Told]) -> dict[str, int]:
        """How each permutation ends, and how many end like that.

        A beginning that several permutations share is told once; so is, in the short form, what
        is left to tell when the same was heard in another order and everything is the same.
        """
        return self._continue(list(story), depth=0, known={})

    def _continue(
        self, left: list[Told], *, depth: int, known: dict[Any, dict[str, int]]
    ) -> dict[str, int]:
        if not left:
            return {self.end(): 1}
        here = (tuple(map(id, left)), self._known(*_DECIDING)) if size(1, 0) else object()
        if here in known:
            return known[here]
        ends: Counter[str] = Counter()
        for number, told in enumerate(left):
            self._work.exec_driver_sql(f"SAVEPOINT told_{depth}")
            self.hear(told, count=depth)
            rest = left[:number] + left[number + 1 :]
            ends.update(self._continue(rest, depth=depth + 1, known=known))
            self._work.exec_driver_sql(f"ROLLBACK TO told_{depth}")
            self._work.exec_driver_sql(f"RELEASE told_{depth}")
        known[here] = dict(ends)
        return known[here]

    def end(self) -> str:
        """What is known of the order, its pickup and the stock, however it came to that."""
        return self._known("orders", "pickups", "pickup_lines", "levels")

    def _known(self, *tables: str) -> str:
        return repr({name: self._about(name) for name in tables})

    def _about(self, name: str) -> list[str]:
        found = self._work.execute(metadata.tables[name].select()).mappings()
        return sorted(repr({k: v for k, v in row.items() if k not in OURS}) for row in found)

    def end_of(self, heard: Sequence[Told]) -> str:
        """How a day ends on which this is heard."""
        self._work.exec_driver_sql("SAVEPOINT day")
        for count, told in enumerate(heard):
            self.hear(told, count=count)
        end = self.end()
        self._work.exec_driver_sql("ROLLBACK TO day")
        return end

    def close(self) -> None:
        self._work.close()
        self._engine.dispose()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.mark.parametrize("story", STORIES)
def test_all_5040_orders_of_arrival_end_alike(shop: Shop, story: str) -> None:
    ends = shop.ends_of_all_orders(STORIES[story])
    assert list(ends.values()) == [5040], ends
    [end] = ends
    assert f"'{story}'" in end


@given(st.sampled_from(sorted(STORIES)), st.data())
@settings(max_examples=30)
def test_repetitions_in_any_order_change_nothing(
    shop: Shop, story: str, data: st.DataObject
) -> None:
    told = STORIES[story]
    again = data.draw(st.lists(st.sampled_from(told), max_size=8))
    heard = data.draw(st.permutations([*told, *again]))
    assert shop.end_of(heard) == shop.end_of(told)
