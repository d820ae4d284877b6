"""Every served field of every object answers: nothing in the schema lacks a reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from handcart.localshop import fulfilment, orders
from handcart.localshop.admin_api import execute
from handcart.localshop.admin_api.schema import schema
from handcart.localshop.gids import gid, level_gid
from handcart.localshop.world import Address, OrderLine, Pickup, Shipping, World

HOME = Address("Mira", "Petrova", "9 Shipka St", "Sofia", "1504", "BG")


def leaves(kind: GraphQLObjectType, deep: int) -> str:
    """A selection of every field that needs no argument, ``deep`` objects down."""
    parts = []
    for name, field in kind.fields.items():
        if any(is_required_argument(each) for each in field.args.values()):
            continue
        inside = below(field.type, deep)
        page = "(first: 1)" if "first" in field.args else ""
        if inside is not None:
            parts.append(f"{name}{page}{inside}")
    return " ".join(parts)


def below(kind: GraphQLOutputType, deep: int) -> str | None:
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    page = named.name.endswith(("Connection", "Edge"))
    if not isinstance(named, GraphQLObjectType) or (deep == 0 and not page):
        return None
    text = leaves(named, deep if page else deep - 1)
    return f" {{ {text} }}" if text else None


@pytest.fixture
def things(world: World) -> dict[str, str]:
    """A query's root with arguments for every kind of thing."""
    variant, place = min(world.variants), min(world.locations)
    customer = min(world.customers)
    line = OrderLine(variant, 2, {"Gift": "yes"})
    picked, shipped = (
        orders.place(
            world,
            lines=[line],
            email="mira@example.com",
            customer_id=customer,
            delivery=each,
            note_attributes={"Gift": "yes"},
        )
        for each in (Pickup(place), Shipping(HOME))
    )
    sold = orders.sell_in_store(
        world, lines=[line], location_id=place, staff_id=min(world.staff), customer_id=customer
    )
    waiting = world.fulfillment_orders_of(picked.id)[0]
    fulfillment = fulfilment.fulfil(
        world, waiting.id, {waiting.lines[0].id: 1}, tracking={"number": "1"}
    )
    item = world.variants[variant].inventory_item_id
    found = {
        "customer": gid("Customer", customer),
        "fulfillment": gid("Fulfillment", fulfillment.id),
        "fulfillmentOrder": gid("FulfillmentOrder", waiting.id),
        "inventoryItem": gid("InventoryItem", item),
        "inventoryLevel": level_gid(item, place),
        "location": gid("Location", place),
        "product": gid("Product", min(world.products)),
        "productVariant": gid("ProductVariant", variant),
    }
    asked = {name: f'{name}(id: "{each}")' for name, each in found.items()}
    for number, order in enumerate((picked, shipped, sold)):
        asked[f"order {number}"] = f'order(id: "{gid("Order", order.id)}")'
    return asked


def test_every_field_of_every_thing_answers(
    world: World, things: dict[str, str], grant_token: Callable[..., str]
) -> None:
    token = grant_token(
        "read_orders",
        "read_customers",
        "read_products",
        "read_inventory",
        "read_locations",
        "read_merchant_managed_fulfillment_orders",
        "read_users",
    )
    root = schema().query_type
    assert root is not None
    things |= {"shop": "shop", "currentAppInstallation": "currentAppInstallation"}
    for name, call in things.items():
        kind = get_named_type(root.fields[name.partition(" ")[0]].type)
        assert isinstance(kind, GraphQLObjectType)
        answer = run(world, token, f"{{ {call} {{ {leaves(kind, 1)} }} }}")
        assert (name, answer.get("errors")) == (name, None)
        assert answer["data"][call.partition("(")[0]] is not None


def test_every_connection_of_the_root_answers_with_edges_and_nodes(
    world: World, things: dict[str, str], grant_token: Callable[..., str]
) -> None:
    root = schema().query_type
    assert root is not None
    token = grant_token()
    pages = [name for name, field in root.fields.items() if "first" in field.args]
    assert len(pages) == 8
    for name in pages:
        query = (
            f"{{ {name}(first: 2) {{ nodes {{ id }} edges {{ cursor node {{ id }} }} "
            "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
        )
        answer = run(world, token, query)
        assert (name, answer.get("errors")) == (name, None)
        found = answer["data"][name]
        assert [edge["node"] for edge in found["edges"]] == found["nodes"]


def run(world: World, token: str, query: str) -> dict[str, Any]:
    world.clock.advance(60)
    status, payload, _ = execute(world, token=token, body={"query": query})
    assert status == 200
    return payload
