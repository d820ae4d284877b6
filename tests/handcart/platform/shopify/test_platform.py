from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from handcart.errors import PlatformError, UserError, UserErrors
from handcart.platform.port import (
    FulfillmentLine,
    FulfillmentOrder,
    Platform,
    ShopProfile,
    StockLevel,
    StoreLocation,
)
from handcart.platform.shopify.documents import document
from handcart.platform.shopify.gid import gid, number_of
from handcart.platform.shopify.platform import ShopifyPlatform

SHOP = "juniper-tea.myshopify.com"
Call = tuple[str, dict[str, Any]]


class Scripted:
    """An Admin that answers each document from its script, in order, and keeps what was asked."""

    shop = SHOP

    def __init__(self, **script: list[Any]) -> None:
        self._script = {document(name): (name, answers) for name, answers in script.items()}
        self.asked: list[Call] = []

    def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        name, answers = self._script[document]
        self.asked.append((name, dict(variables or {})))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]


def refusal(code: str | None = None) -> UserErrors:
    return UserErrors([UserError(message="no", code=code)])


def page(nodes: list[Any], after: str | None = None) -> dict[str, Any]:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}


def order_node(**other: Any) -> dict[str, Any]:
    node = {
        "id": "gid://shopify/FulfillmentOrder/9",
        "status": "OPEN",
        "updatedAt": "2026-11-23T09:00:00Z",
        "deliveryMethod": {"methodType": "PICK_UP"},
        "assignedLocation": {"location": {"id": "gid://shopify/Location/3"}},
        "lineItems": {
            "nodes": [
                {
                    "id": "gid://shopify/FulfillmentOrderLineItem/5",
                    "remainingQuantity": 2,
                    "totalQuantity": 2,
                    "productTitle": "Sencha",
                    "variantTitle": "100 g",
                    "sku": "SEN-100",
                    "variant": {"id": "gid://shopify/ProductVariant/7"},
                }
            ]
        },
        "order": {
            "id": "gid://shopify/Order/1",
            "name": "#1001",
            "displayFulfillmentStatus": "UNFULFILLED",
            "customer": {"id": "gid://shopify/Customer/4", "displayName": "Ada Day"},
            "fulfillmentOrders": {
                "nodes": [{"id": "gid://shopify/FulfillmentOrder/9", "status": "OPEN"}]
            },
        },
    }
    return {**node, **other}


def found(**other: Any) -> dict[str, Any]:
    return {"fulfillmentOrder": order_node(**other)}


def with_left(quantity: int, *, status: str = "OPEN") -> dict[str, Any]:
    [line] = order_node()["lineItems"]["nodes"]
    lines = {"nodes": [{**line, "remainingQuantity": quantity}]}
    return found(status=status, lineItems=lines)


def test_the_profile_is_the_shops() -> None:
    shop = {
        "name": "Juniper Tea",
        "email": "shop@example.com",
        "ianaTimezone": "Europe/Sofia",
        "currencyCode": "EUR",
    }
    platform: Platform = ShopifyPlatform(Scripted(shop_profile=[{"shop": shop}]))
    assert platform.profile() == ShopProfile(
        name="Juniper Tea", time_zone="Europe/Sofia", currency="EUR", email="shop@example.com"
    )
    assert platform.shop == SHOP


def location_node(number: int, **other: Any) -> dict[str, Any]:
    node = {
        "id": f"gid://shopify/Location/{number}",
        "name": "Old Town",
        "isActive": True,
        "address": {"formatted": ["Main St 1", "1000 Sofia", "Bulgaria"], "phone": None},
        "localPickupSettingsV2": {"pickupTime": "TWO_HOURS", "instructions": None},
        "openingHours": {"value": "Mo-Fr 09:00-18:00"},
    }
    return {**node, **other}


def test_locations_are_read_page_by_page() -> None:
    bare = location_node(4, isActive=False, localPickupSettingsV2=None, openingHours=None)
    admin = Scripted(
        locations=[
            {"locations": page([location_node(3)], after="c1")},
            {"locations": page([bare])},
        ]
    )
    first, second = ShopifyPlatform(admin).locations()
    assert first == StoreLocation(
        location_id=3,
        name="Old Town",
        address="Main St 1, 1000 Sofia, Bulgaria",
        phone="",
        active=True,
        offers_pickup=True,
        opening_hours="Mo-Fr 09:00-18:00",
        pickup_time="TWO_HOURS",
    )
    assert (second.active, second.offers_pickup, second.opening_hours) == (False, False, "")
    assert [variables["after"] for _, variables in admin.asked] == [None, "c1"]


def variant_node(number: int) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}0",
        "title": "100 g",
        "sku": "SEN",
        "barcode": None,
        "product": {"title": "Sencha"},
    }


def quantities(available: int, at: str | None, *, committed: int = 0) -> list[dict[str, Any]]:
    return [
        {"name": "available", "quantity": available, "updatedAt": at},
        {"name": "committed", "quantity": committed, "updatedAt": at},
    ]


def level_node(number: int, **other: Any) -> dict[str, Any]:
    node = {
        "updatedAt": "2026-11-23T08:00:00Z",
        "item": {
            "id": f"gid://shopify/InventoryItem/{number}",
            "variants": {"nodes": [variant_node(number)]},
        },
        "quantities": quantities(12, "2026-11-23T09:00:00Z", committed=2),
    }
    return {**node, **other}


def test_levels_of_active_locations_are_read_page_by_page() -> None:
    unsold = level_node(3, item={"id": "gid://shopify/InventoryItem/3", "variants": None})
    undated = level_node(2, quantities=quantities(-1, None))
    closed = location_node(4, isActive=False)
    admin = Scripted(
        locations=[{"locations": page([location_node(3), closed])}],
        levels=[
            {"location": {"inventoryLevels": page([level_node(1)], after="c1")}},
            {"location": {"inventoryLevels": page([undated, unsold])}},
        ],
    )
    assert list(ShopifyPlatform(admin).levels()) == [
        StockLevel(
            inventory_item_id=1,
            variant_id=10,
            location_id=3,
            available=12,
            updated_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
            set_aside=2,
            title="Sencha – 100 g",
            sku="SEN",
        ),
        StockLevel(
            inventory_item_id=2,
            variant_id=20,
            location_id=3,
            available=-1,
            updated_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
            set_aside=0,
            title="Sencha – 100 g",
            sku="SEN",
        ),
    ]
    assert [call for call in admin.asked if call[0] == "levels"] == [
        ("levels", {"locationId": "gid://shopify/Location/3", "after": None}),
        ("levels", {"locationId": "gid://shopify/Location/3", "after": "c1"}),
    ]


def test_a_location_that_is_gone_has_no_levels() -> None:
    admin = Scripted(
        locations=[{"locations": page([location_node(3)])}], levels=[{"location": None}]
    )
    assert list(ShopifyPlatform(admin).levels()) == []


def test_a_fulfillment_order_is_read_in_our_own_words() -> None:
    assert ShopifyPlatform(Scripted(fulfillment_order=[found()])).fulfillment_order(9) == (
        FulfillmentOrder(
            fulfillment_order_id=9,
            order_id=1,
            order_name="#1001",
            method="pick_up",
            status="open",
            location_id=3,
            customer_name="Ada Day",
            customer_id=4,
            covers_order=True,
            updated_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
            lines=(
                FulfillmentLine(
                    line_id=5,
                    variant_id=7,
                    title="Sencha – 100 g",
                    sku="SEN-100",
                    quantity=2,
                    total=2,
                ),
            ),
        )
    )


def test_what_the_app_may_not_see_is_empty_and_not_an_error() -> None:
    [line] = order_node()["lineItems"]["nodes"]
    bare = {**line, "variantTitle": "Default Title", "sku": None, "variant": None}
    answer = found(
        deliveryMethod=None,
        assignedLocation={"location": None},
        lineItems={"nodes": [bare]},
        order={**order_node()["order"], "customer": None},
    )
    order = ShopifyPlatform(Scripted(fulfillment_order=[answer])).fulfillment_order(9)
    assert order is not None
    assert (order.method, order.location_id) == ("none", None)
    assert (order.customer_name, order.customer_id) == ("", None)
    assert order.lines == (
        FulfillmentLine(line_id=5, variant_id=None, title="Sencha", sku="", quantity=2, total=2),
    )


@pytest.mark.parametrize(
    ("others", "order_status", "covers"),
    [
        ([], "UNFULFILLED", True),
        (["CANCELLED", "CLOSED"], "UNFULFILLED", True),
        (["OPEN"], "UNFULFILLED", False),
        (["ON_HOLD"], "UNFULFILLED", False),
        (["CLOSED"], "PARTIALLY_FULFILLED", False),
        ([], "FULFILLED", False),
    ],
)
def test_a_part_covers_the_order_when_no_other_is_alive_or_handed_out(
    others: list[str], order_status: str, covers: bool
) -> None:
    nodes = [
        {"id": f"gid://shopify/FulfillmentOrder/{n}", "status": s} for n, s in enumerate(others)
    ]
    own = order_node()["order"]["fulfillmentOrders"]["nodes"]
    order = {
        **order_node()["order"],
        "displayFulfillmentStatus": order_status,
        "fulfillmentOrders": {"nodes": [*own, *nodes]},
    }
    read = ShopifyPlatform(Scripted(fulfillment_order=[found(order=order)])).fulfillment_order(9)
    assert read is not None
    assert read.covers_order is covers


def test_a_fulfillment_order_that_is_gone_is_none() -> None:
    admin = Scripted(fulfillment_order=[{"fulfillmentOrder": None}])
    assert ShopifyPlatform(admin).fulfillment_order(9) is None


def test_the_parts_of_an_order_are_each_read_whole() -> None:
    nodes = [{"id": "gid://shopify/FulfillmentOrder/9"}, {"id": "gid://shopify/FulfillmentOrder/8"}]
    admin = Scripted(
        fulfillment_orders=[{"order": {"fulfillmentOrders": {"nodes": nodes}}}],
        fulfillment_order=[found(), {"fulfillmentOrder": None}],
    )
    [one] = ShopifyPlatform(admin).fulfillment_orders(1)
    assert one.fulfillment_order_id == 9


def test_an_order_that_is_gone_has_no_parts() -> None:
    admin = Scripted(fulfillment_orders=[{"order": None}])
    assert list(ShopifyPlatform(admin).fulfillment_orders(1)) == []


def test_the_platform_is_told_that_goods_wait_at_the_counter() -> None:
    admin = Scripted(prepare_for_pickup=[{}])
    ShopifyPlatform(admin).prepare_for_pickup(fulfillment_order_id=9, key="k")
    assert admin.asked == [
        ("prepare_for_pickup", {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/9"})
    ]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER", found()),
        ("UNABLE_TO_PREPARE_QUANTITY", found(status="IN_PROGRESS")),
        ("FULFILLMENT_ORDER_INVALID", found(status="CLOSED")),
    ],
)
def test_preparing_what_is_prepared_or_handed_over_succeeds(
    code: str, state: dict[str, Any]
) -> None:
    admin = Scripted(prepare_for_pickup=[refusal(code)], fulfillment_order=[state])
    ShopifyPlatform(admin).prepare_for_pickup(fulfillment_order_id=9, key="k")
    assert len(admin.asked) == 2


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("FULFILLMENT_ORDER_INVALID", found()),
        ("NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER", found(status="CANCELLED")),
        ("FULFILLMENT_ORDER_INVALID", {"fulfillmentOrder": None}),
    ],
)
def test_preparing_what_cannot_be_prepared_fails(code: str, state: dict[str, Any]) -> None:
    admin = Scripted(prepare_for_pickup=[refusal(code)], fulfillment_order=[state])
    with pytest.raises(UserErrors):
        ShopifyPlatform(admin).prepare_for_pickup(fulfillment_order_id=9, key="k")


def test_lines_are_handed_over_with_their_quantities() -> None:
    admin = Scripted(fulfil=[{}])
    ShopifyPlatform(admin).fulfil(fulfillment_order_id=9, lines={"5": 2}, key="k")
    assert admin.asked == [
        (
            "fulfil",
            {
                "fulfillmentOrderId": "gid://shopify/FulfillmentOrder/9",
                "lines": [{"id": "gid://shopify/FulfillmentOrderLineItem/5", "quantity": 2}],
            },
        )
    ]


@pytest.mark.parametrize("state", [with_left(0, status="CLOSED"), with_left(1)])
def test_handing_over_what_is_gone_already_succeeds(state: dict[str, Any]) -> None:
    admin = Scripted(fulfil=[refusal()], fulfillment_order=[state])
    ShopifyPlatform(admin).fulfil(fulfillment_order_id=9, lines={"5": 2}, key="k")
    assert len(admin.asked) == 2


@pytest.mark.parametrize(
    "state", [with_left(2), with_left(0, status="CANCELLED"), {"fulfillmentOrder": None}]
)
def test_handing_over_what_is_still_there_or_cancelled_fails(state: dict[str, Any]) -> None:
    admin = Scripted(fulfil=[refusal()], fulfillment_order=[state])
    with pytest.raises(UserErrors):
        ShopifyPlatform(admin).fulfil(fulfillment_order_id=9, lines={"5": 2}, key="k")


@pytest.mark.parametrize(
    ("reason", "sent"), [("customer", "CUSTOMER"), ("staff", "STAFF"), ("no show", "OTHER")]
)
def test_an_order_is_cancelled_with_its_reason(reason: str, sent: str) -> None:
    admin = Scripted(cancel_order=[{}])
    ShopifyPlatform(admin).cancel_order(order_id=1, reason=reason, key="k")
    assert admin.asked == [("cancel_order", {"orderId": "gid://shopify/Order/1", "reason": sent})]


def test_cancelling_an_order_that_is_cancelled_succeeds_and_otherwise_fails() -> None:
    cancelled = {"order": {"cancelledAt": "2026-11-23T09:00:00Z"}}
    for state, fails in ((cancelled, False), ({"order": {"cancelledAt": None}}, True)):
        admin = Scripted(cancel_order=[refusal("INVALID")], order_state=[state])
        platform = ShopifyPlatform(admin)
        if fails:
            with pytest.raises(UserErrors):
                platform.cancel_order(order_id=1, reason="staff", key="k")
        else:
            platform.cancel_order(order_id=1, reason="staff", key="k")


@pytest.mark.parametrize(
    ("state", "fails"), [("CANCELLED", False), ("CLOSED", False), ("OPEN", True)]
)
def test_cancelling_a_part_that_is_over_succeeds_and_otherwise_fails(
    state: str, fails: bool
) -> None:
    admin = Scripted(cancel_fulfillment_order=[refusal()], fulfillment_order=[found(status=state)])
    platform = ShopifyPlatform(admin)
    if fails:
        with pytest.raises(UserErrors):
            platform.cancel_fulfillment_order(fulfillment_order_id=9, key="k")
    else:
        platform.cancel_fulfillment_order(fulfillment_order_id=9, key="k")


def test_a_call_without_an_answer_is_not_judged_but_raised() -> None:
    admin = Scripted(fulfil=[PlatformError("no_answer")])
    with pytest.raises(PlatformError):
        ShopifyPlatform(admin).fulfil(fulfillment_order_id=9, lines={"5": 2}, key="k")
    assert len(admin.asked) == 1


def test_a_global_id_and_its_number_are_each_others() -> None:
    assert number_of(gid("Order", 12)) == 12
    assert number_of("gid://shopify/InventoryLevel/3?inventory_item_id=7") == 3
    for nonsense in (
        "",
        "12",
        "gid://shopify/Order/",
        "gid://shopify/Order/x",
        "gid://evil/Order/1",
    ):
        with pytest.raises(PlatformError):
            number_of(nonsense)
