"""Two customers become one: whatever order the platform tells it in, and however often."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from handcart.carts import service as carts
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.carts.wishes import Wish
from handcart.delivery import Delivery
from handcart.errors import BadInput
from handcart.households import filling, privacy
from handcart.households import service as households
from handcart.pickups.tables import orders
from handcart.shoppers import service as shoppers
from handcart.shoppers.store import devices
from handcart_webhooks.handlers import HANDLERS, Told
from handcart_webhooks.payloads.customers import Merge, parse_merge
from tests import memory

SHOP = "juniper-tea.myshopify.com"
ANNA, MIRA, ZOE, OTTO = 5, 7, 9, 11
TEA, MUG, POT = 101, 102, 103
_numbers = itertools.count(1)


@pytest.fixture
def work() -> Iterator[Connection]:
    with memory.alone_at_it() as connection:
        yield connection


def shops(
    work: Connection, customer: int, variant: int, quantity: int, at: datetime, *wishes: Wish
) -> None:
    """Somebody signed in has put something into the cart of their browser."""
    browser = f"{customer}"
    sighting = Sighting(browser, "", (SnapshotLine(variant, quantity),), wishes=wishes)
    carts.sync(work, SHOP, sighting, device_id=None, customer_id=customer, at=at)


def told(work: Connection, topic: str, body: dict[str, Any], at: datetime) -> None:
    raw = orjson.dumps(body)
    handler = HANDLERS[topic]
    delivery = Delivery(
        shop=SHOP,
        webhook_id=f"webhook-{next(_numbers)}",
        event_id=None,
        topic=topic,
        api_version="2026-10",
        triggered_at=at,
        received_at=at,
        body=raw,
    )
    handler.apply(work, [Told(delivery, handler.parse(raw))], at)


def merged(work: Connection, kept: int, gone: int, at: datetime, status: str = "completed") -> None:
    told(work, "customers/merge", merge(kept, gone, status), at)


def merge(kept: int, gone: int, status: str = "completed") -> dict[str, Any]:
    return {
        "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{kept}",
        "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{gone}",
        "admin_graphql_api_job_id": None,
        "status": status,
        "errors": [],
    }


def order(order_id: int, customer: int) -> dict[str, Any]:
    return {
        "id": order_id,
        "name": f"#{order_id}",
        "updated_at": "2026-11-23T10:00:00+02:00",
        "customer": {"id": customer, "first_name": "Mira", "last_name": "Petrova"},
        "line_items": [],
    }


def cart_of(work: Connection, customer: int) -> dict[int, int]:
    found = carts.export_customer(work, SHOP, customer)["carts"]
    lines = [line for cart in found if cart["status"] == "open" for line in cart["lines"]]
    return {line["variant_id"]: line["quantity"] for line in lines}


def owners(work: Connection) -> set[int]:
    return set(work.execute(select(orders.c.customer_id)).scalars())


def test_cart_devices_and_orders_follow_and_the_next_visit_is_the_others(
    work: Connection, at: datetime
) -> None:
    shops(work, MIRA, TEA, 2, at)
    shops(work, ANNA, TEA, 1, at)
    shops(work, ANNA, MUG, 1, at + timedelta(seconds=1))
    told(work, "orders/create", order(900, ANNA), at)
    merged(work, MIRA, ANNA, at)
    assert (cart_of(work, MIRA), cart_of(work, ANNA)) == ({TEA: 2, MUG: 1}, {})
    assert owners(work) == {MIRA}
    assert set(work.execute(select(devices.c.customer_id)).scalars()) == {MIRA}
    assert (
        shoppers.visit(work, SHOP, device_id=None, customer_id=ANNA, keep=True, at=at).customer_id
        == MIRA
    )


def test_a_browser_of_who_is_gone_goes_on_with_the_others_cart(
    work: Connection, at: datetime
) -> None:
    shops(work, MIRA, TEA, 2, at)
    shops(work, ANNA, MUG, 1, at)
    merged(work, MIRA, ANNA, at)
    sighting = Sighting(str(ANNA), "", (SnapshotLine(MUG, 1),))
    later = at + timedelta(seconds=5)
    answer = carts.sync(work, SHOP, sighting, device_id=None, customer_id=MIRA, at=later)
    assert not answer.cleared
    assert {item.variant_id: n for item, n in answer.lines} == {TEA: 2, MUG: 1}
    assert answer.undo is not None


def test_the_cart_of_who_is_gone_is_the_others_if_they_have_none(
    work: Connection, at: datetime
) -> None:
    shops(work, ANNA, MUG, 1, at)
    merged(work, MIRA, ANNA, at)
    assert (cart_of(work, MIRA), cart_of(work, ANNA)) == ({MUG: 1}, {})


def test_a_merge_that_failed_changes_nothing(work: Connection, at: datetime) -> None:
    shops(work, ANNA, MUG, 1, at)
    merged(work, MIRA, ANNA, at, status="failed")
    assert (cart_of(work, MIRA), cart_of(work, ANNA)) == ({}, {MUG: 1})


def test_a_merge_told_the_other_way_round_leads_in_no_circle(
    work: Connection, at: datetime
) -> None:
    shops(work, ANNA, MUG, 1, at)
    merged(work, MIRA, ANNA, at)
    merged(work, ANNA, MIRA, at)
    merged(work, MIRA, MIRA, at)
    assert cart_of(work, MIRA) == {MUG: 1}


EVENTS = [
    ("customers/merge", merge(MIRA, ANNA)),
    ("customers/merge", merge(ZOE, MIRA)),
    ("orders/create", order(900, ANNA)),
    ("orders/create", order(901, MIRA)),
    ("orders/updated", order(900, ANNA)),
]


@settings(max_examples=40)
@given(st.permutations(range(len(EVENTS))), st.lists(st.integers(0, len(EVENTS) - 1), max_size=4))
def test_any_order_of_arrival_and_any_replay_end_the_same(
    order_of_arrival: list[int], again: list[int]
) -> None:
    at = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    with memory.alone_at_it() as work:
        for customer, variant in ((ANNA, TEA), (MIRA, MUG), (ZOE, POT)):
            shops(work, customer, variant, 1, at)
        for number in (*order_of_arrival, *again):
            told(work, *EVENTS[number], at)
        assert cart_of(work, ZOE) == {TEA: 1, MUG: 1, POT: 1}
        assert (cart_of(work, ANNA), cart_of(work, MIRA)) == ({}, {})
        assert owners(work) == {ZOE}


def test_households_follow_with_the_role_that_may_do_more(work: Connection, at: datetime) -> None:
    shops(work, OTTO, TEA, 1, at)
    shops(work, ANNA, MUG, 1, at)
    home = households.begin(work, SHOP, owner_id=OTTO, name="Otto", at=at).household_id
    for who, name, role in ((MIRA, "Mira", "viewer"), (ANNA, "Anna", "editor")):
        _, secret = households.invite(work, SHOP, home, customer_id=OTTO, role=role, at=at)
        households.join(work, SHOP, secret, customer_id=who, name=name, at=at)
    [line] = filling.look(work, SHOP, home, customer_id=ANNA).mine
    filling.put_in(work, SHOP, home, line.item.key, customer_id=ANNA, at=at)
    for _ in range(2):
        merged(work, MIRA, ANNA, at)
    shared = filling.look(work, SHOP, home, customer_id=MIRA)
    assert [(one.customer_id, one.role) for one in shared.household.members] == [
        (OTTO, "owner"),
        (MIRA, "editor"),
    ]
    assert sorted(line.added_by for line in shared.lines) == ["", "Anna"]
    privacy.forget_customer(work, SHOP, MIRA, at=at)
    assert [line.added_by for line in filling.look(work, SHOP, home, customer_id=OTTO).lines] == [
        "",
        "",
    ]


@pytest.mark.parametrize("both_own", [False, True])
def test_a_household_of_who_is_gone_is_the_others(
    both_own: bool, work: Connection, at: datetime
) -> None:
    shops(work, ANNA, MUG, 1, at)
    home = households.begin(work, SHOP, owner_id=ANNA, name="Anna", at=at).household_id
    _, secret = households.invite(work, SHOP, home, customer_id=ANNA, role="editor", at=at)
    households.join(work, SHOP, secret, customer_id=OTTO, name="Otto", at=at)
    if both_own:
        shops(work, MIRA, TEA, 1, at)
        households.begin(work, SHOP, owner_id=MIRA, name="Mira", at=at)
    merged(work, MIRA, ANNA, at)
    [found] = households.mine(work, SHOP, OTTO)
    assert [(one.customer_id, one.role) for one in found.members] == [
        (MIRA, "owner"),
        (OTTO, "editor"),
    ]
    lines = filling.look(work, SHOP, found.household_id, customer_id=OTTO).lines
    assert {line.item.variant_id for line in lines} == ({MUG, TEA} if both_own else {MUG})


def test_who_is_forgotten_is_forgotten_by_every_id_they_had(work: Connection, at: datetime) -> None:
    shops(work, MIRA, TEA, 1, at)
    shops(work, ANNA, MUG, 1, at)
    merged(work, MIRA, ANNA, at)
    asked = {"shop_domain": SHOP, "customer": {"id": MIRA}}
    told(work, "customers/redact", asked, at + timedelta(days=2))
    told(work, "orders/create", order(900, ANNA), at + timedelta(days=2))
    assert owners(work) == {None}
    for who in (MIRA, ANNA):
        assert carts.export_customer(work, SHOP, who) == {"carts": []}
        assert shoppers.export_customer(work, SHOP, who) == {"devices": []}


def test_a_merge_of_something_else_than_customers_rests_with_the_dead_letters() -> None:
    body = {**merge(1, 2), "admin_graphql_api_customer_kept_id": "gid://shopify/Order/1"}
    with pytest.raises(BadInput) as raised:
        parse_merge(orjson.dumps(body))
    assert raised.value.code == "payload_invalid"
    assert parse_merge(orjson.dumps(merge(1, 2, "failed"))) == Merge(1, 2, done=False)
