from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from handcart.pickups import OrderSeen
from handcart.platform.port import FulfillmentLine, FulfillmentOrder

LINES = (
    FulfillmentLine(line_id=71, variant_id=501, title="Gyokuro, 50 g", sku="GYO-50", quantity=2),
    FulfillmentLine(line_id=72, variant_id=None, title="Gift wrap", sku="", quantity=1),
)


@pytest.fixture
def routed(at: datetime) -> Callable[..., FulfillmentOrder]:
    """A fulfillment order as the platform tells it."""

    def build(**changes: Any) -> FulfillmentOrder:
        told: dict[str, Any] = {
            "fulfillment_order_id": 9001,
            "order_id": 1001,
            "order_name": "#1001",
            "method": "pick_up",
            "status": "open",
            "location_id": 31,
            "customer_name": "Mina Sato",
            "customer_id": 77,
            "covers_order": True,
            "updated_at": at,
            "lines": LINES,
        }
        return FulfillmentOrder(**told | changes)

    return build


@pytest.fixture
def seen(at: datetime) -> Callable[..., OrderSeen]:
    """An order as a webhook tells it."""

    def build(**changes: Any) -> OrderSeen:
        told: dict[str, Any] = {
            "order_id": 1001,
            "name": "#1001",
            "order_token": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
            "customer_id": 77,
            "customer_name": "Mina Sato",
            "updated_at": at,
            "cancelled_at": None,
            "fulfilled": False,
        }
        return OrderSeen(**told | changes)

    return build
