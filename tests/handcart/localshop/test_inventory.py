from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcart.localshop import fulfilment, inventory, orders
from handcart.localshop.clock import Clock
from handcart.localshop.refusals import Refused
from handcart.localshop.seed import seed
from handcart.localshop.world import OrderLine, Pickup, World

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def first(world: World) -> tuple[int, int, int]:
    variant = world.variants[min(world.variants)]
    return variant.id, variant.inventory_item_id, min(world.locations)


def test_adjusting_tells_what_is_available_now(world: World) -> None:
    _, item_id, location_id = first(world)
    before = world.levels[item_id, location_id].available
    inventory.adjust(world, item_id, location_id, -2)
    [(topic, body)] = world.emitted
    assert topic == "inventory_levels/update"
    assert body == {
        "inventory_item_id": item_id,
        "location_id": location_id,
        "available": before - 2,
        "updated_at": "2026-11-23T11:00:00+02:00",
        "admin_graphql_api_id": (
            f"gid://shopify/InventoryLevel/{location_id}?inventory_item_id={item_id}"
        ),
    }


def test_setting_what_is_there_already_tells_nothing(world: World) -> None:
    _, item_id, location_id = first(world)
    level = world.levels[item_id, location_id]
    before = level.updated_at
    inventory.set_quantity(world, item_id, location_id, level.available)
    assert (world.emitted, level.updated_at) == ([], before)


def test_setting_on_hand_leaves_what_is_committed(world: World) -> None:
    variant_id, item_id, location_id = first(world)
    orders.place(world, lines=[OrderLine(variant_id, 2)], email="", delivery=Pickup(location_id))
    level = inventory.set_quantity(world, item_id, location_id, 10, name="on_hand")
    assert (level.available, level.committed, level.on_hand) == (8, 2, 10)


def test_two_changes_in_one_second_have_different_times(world: World) -> None:
    _, item_id, location_id = first(world)
    inventory.adjust(world, item_id, location_id, 1)
    inventory.adjust(world, item_id, location_id, 1)
    one, other = (body["updated_at"] for _, body in world.emitted)
    assert one < other


def test_only_active_locations_count_for_what_can_be_sold(world: World) -> None:
    variant_id, item_id, location_id = first(world)
    everywhere = inventory.available(world, variant_id)
    here = inventory.available(world, variant_id, location_id)
    world.locations[location_id].active = False
    assert inventory.available(world, variant_id) == everywhere - here


def test_what_is_not_stocked_there_cannot_be_changed(world: World) -> None:
    _, item_id, location_id = first(world)
    with pytest.raises(Refused) as refused:
        inventory.adjust(world, item_id, 1, 1)
    assert refused.value.code == "INVALID_LOCATION"
    with pytest.raises(Refused) as refused:
        inventory.adjust(world, 1, location_id, 1)
    assert refused.value.code == "INVALID_INVENTORY_ITEM"


ACTS = st.sampled_from(["order", "sell", "fulfil one", "fulfil", "cancel", "replace", "move"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ACTS, st.integers(0, 5)), max_size=25))
def test_goods_are_never_made_or_lost_by_any_story(story: list[tuple[str, int]]) -> None:
    """Committed is what open fulfillment orders wait for; what is on hand only leaves by hand."""
    world = seed(1, AT, clock=Clock.stopped(AT))
    at_first = sum(level.on_hand for level in world.levels.values())
    for act, number in story:
        try:
            _do(world, act, number)
        except Refused:
            continue
    promised: Counter[int] = Counter()
    for each in world.fulfillment_orders.values():
        promised[each.location_id] += sum(line.remaining for line in each.lines)
    for location_id in world.locations:
        here = [one for one in world.levels.values() if one.location_id == location_id]
        assert sum(level.committed for level in here) == promised[location_id]
        assert all(level.committed >= 0 for level in here)
    gone = sum(line.quantity for one in world.fulfillments.values() for line in one.lines)
    assert sum(level.on_hand for level in world.levels.values()) == at_first - gone


def _do(world: World, act: str, number: int) -> None:
    variant_id = sorted(world.variants)[number]
    location_id = sorted(world.locations)[number % 3]
    lines = [OrderLine(variant_id, number + 1)]
    if act == "order":
        orders.place(world, lines=lines, email="", delivery=Pickup(location_id))
    elif act == "sell":
        orders.sell_in_store(world, lines=lines, location_id=location_id, staff_id=min(world.staff))
    elif world.fulfillment_orders:
        chosen = sorted(world.fulfillment_orders)[number % len(world.fulfillment_orders)]
        waiting = world.fulfillment_orders[chosen]
        if act == "fulfil one":
            fulfilment.fulfil(world, chosen, {waiting.lines[0].id: 1})
        elif act == "fulfil":
            fulfilment.fulfil(world, chosen)
        elif act == "cancel":
            orders.cancel(world, waiting.order_id, reason="other", restock=True)
        elif act == "replace":
            fulfilment.cancel(world, chosen)
        else:
            fulfilment.move(world, chosen, location_id)
