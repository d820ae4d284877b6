from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from handcart.localshop import catalogue, orders
from handcart.localshop.clock import Clock
from handcart.localshop.seed import seed
from handcart.localshop.world import OrderLine, Pickup, World


def everything(world: World) -> list[Any]:
    tables = (
        world.locations,
        world.products,
        world.variants,
        world.customers,
        world.staff,
        world.levels,
        world.orders,
    )
    return [{key: asdict(thing) for key, thing in table.items()} for table in tables]


def play(world: World) -> None:
    orders.place(
        world,
        lines=[OrderLine(min(world.variants), 1)],
        email="mira@example.com",
        delivery=Pickup(min(world.locations)),
    )


def test_the_same_seed_and_story_give_the_same_shop_and_webhooks(at: datetime) -> None:
    one, other = (seed(7, at, clock=Clock.stopped(at)) for _ in range(2))
    play(one)
    play(other)
    assert everything(one) == everything(other)
    assert one.emitted == other.emitted
    assert one.event_id == other.event_id


def test_another_seed_gives_other_stock_and_other_tokens(at: datetime) -> None:
    one, other = (seed(number, at, clock=Clock.stopped(at)) for number in (1, 2))
    assert one.products == other.products
    assert one.levels != other.levels
    assert one.new_token("cart") != other.new_token("cart")


def test_the_shop_is_one_to_believe_in(world: World) -> None:
    assert world.shop.domain == "juniper-tea.myshopify.com"
    assert (len(world.products), len(world.locations)) == (12, 3)
    assert (len(world.customers), len(world.staff)) == (6, 3)
    assert all(place.opening_hours and place.pickup_time for place in world.locations.values())
    assert all(one.email.endswith("@example.com") for one in world.customers.values())
    handles = [product.handle for product in catalogue.on_sale(world)]
    assert len(set(handles)) == len(handles)
    skus = [variant.sku for variant in world.variants.values()]
    assert len(set(skus)) == len(skus)


def test_every_item_is_stocked_everywhere_and_one_is_sold_out_at_one_place(world: World) -> None:
    assert set(world.levels) == {
        (variant.inventory_item_id, place)
        for variant in world.variants.values()
        for place in world.locations
    }
    assert [level.available for level in world.levels.values()].count(0) == 1


def test_a_product_is_found_by_its_handle_and_by_words(world: World) -> None:
    product = catalogue.find_product(world, "clay-teapot")
    assert product is not None
    assert product.title == "Clay Teapot"
    assert catalogue.find_product(world, "nothing") is None
    assert [one.sku for one in catalogue.search(world, "teapot SLATE")] == ["POT-SLT"]
    assert [one.sku for one in catalogue.search(world, "box-tst")] == ["BOX-TST"]
