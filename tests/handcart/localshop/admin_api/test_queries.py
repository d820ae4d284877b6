from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.localshop import inventory, orders
from handcart.localshop.admin_api.pages import Window, page
from handcart.localshop.gids import gid
from handcart.localshop.world import Order, OrderLine, Pickup, World

Ask = Callable[..., dict[str, Any]]


def buy(world: World, count: int = 1, *, step: float = 60) -> list[Order]:
    made = []
    for _ in range(count):
        made.append(
            orders.place(
                world,
                lines=[OrderLine(min(world.variants), 1)],
                email="mira@example.com",
                customer_id=min(world.customers),
                cart_token="abc",
                delivery=Pickup(min(world.locations)),
            )
        )
        world.clock.advance(step)
    return made


def test_a_fulfillment_order_says_how_and_where_and_what(world: World, ask: Ask) -> None:
    [order] = buy(world)
    [waiting] = world.fulfillment_orders_of(order.id)
    answer = ask(
        """query($id: ID!) { fulfillmentOrder(id: $id) {
            status requestStatus orderName deliveryMethod { methodType presentedName }
            assignedLocation { name location { id } } supportedActions { action }
            destination { firstName email location { name } }
            lineItems(first: 5) { nodes { remainingQuantity totalQuantity sku } }
        } }""",
        id=gid("FulfillmentOrder", waiting.id),
    )
    assert answer["data"]["fulfillmentOrder"] == {
        "status": "OPEN",
        "requestStatus": "UNSUBMITTED",
        "orderName": "#1001",
        "deliveryMethod": {"methodType": "PICK_UP", "presentedName": "Vitosha Street"},
        "assignedLocation": {
            "name": "Vitosha Street",
            "location": {"id": gid("Location", min(world.locations))},
        },
        "supportedActions": [
            {"action": "CREATE_FULFILLMENT"},
            {"action": "MOVE"},
            {"action": "CANCEL_FULFILLMENT_ORDER"},
        ],
        "destination": {
            "firstName": "Mira",
            "email": "mira@example.com",
            "location": {"name": "Vitosha Street"},
        },
        "lineItems": {
            "nodes": [{"remainingQuantity": 1, "totalQuantity": 1, "sku": "JUN-050"}],
        },
    }


def test_money_and_times_are_written_as_the_platform_does(world: World, ask: Ask) -> None:
    [order] = buy(world)
    answer = ask(
        """query($id: ID!) { order(id: $id) {
            legacyResourceId createdAt totalPriceSet { shopMoney { amount currencyCode } }
            lineItems(first: 1) { nodes { variant { price } } }
        } }""",
        id=gid("Order", order.id),
    )
    assert answer["data"]["order"] == {
        "legacyResourceId": str(order.id),
        "createdAt": "2026-11-23T09:00:00Z",
        "totalPriceSet": {"shopMoney": {"amount": "6.9", "currencyCode": "EUR"}},
        "lineItems": {"nodes": [{"variant": {"price": "6.90"}}]},
    }


def test_opening_hours_are_a_metafield_of_the_location(world: World, ask: Ask) -> None:
    answer = ask(
        """{ locations(first: 1, query: "name:'Vitosha Street'") { nodes {
            hours: metafield(namespace: "handcart", key: "opening_hours") { value type }
            none: metafield(namespace: "handcart", key: "other") { value }
            localPickupSettingsV2 { pickupTime }
        } } }"""
    )
    assert answer["data"]["locations"]["nodes"] == [
        {
            "hours": {
                "value": "Mo-Fr 10:00-19:00; Sa 10:00-17:00",
                "type": "single_line_text_field",
            },
            "none": None,
            "localPickupSettingsV2": {"pickupTime": "ONE_HOUR"},
        }
    ]


def test_stock_is_read_by_state(world: World, ask: Ask) -> None:
    buy(world)
    variant = world.variants[min(world.variants)]
    level = world.levels[variant.inventory_item_id, min(world.locations)]
    answer = ask(
        """query($item: ID!, $place: ID!) { inventoryItem(id: $item) {
            inventoryLevel(locationId: $place) {
                quantities(names: ["available", "committed", "on_hand", "incoming"]) {
                    name quantity
                }
            }
        } }""",
        item=gid("InventoryItem", variant.inventory_item_id),
        place=gid("Location", min(world.locations)),
    )
    found = answer["data"]["inventoryItem"]["inventoryLevel"]["quantities"]
    assert {each["name"]: each["quantity"] for each in found} == {
        "available": level.available,
        "committed": 1,
        "on_hand": level.available + 1,
        "incoming": 0,
    }


def names(answer: dict[str, Any]) -> list[str]:
    return [node["name"] for node in answer["data"]["orders"]["nodes"]]


def test_orders_are_found_by_what_was_asked(world: World, ask: Ask) -> None:
    first, second, third = buy(world, 3, step=900)
    orders.cancel(world, second.id, reason="customer", restock=True)

    def found(query: str) -> list[str]:
        return names(
            ask("query($q: String) { orders(first: 9, query: $q) { nodes { name } } }", q=query)
        )

    assert found("") == ["#1001", "#1002", "#1003"]
    assert found("status:open") == ["#1001", "#1003"]
    assert found("status:cancelled") == ["#1002"]
    assert found("-status:cancelled") == ["#1001", "#1003"]
    assert found(f"id:{first.id}") == ["#1001"]
    assert found(f"id:>={second.id}") == ["#1002", "#1003"]
    assert found("name:#1003") == ["#1003"]
    assert found("name:1002,1003") == ["#1002", "#1003"]
    assert found("created_at:>=2026-11-23T09:15:00Z") == ["#1002", "#1003"]
    assert found("created_at:>'2026-11-23T11:15:00'") == ["#1003"]
    assert found("updated_at:>=2026-11-23T09:45:00Z") == ["#1002"]
    assert found("created_at:<2026-11-23T09:15:00Z AND status:open") == ["#1001"]
    assert found("cart_token:abc fulfillment_status:unfulfilled") == ["#1001", "#1003"]
    assert found("email:mira@*") == ["#1001", "#1002", "#1003"]
    assert found("financial_status:refunded") == ["#1002"]
    assert found("created_at:>=2027-01-01") == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("colour:blue", "colour"),
        ("status:open OR status:closed", "OR"),
        ("(status:open)", "("),
        ("Mira", "Mira"),
        ("name:>=#1001", "Comparing texts"),
    ],
)
def test_a_search_that_is_not_served_is_refused_by_name(
    world: World, ask: Ask, query: str, named: str
) -> None:
    buy(world)
    answer = ask("query($q: String) { orders(first: 1, query: $q) { nodes { id } } }", q=query)
    [error] = answer["errors"]
    assert named in error["message"]
    assert "not served by the local platform" in error["message"]
    assert answer["data"] is None


@pytest.mark.parametrize("query", ["id:many", "created_at:>=yesterday"])
def test_a_search_value_that_cannot_be_read_is_refused(world: World, ask: Ask, query: str) -> None:
    buy(world)
    answer = ask("query($q: String) { orders(first: 1, query: $q) { nodes { id } } }", q=query)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_orders_older_than_sixty_days_need_their_own_scope(
    world: World, ask: Ask, grant_token: Callable[..., str]
) -> None:
    [order] = buy(world)
    query = "query($id: ID!) { order(id: $id) { name } }"
    assert ask(query, id=gid("Order", order.id))["data"]["order"] == {"name": "#1001"}
    order.created_at -= timedelta(days=61)
    assert ask(query, id=gid("Order", order.id))["data"]["order"] is None
    assert ask("{ orders(first: 1) { nodes { name } } }")["data"]["orders"]["nodes"] == []
    grant_token("read_orders", "read_all_orders")
    assert ask(query, id=gid("Order", order.id))["data"]["order"] == {"name": "#1001"}


def test_closed_fulfillment_orders_are_listed_only_when_asked_for(world: World, ask: Ask) -> None:
    first, _ = buy(world, 2)
    orders.cancel(world, first.id, reason="customer", restock=True)
    found = ask("{ fulfillmentOrders(first: 9) { nodes { orderName } } }")
    assert found["data"]["fulfillmentOrders"]["nodes"] == [{"orderName": "#1002"}]
    found = ask("{ fulfillmentOrders(first: 9, includeClosed: true) { nodes { status } } }")
    assert [each["status"] for each in found["data"]["fulfillmentOrders"]["nodes"]] == [
        "CANCELLED",
        "OPEN",
    ]


def test_levels_that_changed_since_are_found(world: World, ask: Ask) -> None:
    variant = world.variants[min(world.variants)]
    place = min(world.locations)
    inventory.adjust(world, variant.inventory_item_id, place, 1)
    answer = ask(
        """query($id: ID!) { location(id: $id) {
            inventoryLevels(first: 50, query: "updated_at:>=2026-11-23T09:00:00Z") {
                nodes { item { sku } }
            }
        } }""",
        id=gid("Location", place),
    )
    assert answer["data"]["location"]["inventoryLevels"]["nodes"] == [{"item": {"sku": "JUN-050"}}]


def test_inactive_locations_are_listed_only_when_asked_for(world: World, ask: Ask) -> None:
    world.locations[min(world.locations)].active = False
    assert len(ask("{ locations(first: 9) { nodes { id } } }")["data"]["locations"]["nodes"]) == 2
    found = ask("{ locations(first: 9, includeInactive: true) { nodes { id } } }")
    assert len(found["data"]["locations"]["nodes"]) == 3


def test_a_node_is_found_by_its_global_id_whatever_it_is(world: World, ask: Ask) -> None:
    [order] = buy(world)
    answer = ask(
        """query($ids: [ID!]!) { nodes(ids: $ids) {
            __typename id ... on Order { name } ... on Location { name }
        } }""",
        ids=[gid("Order", order.id), gid("Location", min(world.locations)), gid("Order", 1)],
    )
    assert [each and (each["__typename"], each["name"]) for each in answer["data"]["nodes"]] == [
        ("Order", "#1001"),
        ("Location", "Vitosha Street"),
        None,
    ]


def test_no_id_is_an_error_and_another_kinds_id_finds_nothing(world: World, ask: Ask) -> None:
    query = "query($id: ID!) { order(id: $id) { id } }"
    answer = ask(query, id="17")
    assert answer["errors"][0]["message"] == "Invalid global id '17'"
    assert ask(query, id=gid("Product", 17))["data"] == {"order": None}


def test_a_page_of_nothing_or_of_too_much_is_refused(ask: Ask) -> None:
    for arguments in ("", "(first: 251)", "(last: 251)", "(first: -1)", "(first: 1, last: 1)"):
        answer = ask(f"{{ locations{arguments} {{ nodes {{ id }} }} }}")
        assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    answer = ask('{ locations(first: 1, after: "nonsense") { nodes { id } } }')
    assert "Invalid cursor" in answer["errors"][0]["message"]


def test_a_sort_key_that_is_not_served_is_refused(ask: Ask) -> None:
    answer = ask("{ orders(first: 1, sortKey: DESTINATION) { nodes { id } } }")
    assert answer["errors"][0]["message"] == (
        "The sort key DESTINATION is not served by the local platform."
    )


THINGS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50)), unique_by=lambda each: each[1])


@given(things=THINGS, size=st.integers(1, 7), reverse=st.booleans(), forward=st.booleans())
def test_walking_the_pages_meets_everything_once_and_in_order(
    things: list[tuple[int, int]], size: int, reverse: bool, forward: bool
) -> None:
    """Either way, whatever the size of the page, though several share a sort value."""
    met: list[tuple[int, int]] = []
    cursor = None
    while True:
        window = (
            Window(first=size, after=cursor, reverse=reverse)
            if forward
            else Window(last=size, before=cursor, reverse=reverse)
        )
        got = page(things, window=window, number=lambda each: each[1], key=lambda each: each[0])
        met = met + got.nodes if forward else got.nodes + met
        info = got.page_info
        if not (info.has_next_page if forward else info.has_previous_page):
            break
        cursor = info.end_cursor if forward else info.start_cursor
    assert met == sorted(things, reverse=reverse)


def test_the_next_page_does_not_repeat_when_something_was_added_before(
    world: World, ask: Ask
) -> None:
    buy(world, 2)
    query = """query($after: String) { orders(first: 1, after: $after, reverse: true) {
        nodes { name } pageInfo { endCursor hasNextPage } } }"""
    first = ask(query)
    buy(world)
    second = ask(query, after=first["data"]["orders"]["pageInfo"]["endCursor"])
    assert (names(first), names(second)) == (["#1002"], ["#1001"])
    assert second["data"]["orders"]["pageInfo"]["hasNextPage"] is False
