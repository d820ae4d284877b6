from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcart.subscriptions.model import Change, Held, Wanted, plan

URI = "https://app.example.com/webhooks"
ORDERS = Wanted("orders/create", URI)


def held(wanted: Wanted = ORDERS, **other: object) -> Held:
    one = Held("gid://1", wanted.name, wanted.topic, wanted.uri, wanted.filter)
    return replace(one, **other)  # type: ignore[arg-type]


def kinds(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.kind, change.topic) for change in changes]


def test_a_name_says_whose_it_is_and_which_topic() -> None:
    assert ORDERS.name == "handcart-orders-create"
    long = Wanted("fulfillment_orders/line_items_prepared_for_local_delivery", URI)
    assert len(long.name) == 50


def test_what_is_missing_is_created() -> None:
    assert kinds(plan([ORDERS], [])) == [("create", "orders/create")]


def test_what_is_as_it_should_be_is_kept() -> None:
    changes = plan([ORDERS], [held()])
    assert kinds(changes) == [("keep", "orders/create")]
    assert not changes[0].is_needed


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (
            {"uri": "https://old.example.com/webhooks"},
            f"uri: https://old.example.com/webhooks → {URI}",
        ),
        ({"filter": "id:1"}, "filter: id:1 → none"),
        ({"include_fields": ("id",)}, "include_fields: id → none"),
        ({"format": "XML"}, "format: XML → JSON"),
        ({"topic": "orders/paid"}, "topic: orders/paid → orders/create"),
    ],
)
def test_what_differs_is_updated_and_says_in_what(other: dict[str, object], why: str) -> None:
    changes = plan([ORDERS], [held(**other)])
    assert kinds(changes) == [("update", "orders/create")]
    assert changes[0].why == (why,)


def test_the_order_of_fields_means_nothing() -> None:
    wanted = replace(ORDERS, include_fields=("id", "email"))
    assert kinds(plan([wanted], [held(include_fields=("email", "id"))])) == [
        ("keep", "orders/create")
    ]


def test_what_is_ours_and_not_wanted_any_more_is_deleted() -> None:
    assert kinds(plan([], [held()])) == [("delete", "orders/create")]


@pytest.mark.parametrize("name", ["", "another-tool", "Handcart-orders-create", "my-handcart-x"])
def test_what_somebody_else_made_is_never_touched(name: str) -> None:
    assert plan([], [held(name=name)]) == ()
    elsewhere = held(name=name, uri="https://other.example.com/")
    assert kinds(plan([ORDERS], [elsewhere])) == [("create", "orders/create")]


def test_what_somebody_else_sends_to_us_already_is_left_as_it_is_and_said() -> None:
    changes = plan([ORDERS], [held(name="by-hand")])
    assert kinds(changes) == [("taken", "orders/create")]
    assert not changes[0].is_needed


TOPICS = st.sampled_from(["orders/create", "orders/paid", "carts/update", "app/uninstalled"])
WANTED = st.builds(Wanted, TOPICS, st.just(URI), st.sampled_from(["", "id:1"]))
HELD = st.builds(
    Held,
    st.uuids().map(str),
    st.sampled_from(
        ["", "tool", "handcart-orders-create", "handcart-gone", "handcart-carts-update"]
    ),
    TOPICS,
    st.sampled_from([URI, "https://old.example.com/"]),
    st.sampled_from(["", "id:1"]),
)


@given(
    wanted=st.lists(WANTED, unique_by=lambda one: one.topic),
    there=st.lists(HELD, unique_by=lambda one: one.name or one.id),
)
def test_after_it_is_carried_out_there_is_nothing_left_to_do(
    wanted: list[Wanted], there: list[Held]
) -> None:
    after = {one.id: one for one in there}
    for change in plan(wanted, there):
        if change.kind == "create" and change.wanted:
            after[change.topic] = replace(held(change.wanted), id=change.topic)
        elif change.kind == "update" and change.wanted and change.held:
            after[change.held.id] = replace(held(change.wanted), id=change.held.id)
        elif change.kind == "delete" and change.held:
            del after[change.held.id]
    rest = plan(wanted, list(after.values()))
    assert [change for change in rest if change.is_needed] == []
    assert [one for one in there if not one.is_ours] == [
        one for one in after.values() if not one.is_ours
    ]
