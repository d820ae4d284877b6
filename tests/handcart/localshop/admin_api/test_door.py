"""Tokens, versions, scopes, cost, throttling, faults and what the errors look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handcart.localshop.admin_api import execute
from handcart.localshop.gids import gid
from handcart.localshop.world import World

Ask = Callable[..., dict[str, Any]]
Grant = Callable[..., str]


def cost(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["extensions"]["cost"]
    return found


def test_a_dead_or_missing_token_is_401_and_spends_nothing(
    world: World, grant_token: Grant
) -> None:
    expected = {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }
    token = grant_token()
    world.clock.advance(3600)
    for dead in (token, "shpat_nobody", "", None):
        status, payload, _ = execute(world, token=dead, body={"query": "{ shop { name } }"})
        assert (status, payload) == (401, expected)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[]", {}, {"query": 1}, {"query": "{a}", "variables": [1]}, None]
)
def test_what_cannot_be_read_is_400(world: World, grant_token: Grant, body: Any) -> None:
    status, payload, _ = execute(world, token=grant_token(), body=body)
    assert status == 400
    assert payload["errors"] == {"query": "Required parameter missing or invalid"}


def test_bytes_are_read_as_json(world: World, grant_token: Grant) -> None:
    status, payload, _ = execute(
        world, token=grant_token(), body=b'{"query": "{ shop { name } }", "variables": null}'
    )
    assert (status, payload["data"]) == (200, {"shop": {"name": "Juniper Tea"}})


@pytest.mark.parametrize(
    ("asked", "status", "served"),
    [
        ("2026-10", 200, "2026-10"),
        ("2026-04", 200, "2026-04"),
        ("unstable", 200, "unstable"),
        ("2024-01", 200, "2026-01"),
        ("2031-01", 404, "2026-10"),
        ("latest", 404, "2026-10"),
    ],
)
def test_old_versions_fall_forward_and_unknown_ones_are_not_found(
    world: World, grant_token: Grant, asked: str, status: int, served: str
) -> None:
    body = {"query": "{ shop { name } }"}
    got, _, headers = execute(world, token=grant_token(), body=body, version=asked)
    assert (got, headers["X-Shopify-API-Version"]) == (status, served)
    assert len(headers["x-request-id"]) == 36


def test_a_field_that_nobody_has_and_one_that_only_the_platform_has(ask: Ask) -> None:
    [unknown, unserved] = ask("query Mine { shop { nme billingAddress { city } } }")["errors"]
    assert unknown == {
        "message": "Field 'nme' doesn't exist on type 'Shop'",
        "locations": [{"line": 1, "column": 21}],
        "path": ["query Mine", "shop", "nme"],
        "extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "nme"},
    }
    assert unserved["message"] == (
        "Field 'billingAddress' exists on type 'Shop', but is not served by the local platform"
    )
    [error] = ask("mutation { draftOrderDelete(input: {}) { deletedId } }")["errors"]
    assert "'draftOrderDelete' exists on type 'Mutation', but is not served" in error["message"]


def test_an_unknown_argument_is_named(ask: Ask) -> None:
    [error] = ask("{ orders(first: 1, savedSearchId: 1) { nodes { id } } }")["errors"]
    assert error["path"] == ["query", "orders", "savedSearchId"]
    assert error["extensions"] == {
        "code": "argumentNotAccepted",
        "name": "orders",
        "typeName": "QueryRoot",
        "argumentName": "savedSearchId",
    }


def test_a_syntax_error_is_an_error_of_the_answer(ask: Ask) -> None:
    [error] = ask("{ shop ")["errors"]
    assert error["message"].startswith("Syntax Error")


def test_one_of_several_operations_is_run_by_name(world: World, grant_token: Grant) -> None:
    query = "query A { shop { name } } query B { shop { id } }"
    token = grant_token()
    _, payload, _ = execute(world, token=token, body={"query": query, "operationName": "A"})
    assert payload["data"] == {"shop": {"name": "Juniper Tea"}}
    for name in ("C", None):
        _, payload, _ = execute(world, token=token, body={"query": query, "operationName": name})
        assert "data" not in payload


def test_a_missing_scope_is_access_denied_with_the_field_null(
    world: World, grant_token: Grant
) -> None:
    token = grant_token("read_products")
    customer = gid("Customer", min(world.customers))
    query = f'{{ shop {{ name }} customer(id: "{customer}") {{ id }} }}'
    status, payload, _ = execute(world, token=token, body={"query": query})
    assert status == 200
    assert payload["data"] == {"shop": {"name": "Juniper Tea"}, "customer": None}
    [error] = payload["errors"]
    assert error["message"] == (
        "Access denied for customer field. Required access: `read_customers` access scope."
    )
    assert error["path"] == ["customer"]
    assert error["extensions"] == {
        "code": "ACCESS_DENIED",
        "documentation": "https://shopify.dev/api/usage/access-scopes",
        "requiredAccess": "`read_customers` access scope.",
    }


ROOTS = {
    "customers": "read_customers",
    "fulfillmentOrders": "read_merchant_managed_fulfillment_orders",
    "inventoryItems": "read_inventory",
    "locations": "read_locations",
    "orders": "read_orders",
    "productVariants": "read_products",
    "products": "read_products",
}


@pytest.mark.parametrize("root", ROOTS)
def test_each_list_takes_its_scope_and_writing_implies_reading(
    world: World, grant_token: Grant, root: str
) -> None:
    body = {"query": f"{{ {root}(first: 1) {{ nodes {{ id }} }} }}"}
    others = {scope for scope in ROOTS.values() if scope != ROOTS[root]}
    _, denied, _ = execute(world, token=grant_token(*others), body=body)
    assert denied["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    for scope in (ROOTS[root], ROOTS[root].replace("read_", "write_")):
        _, allowed, _ = execute(world, token=grant_token(scope), body=body)
        assert "errors" not in allowed


def test_a_node_does_not_get_around_the_scopes(world: World, grant_token: Grant) -> None:
    number = gid("Customer", min(world.customers))
    body = {"query": f'{{ node(id: "{number}") {{ id }} }}'}
    _, payload, _ = execute(world, token=grant_token("read_products"), body=body)
    assert payload["data"] == {"node": None}
    assert payload["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_reading_is_no_right_to_write(world: World, grant_token: Grant) -> None:
    token = grant_token("read_merchant_managed_fulfillment_orders", "read_orders")
    cancel = 'fulfillmentOrderCancel(id: "gid://shopify/FulfillmentOrder/1")'
    query = f"mutation {{ {cancel} {{ userErrors {{ message }} }} }}"
    _, payload, _ = execute(world, token=token, body={"query": query})
    assert payload["data"] == {"fulfillmentOrderCancel": None}
    assert payload["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("query", "requested", "actual"),
    [
        ("{ shop { name } }", 1, 1),
        ("{ __typename }", 0, 0),
        ("{ shop { id primaryDomain { url } } }", 2, 2),
        ("{ locations(first: 10) { nodes { id } } }", 10, 3),
        ("{ locations(last: 10) { edges { node { id } } } }", 10, 3),
        ("{ locations(first: 10) { pageInfo { hasNextPage } } }", 0, 0),
        ("{ locations(first: 5) { nodes { address { city } } } }", 10, 6),
        ("query($n: Int = 4) { locations(first: $n) { nodes { id } } }", 4, 3),
        ("{ products(first: 3) { nodes { variants(first: 2) { nodes { id } } } } }", 9, 9),
        ("{ a: shop { name } b: shop { name } }", 2, 2),
        ("{ shop { name } shop { id } }", 1, 1),
        ("{ ...all } fragment all on QueryRoot { shop { name } }", 1, 1),
        (
            '{ node(id: "gid://shopify/Shop/1") { id ... on Shop { primaryDomain { url } } '
            "... on Order { customer { orders(first: 5) { nodes { id } } } } } }",
            7,
            2,
        ),
        (
            'mutation { orderCancel(orderId: "gid://shopify/Order/1", reason: OTHER, '
            "restock: true) { job { id } orderCancelUserErrors { message } } }",
            10,
            10,
        ),
    ],
)
def test_a_query_costs_what_the_platform_says(
    ask: Ask, query: str, requested: int, actual: int
) -> None:
    found = cost(ask(query))
    assert (found["requestedQueryCost"], found["actualQueryCost"]) == (requested, actual)


def test_only_what_was_used_leaves_the_bucket(ask: Ask) -> None:
    status = cost(ask("{ locations(first: 200) { nodes { id } } }"))["throttleStatus"]
    assert status == {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": 1997,
        "restoreRate": 100.0,
    }


def test_one_query_may_not_cost_more_than_a_thousand(ask: Ask) -> None:
    answer = ask(
        "{ products(first: 250) { nodes { variants(first: 3) { nodes { id } } vendor } } }"
    )
    assert cost(answer)["requestedQueryCost"] == 1000
    answer = ask(
        "{ shop { id } products(first: 250) { nodes { variants(first: 3) { nodes { id } } } } }"
    )
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert (error["extensions"]["cost"], error["extensions"]["maxCost"]) == (1001, 1000)
    assert "data" not in answer
    assert cost(answer)["actualQueryCost"] is None


EXPENSIVE = "{ orders(first: 250) { nodes { customer { id } retailLocation { id } } } }"


def drain(ask: Ask) -> None:
    """Spend the bucket with mutations, which cost 10 whatever they do."""
    one = 'orderCancel(orderId: "gid://shopify/Order/1", reason: OTHER, restock: true)'
    body = " ".join(f"m{number}: {one} {{ job {{ id }} }}" for number in range(100))
    ask(f"mutation {{ {body} }}")
    ask(f"mutation {{ {body} }}")


def test_an_empty_bucket_throttles_with_200_and_fills_with_time(world: World, ask: Ask) -> None:
    drain(ask)
    answer = ask(EXPENSIVE)
    assert answer["errors"] == [
        {
            "message": "Throttled",
            "extensions": {
                "code": "THROTTLED",
                "documentation": "https://shopify.dev/api/usage/rate-limits",
            },
        }
    ]
    assert "data" not in answer
    assert cost(answer)["requestedQueryCost"] == 750
    assert cost(answer)["actualQueryCost"] is None
    assert cost(answer)["throttleStatus"]["currentlyAvailable"] == 0
    world.clock.advance(7.4)
    assert "errors" in ask(EXPENSIVE)
    world.clock.advance(0.1)
    assert ask(EXPENSIVE)["data"] == {"orders": {"nodes": []}}
    world.clock.advance(1000)
    assert cost(ask("{ shop { id } }"))["throttleStatus"]["currentlyAvailable"] == 1999


def test_a_throttled_mutation_does_nothing(world: World, ask: Ask) -> None:
    drain(ask)
    place = min(world.locations)
    query = "mutation($id: ID!) { locationLocalPickupDisable(locationId: $id) { locationId } }"
    assert "data" not in ask(query, id=gid("Location", place))
    assert world.locations[place].pickup_time is not None


def test_faults_on_demand_come_once_each_and_in_order(world: World, grant_token: Grant) -> None:
    token = grant_token()
    world.admin_faults.extend(
        [("throttled",), ("status", 429, {"Retry-After": "2.0"}), ("status", 503, {})]
    )

    def call() -> tuple[int, Any, dict[str, str]]:
        return execute(world, token=token, body={"query": "{ shop { name } }"})

    status, payload, _ = call()
    assert (status, payload["errors"][0]["extensions"]["code"]) == (200, "THROTTLED")
    status, _, headers = call()
    assert (status, headers["Retry-After"]) == (429, "2.0")
    assert call()[0] == 503
    world.clock.advance(60)
    status, payload, _ = call()
    assert (status, payload["data"]) == (200, {"shop": {"name": "Juniper Tea"}})


def test_wrong_variables_are_errors_of_the_answer(ask: Ask) -> None:
    answer = ask("query($id: ID!) { order(id: $id) { id } }")
    assert "'$id'" in answer["errors"][0]["message"]
    answer = ask("query($n: Int!) { orders(first: $n) { nodes { id } } }", n="many")
    assert "$n" in answer["errors"][0]["message"]


def test_the_installation_says_what_was_granted(ask: Ask, app: Any) -> None:
    answer = ask("{ currentAppInstallation { accessScopes { handle } app { apiKey title } } }")
    found = answer["data"]["currentAppInstallation"]
    assert [each["handle"] for each in found["accessScopes"]] == list(app.scopes)
    assert found["app"] == {"apiKey": "handcart-local", "title": "Handcart"}


def test_a_query_that_is_too_deep_to_read_is_an_error_of_the_answer(ask: Ask) -> None:
    for deep in ("{ shop " * 5000, "{ shop " * 5000 + "}" * 5000):
        assert len(ask(deep)["errors"]) == 1
