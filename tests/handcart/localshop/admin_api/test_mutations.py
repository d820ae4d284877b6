from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handcart.localshop import orders
from handcart.localshop.admin_api import execute
from handcart.localshop.gids import gid
from handcart.localshop.world import FulfillmentOrder, OrderLine, Pickup, World

Ask = Callable[..., dict[str, Any]]

PREPARE = """mutation($id: ID!) { fulfillmentOrderLineItemsPreparedForPickup(
    input: { lineItemsByFulfillmentOrder: [{ fulfillmentOrderId: $id }] }
) { userErrors { field message code } } }"""
FULFIL = """mutation($id: ID!, $lines: [FulfillmentOrderLineItemInput!]) { fulfillmentCreate(
    fulfillment: { lineItemsByFulfillmentOrder: [
        { fulfillmentOrderId: $id, fulfillmentOrderLineItems: $lines }
    ], trackingInfo: { number: "77", company: "Post" } }
) { fulfillment { status displayStatus totalQuantity trackingInfo { number company url } }
    userErrors { field message } } }"""
CANCEL = """mutation($id: ID!, $restock: Boolean = true) { orderCancel(
    orderId: $id, reason: STAFF, restock: $restock,
    refundMethod: { originalPaymentMethodsRefund: true }
) { job { id done } orderCancelUserErrors { field message code } userErrors { message } } }"""
SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
    inventorySetQuantities(input: $input) @idempotent(key: $key) {
        inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange } }
        userErrors { field message code }
    } }"""
ADJUST = SET.replace("SetQuantities", "AdjustQuantities")


@pytest.fixture
def waiting(world: World) -> FulfillmentOrder:
    order = orders.place(
        world,
        lines=[OrderLine(min(world.variants), 2)],
        email="mira@example.com",
        delivery=Pickup(min(world.locations)),
    )
    world.emitted.clear()
    return world.fulfillment_orders_of(order.id)[0]


def topics(world: World) -> list[str]:
    return [topic for topic, _ in world.emitted]


def test_preparing_twice_is_a_user_error_the_second_time(
    world: World, ask: Ask, waiting: FulfillmentOrder
) -> None:
    name = "fulfillmentOrderLineItemsPreparedForPickup"
    number = gid("FulfillmentOrder", waiting.id)
    assert ask(PREPARE, id=number)["data"] == {name: {"userErrors": []}}
    [error] = ask(PREPARE, id=number)["data"][name]["userErrors"]
    assert error == {
        "field": ["input", "lineItemsByFulfillmentOrder", "0", "fulfillmentOrderId"],
        "message": "The fulfillment order does not have any line items that can be prepared.",
        "code": "NO_LINE_ITEMS_TO_PREPARE_FOR_FULFILLMENT_ORDER",
    }
    assert topics(world) == ["fulfillment_orders/line_items_prepared_for_pickup"]


def test_handing_over_a_part_and_then_too_much(
    world: World, ask: Ask, waiting: FulfillmentOrder
) -> None:
    number = gid("FulfillmentOrder", waiting.id)
    line = gid("FulfillmentOrderLineItem", waiting.lines[0].id)
    done = ask(FULFIL, id=number, lines=[{"id": line, "quantity": 1}])
    assert done["data"]["fulfillmentCreate"] == {
        "fulfillment": {
            "status": "SUCCESS",
            "displayStatus": "PICKED_UP",
            "totalQuantity": 1,
            "trackingInfo": [{"number": "77", "company": "Post", "url": None}],
        },
        "userErrors": [],
    }
    refused = ask(FULFIL, id=number, lines=[{"id": line, "quantity": 2}])["data"]
    assert refused["fulfillmentCreate"]["fulfillment"] is None
    [error] = refused["fulfillmentCreate"]["userErrors"]
    assert error["message"] == "Invalid fulfillment order line item quantity requested."
    rest = ask(FULFIL, id=number)["data"]["fulfillmentCreate"]
    assert rest["fulfillment"]["totalQuantity"] == 1
    assert topics(world) == [
        "fulfillments/create",
        "orders/partially_fulfilled",
        "orders/updated",
        "fulfillments/create",
        "orders/fulfilled",
        "orders/updated",
    ]


def test_what_does_not_exist_is_a_user_error(ask: Ask, world: World) -> None:
    answer = ask(FULFIL, id=gid("FulfillmentOrder", 1))["data"]["fulfillmentCreate"]
    assert answer["userErrors"][0]["message"] == "Fulfillment order does not exist."
    answer = ask(CANCEL, id=gid("Order", 1))["data"]["orderCancel"]
    assert answer["orderCancelUserErrors"] == [
        {"field": ["orderId"], "message": "Order does not exist", "code": "NOT_FOUND"}
    ]
    assert world.emitted == []


def test_cancelling_an_order_restocks_and_refunds(
    world: World, ask: Ask, waiting: FulfillmentOrder
) -> None:
    answer = ask(CANCEL, id=gid("Order", waiting.order_id))["data"]["orderCancel"]
    assert answer["orderCancelUserErrors"] == []
    assert answer["job"]["done"] is True
    order = world.orders[waiting.order_id]
    assert (order.cancel_reason, order.financial_status) == ("staff", "refunded")
    again = ask(CANCEL, id=gid("Order", waiting.order_id))["data"]["orderCancel"]
    assert again["job"] is None
    assert [each["code"] for each in again["orderCancelUserErrors"]] == ["INVALID"]


def test_cancelling_and_moving_fulfillment_orders(
    world: World, ask: Ask, waiting: FulfillmentOrder
) -> None:
    target = sorted(world.locations)[1]
    moved = ask(
        """mutation($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) {
            movedFulfillmentOrder { id assignedLocation { name } }
            remainingFulfillmentOrder { id } userErrors { message code }
        } }""",
        id=gid("FulfillmentOrder", waiting.id),
        to=gid("Location", target),
    )["data"]["fulfillmentOrderMove"]
    assert moved == {
        "movedFulfillmentOrder": {
            "id": gid("FulfillmentOrder", waiting.id),
            "assignedLocation": {"name": "Old Town"},
        },
        "remainingFulfillmentOrder": None,
        "userErrors": [],
    }
    cancelled = ask(
        """mutation($id: ID!) { fulfillmentOrderCancel(id: $id) {
            fulfillmentOrder { status } replacementFulfillmentOrder { status }
            userErrors { message code }
        } }""",
        id=gid("FulfillmentOrder", waiting.id),
    )["data"]["fulfillmentOrderCancel"]
    assert cancelled == {
        "fulfillmentOrder": {"status": "CANCELLED"},
        "replacementFulfillmentOrder": {"status": "OPEN"},
        "userErrors": [],
    }


def quantities(world: World, **one: Any) -> dict[str, Any]:
    """An inventorySetQuantities input for the first item at the first store."""
    variant = world.variants[min(world.variants)]
    row = {
        "inventoryItemId": gid("InventoryItem", variant.inventory_item_id),
        "locationId": gid("Location", min(world.locations)),
        "quantity": 7,
        "changeFromQuantity": None,
        **one,
    }
    return {"name": "available", "reason": "correction", "quantities": [row]}


def available(world: World) -> int:
    variant = world.variants[min(world.variants)]
    return world.levels[variant.inventory_item_id, min(world.locations)].available


def test_setting_stock_says_what_changed(world: World, ask: Ask) -> None:
    delta = 7 - available(world)
    answer = ask(SET, input=quantities(world), key="k1")["data"]["inventorySetQuantities"]
    assert answer["userErrors"] == []
    assert answer["inventoryAdjustmentGroup"]["reason"] == "correction"
    assert answer["inventoryAdjustmentGroup"]["changes"] == [
        {"name": "available", "delta": delta, "quantityAfterChange": 7},
        {"name": "on_hand", "delta": delta, "quantityAfterChange": 7},
    ]
    assert topics(world) == ["inventory_levels/update"]


def test_the_same_key_does_it_once_and_answers_the_same(world: World, ask: Ask) -> None:
    change = quantities(world)["quantities"][0]
    change["delta"] = change.pop("quantity")
    given = {"name": "available", "reason": "received", "changes": [change]}
    before = available(world)
    first = ask(ADJUST, input=given, key="k1")
    again = ask(ADJUST, input=given, key="k1")
    assert available(world) == before + 7
    assert first["data"] == again["data"]
    assert topics(world) == ["inventory_levels/update"]
    ask(ADJUST, input=given, key="k2")
    assert available(world) == before + 14


def test_a_key_is_forgotten_after_a_day(world: World, ask: Ask, grant_token: Any) -> None:
    given = quantities(world)
    ask(SET, input=given, key="k1")
    world.clock.advance(86400)
    ask_again = {"query": SET, "variables": {"input": quantities(world, quantity=9), "key": "k1"}}
    _, payload, _ = execute(world, token=grant_token(), body=ask_again)
    assert payload["data"]["inventorySetQuantities"]["userErrors"] == []
    assert available(world) == 9


def test_the_same_key_with_other_arguments_is_refused(world: World, ask: Ask) -> None:
    ask(SET, input=quantities(world), key="k1")
    answer = ask(SET, input=quantities(world, quantity=9), key="k1")
    [error] = answer["data"]["inventorySetQuantities"]["userErrors"]
    assert error["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert available(world) == 7


def test_a_key_whose_attempt_failed_is_used_up(world: World, ask: Ask) -> None:
    stale = quantities(world, changeFromQuantity=999)
    codes = [
        ask(SET, input=stale, key="k1")["data"]["inventorySetQuantities"]["userErrors"][0]["code"]
        for _ in range(2)
    ]
    assert codes == ["CHANGE_FROM_QUANTITY_STALE", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert world.emitted == []


def test_without_a_key_nothing_is_changed(world: World, ask: Ask) -> None:
    bare = SET.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    before = available(world)
    [error] = ask(bare, input=quantities(world))["errors"]
    assert error["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert available(world) == before


def test_the_quantity_to_change_from_has_to_be_written(world: World, ask: Ask) -> None:
    given = quantities(world)
    del given["quantities"][0]["changeFromQuantity"]
    [error] = ask(SET, input=given, key="k1")["errors"]
    assert "changeFromQuantity" in error["message"]
    assert world.emitted == []


def test_a_quantity_that_was_compared_and_is_right_is_set(world: World, ask: Ask) -> None:
    given = quantities(world, changeFromQuantity=available(world))
    assert ask(SET, input=given, key="k1")["data"]["inventorySetQuantities"]["userErrors"] == []
    assert available(world) == 7


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE", "quantity"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH", "quantity"),
        ({"inventoryItemId": gid("InventoryItem", 1)}, "INVALID_INVENTORY_ITEM", "inventoryItemId"),
        ({"locationId": gid("Location", 1)}, "INVALID_LOCATION", "locationId"),
    ],
)
def test_wrong_stock_is_refused_field_by_field(
    world: World, ask: Ask, wrong: dict[str, Any], code: str, field: str
) -> None:
    before = available(world)
    answer = ask(SET, input=quantities(world, **wrong), key="k1")
    [error] = answer["data"]["inventorySetQuantities"]["userErrors"]
    assert (error["code"], error["field"]) == (code, ["input", "quantities", "0", field])
    assert (available(world), world.emitted) == (before, [])


def test_a_reason_or_name_that_the_platform_does_not_know_is_refused(
    world: World, ask: Ask
) -> None:
    for key, change in (("k1", {"reason": "mood"}), ("k2", {"name": "stolen"})):
        answer = ask(SET, input={**quantities(world), **change}, key=key)
        [error] = answer["data"]["inventorySetQuantities"]["userErrors"]
        assert error["code"] in ("INVALID_REASON", "INVALID_NAME")
    assert world.emitted == []


def test_all_rows_are_set_or_none(world: World, ask: Ask) -> None:
    given = quantities(world)
    given["quantities"].append({**given["quantities"][0], "quantity": -1})
    before = available(world)
    answer = ask(SET, input=given, key="k1")
    assert answer["data"]["inventorySetQuantities"]["inventoryAdjustmentGroup"] is None
    assert (available(world), world.emitted) == (before, [])


def test_a_key_where_it_would_protect_nothing_is_refused(
    world: World, ask: Ask, waiting: FulfillmentOrder
) -> None:
    with_key = PREPARE.replace(") { userErrors", ') @idempotent(key: "k") { userErrors')
    [error] = ask(with_key, id=gid("FulfillmentOrder", waiting.id))["errors"]
    assert "@idempotent on fulfillmentOrderLineItemsPreparedForPickup" in error["message"]
    assert world.emitted == []


def test_pickup_is_switched_on_and_off(world: World, ask: Ask) -> None:
    place = min(world.locations)
    off = "mutation($id: ID!) { locationLocalPickupDisable(locationId: $id) { locationId } }"
    ask(off, id=gid("Location", place))
    assert world.locations[place].pickup_time is None
    on = """mutation($id: ID!, $time: DeliveryLocalPickupTime!) { locationLocalPickupEnable(
        localPickupSettings: { locationId: $id, pickupTime: $time, instructions: "Ring twice" }
    ) { localPickupSettings { pickupTime instructions } userErrors { code } } }"""
    answer = ask(on, id=gid("Location", place), time="FOUR_HOURS")
    assert answer["data"]["locationLocalPickupEnable"] == {
        "localPickupSettings": {"pickupTime": "FOUR_HOURS", "instructions": "Ring twice"},
        "userErrors": [],
    }
    for number, time, code in (
        (1, "FOUR_HOURS", "ACTIVE_LOCATION_NOT_FOUND"),
        (place, "CUSTOM", "CUSTOM_PICKUP_TIME_NOT_ALLOWED"),
    ):
        answer = ask(on, id=gid("Location", number), time=time)
        assert answer["data"]["locationLocalPickupEnable"]["userErrors"] == [{"code": code}]


METAFIELDS = """mutation($metafields: [MetafieldsSetInput!]!) {
    metafieldsSet(metafields: $metafields) {
        metafields { namespace key value } userErrors { field code }
    } }"""


def test_opening_hours_and_other_values_are_kept_at_a_location(world: World, ask: Ask) -> None:
    place = min(world.locations)
    owner = {"ownerId": gid("Location", place), "namespace": "handcart"}
    rows = [
        {**owner, "key": "opening_hours", "value": "24/7"},
        {**owner, "key": "door", "value": "left", "type": "single_line_text_field"},
    ]
    answer = ask(METAFIELDS, metafields=rows)["data"]["metafieldsSet"]
    assert answer["userErrors"] == []
    assert world.locations[place].opening_hours == "24/7"
    found = ask(
        "query($id: ID!) { location(id: $id) { metafields(first: 9) { nodes { key value } } } }",
        id=gid("Location", place),
    )
    assert found["data"]["location"]["metafields"]["nodes"] == [
        {"key": "opening_hours", "value": "24/7"},
        {"key": "door", "value": "left"},
    ]


def test_an_empty_metafield_is_refused_and_none_of_them_is_kept(world: World, ask: Ask) -> None:
    owner = {"ownerId": gid("Location", min(world.locations)), "namespace": "handcart"}
    rows = [{**owner, "key": "a", "value": "1"}, {**owner, "key": "b", "value": ""}]
    answer = ask(METAFIELDS, metafields=rows)["data"]["metafieldsSet"]
    assert answer["userErrors"] == [{"field": ["metafields", "1", "value"], "code": "BLANK"}]
    assert world.metafields == {}


SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $it: WebhookSubscriptionInput!) {
    webhookSubscriptionCreate(topic: $topic, webhookSubscription: $it) {
        webhookSubscription { id topic uri filter includeFields name format }
        userErrors { field message }
    } }"""


def subscribe(ask: Ask, topic: str = "ORDERS_CREATE", **it: Any) -> dict[str, Any]:
    answer = ask(SUBSCRIBE, topic=topic, it={"uri": "https://app.example.com/webhooks", **it})
    found: dict[str, Any] = answer["data"]["webhookSubscriptionCreate"]
    return found


def test_a_subscription_is_made_changed_listed_and_dropped(world: World, ask: Ask) -> None:
    made = subscribe(ask, includeFields=["id", "updated_at"], name="orders")
    assert made["userErrors"] == []
    subscription = made["webhookSubscription"]
    assert (subscription["topic"], subscription["format"]) == ("ORDERS_CREATE", "JSON")
    [kept] = world.subscriptions.values()
    assert (kept.topic, kept.include_fields) == ("orders/create", ("id", "updated_at"))
    ask(
        """mutation($id: ID!) { webhookSubscriptionUpdate(
            id: $id, webhookSubscription: { filter: "id:1" }
        ) { webhookSubscription { id } userErrors { message } } }""",
        id=subscription["id"],
    )
    assert (kept.filter, kept.include_fields) == ("id:1", ("id", "updated_at"))
    listed = """query($topics: [WebhookSubscriptionTopic!]) {
        webhookSubscriptions(first: 9, topics: $topics) { nodes { id } } }"""
    assert ask(listed, topics=["ORDERS_CREATE"])["data"]["webhookSubscriptions"]["nodes"] == [
        {"id": subscription["id"]}
    ]
    assert ask(listed, topics=["ORDERS_PAID"])["data"]["webhookSubscriptions"]["nodes"] == []
    dropped = ask(
        """mutation($id: ID!) { webhookSubscriptionDelete(id: $id) {
            deletedWebhookSubscriptionId userErrors { message } } }""",
        id=subscription["id"],
    )["data"]["webhookSubscriptionDelete"]
    assert dropped == {"deletedWebhookSubscriptionId": subscription["id"], "userErrors": []}
    assert world.subscriptions == {}


def test_subscriptions_that_make_no_sense_are_refused(world: World, ask: Ask) -> None:
    subscribe(ask)
    messages = [
        subscribe(ask)["userErrors"][0]["message"],
        subscribe(ask, uri="ftp://x")["userErrors"][0]["message"],
        subscribe(ask, name="no spaces", filter="a")["userErrors"][0]["message"],
        subscribe(ask, topic="FULFILLMENTS_CREATE")["userErrors"],
        subscribe(ask, topic="RETURNS_REQUEST")["userErrors"][0]["field"],
    ]
    assert messages == [
        "Address for this topic has already been taken",
        "Address is invalid",
        "Name is invalid",
        [],
        ["topic"],
    ]


def test_a_topic_takes_its_scope(world: World, grant_token: Callable[..., str]) -> None:
    body = {
        "query": SUBSCRIBE,
        "variables": {"topic": "ORDERS_CREATE", "it": {"uri": "https://app.example.com"}},
    }
    _, payload, _ = execute(world, token=grant_token("read_products"), body=body)
    [error] = payload["data"]["webhookSubscriptionCreate"]["userErrors"]
    assert error["field"] == ["topic"]
    assert "read_orders" in error["message"]
    assert world.subscriptions == {}
