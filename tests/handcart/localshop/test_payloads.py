"""Every body beside the platform's own sample of its topic: no key that the platform lacks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from handcart.localshop import (
    fulfilment,
    inventory,
    orders,
    payloads,
    products,
    refunds,
    tokens,
)
from handcart.localshop.world import (
    Address,
    Cart,
    CartLine,
    OrderLine,
    Pickup,
    Shipping,
    World,
)
from tests.real_samples import sample

HOME = Address("Mira", "Petrova", "9 Shipka St", "Sofia", "1504", "BG")


@pytest.fixture
def bodies(world: World, app: Any) -> dict[str, dict[str, Any]]:
    """The last body of each topic after a full story."""
    variant_id, location_id = min(world.variants), min(world.locations)
    item_id = world.variants[variant_id].inventory_item_id
    inventory.set_quantity(world, item_id, location_id, 50)
    line = OrderLine(variant_id, 2, {"Gift": "yes"})
    buyer = {"email": "mira@example.com", "customer_id": min(world.customers)}

    def place(delivery: Shipping | Pickup) -> int:
        order = orders.place(world, lines=[line], delivery=delivery, **buyer)
        return world.fulfillment_orders_of(order.id)[0].id

    tokens.install(world, app)
    shipped, picked_up, moved, given_up, divided = (
        place(each) for each in (Shipping(HOME), *[Pickup(location_id)] * 4)
    )
    part = world.fulfillment_orders[divided]
    fulfilment.split(world, divided, {part.lines[0].id: 1})
    fulfilment.hold(world, divided, notes="to be checked")
    fulfilment.release(world, divided)
    refunds.create(world, part.order_id, {part.lines[0].line_item_id: 1}, amount=100)
    fulfilment.move(world, moved, sorted(world.locations)[1])
    fulfilment.prepare_for_pickup(world, picked_up)
    lines = world.fulfillment_orders[picked_up].lines
    fulfilment.fulfil(world, picked_up, {lines[0].id: 1})
    fulfilment.fulfil(world, shipped)
    orders.cancel(
        world, world.fulfillment_orders[given_up].order_id, reason="customer", restock=True
    )
    fulfilment.cancel(world, moved)
    products.change_price(world, variant_id, 650)
    tokens.uninstall(world, app.client_id)
    tokens.redact(world, app.client_id)
    return dict(world.emitted)


TOPICS = [
    "app/uninstalled",
    "fulfillment_orders/cancelled",
    "fulfillment_orders/hold_released",
    "fulfillment_orders/line_items_prepared_for_pickup",
    "fulfillment_orders/moved",
    "fulfillment_orders/order_routing_complete",
    "fulfillment_orders/placed_on_hold",
    "fulfillment_orders/split",
    "fulfillments/create",
    "inventory_levels/update",
    "orders/cancelled",
    "orders/create",
    "orders/fulfilled",
    "orders/paid",
    "orders/partially_fulfilled",
    "orders/updated",
    "products/update",
    "refunds/create",
    "shop/redact",
]


def test_the_story_tells_of_every_topic_compared_here(bodies: dict[str, Any]) -> None:
    assert sorted(bodies) == TOPICS


def strangers(ours: Any, real: Any, where: str = "") -> list[str]:
    """The paths in ``ours`` that have no counterpart in ``real``; open maps and nulls end it."""
    if isinstance(ours, dict) and isinstance(real, dict):
        found = [f"{where}.{key}" for key in ours if key not in real]
        for key in ours.keys() & real.keys():
            found += strangers(ours[key], real[key], f"{where}.{key}")
        return found
    if isinstance(ours, list) and isinstance(real, list) and ours and real:
        merged = {
            key: value for each in real if isinstance(each, dict) for key, value in each.items()
        }
        return [path for each in ours for path in strangers(each, merged or real[0], f"{where}[]")]
    return []


def missing(ours: Any, real: Any, where: str = "") -> list[str]:
    return strangers(real, ours, where)


def kinds(ours: Any, real: Any, where: str = "") -> list[str]:
    """Where both have a value, it is of the same JSON type."""
    if ours is None or real is None:
        return []
    if isinstance(ours, dict) and isinstance(real, dict):
        both = ours.keys() & real.keys()
        return [path for key in both for path in kinds(ours[key], real[key], f"{where}.{key}")]
    if isinstance(ours, list) and isinstance(real, list):
        pairs = zip(ours, real, strict=False)
        return [path for one, other in pairs for path in kinds(one, other, f"{where}[]")]
    return [] if type(ours) is type(real) else [f"{where}: {type(ours)} {type(real)}"]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_body_has_the_keys_and_types_of_the_platforms_sample(
    bodies: dict[str, Any], topic: str
) -> None:
    real = sample(topic)
    assert strangers(bodies[topic], real) == []
    assert missing(bodies[topic], real) == []
    assert kinds(bodies[topic], real) == []


def a_cart(world: World, at: datetime) -> Cart:
    line = CartLine("44:abc", min(world.variants), 2)
    return Cart("t" * 32, "secret", at, at, [line], note=None, attributes={"secret": "x"})


def test_a_cart_has_the_keys_and_types_of_the_platforms_sample(world: World, at: datetime) -> None:
    body, real = payloads.cart(world, a_cart(world, at)), sample("carts/update")
    assert strangers(body, real) == []
    assert missing(body, real) == []
    assert kinds(body, real) == []
    assert body["updated_at"] == "2026-11-23T09:00:00.000Z"
    assert body["line_items"][0]["line_price"] == "13.80"


def test_people_and_places_have_the_keys_of_the_platforms_samples(world: World) -> None:
    customer = world.customers[min(world.customers)]
    location = world.locations[min(world.locations)]
    compared = {
        "customers/update": payloads.customer_body(world, customer),
        "customers/data_request": payloads.customers_data_request(world, customer, request_id=1),
        "customers/redact": payloads.customers_redact(world, customer),
        "locations/update": payloads.location(world, location),
        "shop/update": payloads.shop(world),
    }
    for topic, body in compared.items():
        assert (topic, strangers(body, sample(topic))) == (topic, [])
        assert (topic, missing(body, sample(topic))) == (topic, [])


def test_changed_scopes_are_told_as_the_platform_does(world: World, at: datetime) -> None:
    body = payloads.scopes_update(world, previous=["read_orders"], current=[], at=at)
    assert body.keys() == sample("app/scopes_update").keys()


def test_a_pickup_order_is_told_by_its_shipping_line_and_keeps_its_attributes(
    world: World,
) -> None:
    location = world.locations[min(world.locations)]
    order = orders.place(
        world,
        lines=[OrderLine(min(world.variants), 2, {"Engraving": "Mira"})],
        email="mira@example.com",
        customer_id=min(world.customers),
        cart_token="abc",
        delivery=Pickup(location.id),
        note_attributes={"Gift": "yes"},
    )
    body = payloads.order(world, order)
    [shipping] = body["shipping_lines"]
    assert shipping["code"] == shipping["title"] == location.name
    assert (shipping["price"], shipping["source"]) == ("0.00", "shopify")
    assert body["shipping_address"] is None
    assert body["note_attributes"] == [{"name": "Gift", "value": "yes"}]
    assert body["line_items"][0]["properties"] == [{"name": "Engraving", "value": "Mira"}]
    assert (body["total_price"], body["cart_token"]) == ("13.80", "abc")
    assert (body["order_number"], body["name"], body["number"]) == (1001, "#1001", 1)
    assert body["customer"]["email"] == "mira@example.com"
    assert body["created_at"] == "2026-11-23T11:00:00+02:00"
    assert len(body["token"]) == 32


def test_a_body_is_a_snapshot_that_later_changes_do_not_touch(world: World) -> None:
    order = orders.place(
        world,
        lines=[OrderLine(min(world.variants), 1)],
        email="a@example.com",
        delivery=Pickup(min(world.locations)),
    )
    created = next(body for topic, body in world.emitted if topic == "orders/create")
    orders.cancel(world, order.id, reason="customer", restock=True)
    assert (created["cancelled_at"], created["financial_status"]) == (None, "paid")
