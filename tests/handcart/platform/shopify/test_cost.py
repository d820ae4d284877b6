from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from handcart.localshop.admin_api.cost import Meter
from handcart.localshop.admin_api.schema import schema
from handcart.platform.shopify.cost import estimate, sizes_of
from handcart.platform.shopify.documents import document

PAGE = "query P($n: Int!, $id: ID) { orders(first: $n) { nodes { id customer { id } } } }"


def of(text: str, **variables: Any) -> float:
    return estimate(text, sizes_of(text, variables))


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("{ shop { name } }", 1),
        ("{ shop { name primaryDomain { host } } }", 2),
        ("{ a: shop { name } b: shop { name } }", 2),
        ("mutation { a { x { y } } b { z } }", 20),
        ("{ orders(first: 10) { nodes { id } } }", 20),
        ("{ orders(last: 10) { nodes { id customer { id } } } }", 30),
        ("query { ...F } fragment F on QueryRoot { shop { name } }", 1),
        ("{ node { ... on Order { customer { id } } } }", 2),
        ("{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { id } } } } }", 1000),
        ("{ shop }", 1),
    ],
)
def test_an_estimate_counts_objects_pages_and_mutations(text: str, points: float) -> None:
    assert of(text) == points


def test_the_size_of_a_page_is_read_from_its_variable() -> None:
    assert of(PAGE, n=10, id="x") == 30
    assert of(PAGE, n=20, id="x") == 60
    assert of(PAGE, id="x") == 150
    assert sizes_of(PAGE, {"n": 10, "id": "x"}) == (("n", 10),)
    assert sizes_of(PAGE, {"n": True, "id": "x"}) == ()


def test_fragments_without_an_end_are_no_trouble() -> None:
    assert of("{ ...A } fragment A on Q { shop { ...A } }") == 1000


@pytest.mark.parametrize(
    "name",
    ["shop_profile", "locations", "fulfillment_order", "orders_changed", "fulfil", "cancel_order"],
)
def test_no_estimate_of_our_documents_is_below_what_the_platform_counts(name: str) -> None:
    text = document(name)
    operations = [
        one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode)
    ]
    variables = {"query": "", "id": "", "after": None, "at": datetime.now(UTC).isoformat()}
    meter = Meter(schema(), {}, variables)
    assert of(text) >= sum(meter.requested(one) for one in operations) > 0
