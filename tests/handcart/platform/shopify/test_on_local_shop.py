"""The whole client on the local platform: tokens, reads and calls over (mocked) HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from handcart.errors import TokenRefused, UserErrors
from handcart.localshop import inventory, orders, tokens
from handcart.localshop.world import Order, OrderLine, Pickup, Variant, World
from handcart.platform.port import Page, PostalAddress, Swap
from handcart.platform.shopify.admin import ShopifyAdmin
from handcart.platform.shopify.platform import ShopifyPlatform
from handcart.platform.shopify.verify import verify_id_token, verify_query
from handcart.shops.grants import Grants
from tests.handcart.platform.shopify.conftest import SHOP, SampleApp


@pytest.fixture
def platform(grants: Grants, world: World) -> Iterator[ShopifyPlatform]:
    with requests.Session() as session:
        yield ShopifyPlatform(
            ShopifyAdmin(
                SHOP,
                f"https://{SHOP}",
                lambda: grants.access_token(SHOP),
                "2026-10",
                session,
                sleep=world.clock.advance,
                now=lambda: world.clock.now().timestamp(),
                refused=lambda token: grants.refused(SHOP, token),
            )
        )


@pytest.fixture
def order(world: World) -> Order:
    """Two of the first variant, to be picked up at the first location."""
    where = next(iter(world.locations))
    what = next(iter(world.variants))
    customer = next(iter(world.customers.values()))
    return orders.place(
        world,
        lines=[OrderLine(what, 2)],
        email=customer.email,
        customer_id=customer.id,
        delivery=Pickup(where),
    )


def test_id_tokens_and_page_queries_of_the_local_platform_are_verified(
    world: World, app: SampleApp, id_token: str
) -> None:
    now = datetime.now(UTC)
    verdict = verify_id_token(id_token, api_key=app.client_id, secrets=[app.client_secret], at=now)
    assert (verdict.reason, verdict.shop, verdict.user_id) == ("ok", SHOP, 1)
    query = tokens.page_query(world, app, 1, now)
    signed = verify_query(query.encode(), secrets=[app.client_secret], at=now)
    assert (signed.reason, signed.shop) == ("ok", SHOP)


def test_tokens_are_renewed_for_months(grants: Grants, world: World) -> None:
    seen = set()
    for _ in range(5):
        seen.add(grants.access_token(SHOP))
        world.clock.advance(80 * 86400)
    assert len(seen) == 5


def test_uninstalling_kills_the_tokens(
    platform: ShopifyPlatform, world: World, app: SampleApp
) -> None:
    platform.profile()
    tokens.uninstall(world, app.client_id)
    with pytest.raises(TokenRefused):
        platform.profile()


def test_a_token_that_was_revoked_is_renewed_within_the_call(
    platform: ShopifyPlatform, grants: Grants, world: World, app: SampleApp
) -> None:
    before = grants.access_token(SHOP)
    world.grants[app.client_id].access.clear()
    assert platform.profile().name == "Juniper Tea"
    assert grants.access_token(SHOP) != before


def test_the_shop_its_locations_and_its_stock_are_read(
    platform: ShopifyPlatform, world: World
) -> None:
    assert platform.profile().name == world.shop.name
    found = {location.location_id: location for location in platform.locations()}
    assert found.keys() == world.locations.keys()
    for number, location in world.locations.items():
        assert found[number].name == location.name
        assert found[number].opening_hours == location.opening_hours
        assert found[number].offers_pickup
    levels = {(one.inventory_item_id, one.location_id): one for one in platform.levels()}
    assert levels.keys() == world.levels.keys()
    for key, level in world.levels.items():
        assert levels[key].available == level.available


def test_throttling_is_waited_out(platform: ShopifyPlatform, world: World) -> None:
    world.admin_faults.extend(
        [("throttled",), ("status", 429, {"retry-after": "2.0"}), ("status", 503, {})]
    )
    assert platform.profile().name == "Juniper Tea"
    assert not world.admin_faults


def test_a_pickup_goes_from_open_to_handed_over_and_every_call_may_come_twice(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    [read] = platform.fulfillment_orders(order.id)
    assert (read.method, read.status, read.covers_order) == ("pick_up", "open", True)
    assert (read.order_id, read.order_name) == (order.id, order.name)
    assert read.customer_id == order.customer_id
    assert read.location_id == next(iter(world.locations))
    number = read.fulfillment_order_id
    lines = {str(line.line_id): line.quantity for line in read.lines}
    assert list(lines.values()) == [2]
    for _ in range(2):
        platform.prepare_for_pickup(fulfillment_order_id=number, key="k1")
    for _ in range(2):
        platform.fulfil(fulfillment_order_id=number, lines=lines, key="k2")
    platform.prepare_for_pickup(fulfillment_order_id=number, key="k1")
    after = platform.fulfillment_order(number)
    assert after is not None
    assert (after.status, [line.quantity for line in after.lines]) == ("closed", [0])
    assert len(world.fulfillments) == 1
    told = [topic for topic, _ in world.emitted]
    assert told.count("fulfillment_orders/line_items_prepared_for_pickup") == 1
    assert told.count("fulfillments/create") == 1


def test_a_fulfillment_order_is_taken_apart_once_however_often_it_is_asked_for(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    [read] = platform.fulfillment_orders(order.id)
    number, line = read.fulfillment_order_id, str(read.lines[0].line_id)
    for _ in range(2):
        platform.split(fulfillment_order_id=number, lines={line: 1}, left={line: 1}, key="k")
        platform.prepare_for_pickup(fulfillment_order_id=number, key="k:ready")
    parts = platform.fulfillment_orders(order.id)
    assert [[each.quantity for each in part.lines] for part in parts] == [[1], [1]]
    assert {part.location_id for part in parts} == {read.location_id}
    ready = [bool(world.fulfillment_orders[one.fulfillment_order_id].prepared_at) for one in parts]
    assert ready == [True, False]
    told = [topic for topic, _ in world.emitted]
    assert told.count("fulfillment_orders/split") == 1
    with pytest.raises(UserErrors):
        platform.split(fulfillment_order_id=number, lines={line: 1}, left={line: 0}, key="k2")


def test_a_fulfillment_order_is_moved_once_however_often_it_is_asked_for(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    [read] = platform.fulfillment_orders(order.id)
    number, other = read.fulfillment_order_id, list(world.locations)[1]
    for _ in range(2):
        platform.move(fulfillment_order_id=number, location_id=other, key="k")
    after = platform.fulfillment_order(number)
    assert after is not None
    assert (after.status, after.location_id) == ("open", other)
    assert [topic for topic, _ in world.emitted].count("fulfillment_orders/moved") == 1
    with pytest.raises(UserErrors):
        platform.move(fulfillment_order_id=number, location_id=404, key="k2")


def test_the_age_that_a_products_tag_asks_for_is_read(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    product = world.products[world.variants[order.lines[0].variant_id].product_id]
    for tags, age in [((), 0), (("new", "age:18"), 18), (("18+", "age-21"), 21), (("2018",), 0)]:
        product.tags = tags
        [read] = platform.fulfillment_orders(order.id)
        assert [line.min_age for line in read.lines] == [age]


def test_an_order_is_cancelled_once_however_often_it_is_asked_for(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    for _ in range(2):
        platform.cancel_order(order_id=order.id, reason="customer", key="k")
    assert world.orders[order.id].cancelled_at is not None
    assert [topic for topic, _ in world.emitted].count("orders/cancelled") == 1
    [read] = platform.fulfillment_orders(order.id)
    assert read.status in ("cancelled", "closed")
    with pytest.raises(UserErrors):
        lines = {str(line.line_id): 2 for line in read.lines}
        platform.fulfil(fulfillment_order_id=read.fulfillment_order_id, lines=lines, key="k")


def test_a_part_is_cancelled_once_however_often_it_is_asked_for(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    [read] = platform.fulfillment_orders(order.id)
    for _ in range(2):
        platform.cancel_fulfillment_order(fulfillment_order_id=read.fulfillment_order_id, key="k")
    after = platform.fulfillment_order(read.fulfillment_order_id)
    assert after is not None
    assert after.status in ("cancelled", "closed")


def test_a_part_that_is_handed_over_leaves_once_however_often_it_is_asked_for(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    [read] = platform.fulfillment_orders(order.id)
    line = str(read.lines[0].line_id)
    for _ in range(3):
        platform.fulfil(
            fulfillment_order_id=read.fulfillment_order_id,
            lines={line: 1},
            left={line: 1},
            key="k",
        )
    assert len(world.fulfillments) == 1
    after = platform.fulfillment_order(read.fulfillment_order_id)
    assert after is not None
    assert (after.status, after.lines[0].quantity, after.lines[0].total) == ("in_progress", 1, 2)


def test_a_part_that_is_refunded_leaves_the_order_once_and_nothing_in_its_place(
    platform: ShopifyPlatform, world: World, order: Order
) -> None:
    [read] = platform.fulfillment_orders(order.id)
    line, price = str(read.lines[0].line_id), order.lines[0].price
    level = world.levels[
        world.variants[order.lines[0].variant_id].inventory_item_id, next(iter(world.locations))
    ]
    before = level.available, level.committed
    for left in (1, 0):
        for _ in range(2):
            platform.refund(
                fulfillment_order_id=read.fulfillment_order_id,
                lines={line: 1},
                left={line: left},
                key=f"k{left}",
            )
    assert order.refunded == 2 * price
    assert (order.lines[0].current, order.lines[0].fulfillable) == (0, 0)
    assert (level.available, level.committed) == (before[0] + 2, before[1] - 2)
    told = [topic for topic, _ in world.emitted]
    assert told.count("refunds/create") == 2
    parts = platform.fulfillment_orders(order.id)
    assert [(part.status, part.lines) for part in parts] == [("closed", ())]


def two_teas(world: World, *, dearer: int) -> tuple[Order, Variant]:
    """Two of a tea at the first store, and another one that costs ``dearer`` more a unit."""
    place = min(world.locations)
    sold, other = [world.variants[number] for number in sorted(world.variants)[:2]]
    for variant in (sold, other):
        inventory.set_quantity(world, variant.inventory_item_id, place, 9)
    other.price = sold.price + dearer
    lines = [OrderLine(sold.id, 2)]
    order = orders.place(world, lines=lines, email="m@example.com", delivery=Pickup(place))
    return order, other


@pytest.mark.parametrize("dearer", [-250, 0, 333])
def test_a_substitute_takes_the_place_of_what_is_missing_and_nobody_pays_more(
    platform: ShopifyPlatform, world: World, dearer: int
) -> None:
    order, other = two_teas(world, dearer=dearer)
    paid, place = order.total, min(world.locations)
    [read] = platform.fulfillment_orders(order.id)
    line = read.lines[0].line_id
    for _ in range(2):
        platform.exchange(
            fulfillment_order_id=read.fulfillment_order_id,
            swap=Swap(line_id=line, variant_id=other.id, units=2),
            left={str(line): 0},
            key="k1",
        )
    [now] = platform.fulfillment_orders(order.id)
    assert now.fulfillment_order_id == read.fulfillment_order_id
    assert [(one.variant_id, one.quantity, one.total) for one in now.lines] == [(other.id, 2, 2)]
    assert (order.outstanding, order.refunded) == (0, max(0, -dearer) * 2)
    assert order.current_total == paid - order.refunded
    level = world.levels[other.inventory_item_id, place]
    assert (level.available, level.committed) == (7, 2)
    gone = world.levels[world.variants[order.lines[0].variant_id].inventory_item_id, place]
    assert (gone.available, gone.committed) == (9, 0)
    topics = [topic for topic, _ in world.emitted]
    assert topics.count("orders/edited") == 1
    assert topics.count("refunds/create") == (dearer < 0)


def test_a_part_of_a_line_is_exchanged_and_the_rest_of_it_stays(
    platform: ShopifyPlatform, world: World
) -> None:
    order, other = two_teas(world, dearer=100)
    [read] = platform.fulfillment_orders(order.id)
    line = read.lines[0].line_id
    swap = Swap(line_id=line, variant_id=other.id, units=1)
    number = read.fulfillment_order_id
    platform.exchange(fulfillment_order_id=number, swap=swap, left={str(line): 1}, key="k1")
    [now] = platform.fulfillment_orders(order.id)
    assert [(one.line_id == line, one.quantity) for one in now.lines] == [(True, 1), (False, 1)]
    assert (order.lines[1].discount, order.outstanding) == (100, 0)


def test_what_is_refused_changes_nothing_of_the_order(
    platform: ShopifyPlatform, world: World
) -> None:
    order, other = two_teas(world, dearer=0)
    inventory.set_quantity(world, other.inventory_item_id, min(world.locations), 1)
    world.emitted.clear()
    [read] = platform.fulfillment_orders(order.id)
    line = read.lines[0].line_id
    with pytest.raises(UserErrors):
        platform.exchange(
            fulfillment_order_id=read.fulfillment_order_id,
            swap=Swap(line_id=line, variant_id=other.id, units=2),
            left={str(line): 0},
            key="k1",
        )
    assert platform.fulfillment_orders(order.id) == [read]
    assert (order.outstanding, world.emitted) == (0, [])


def test_what_is_not_there_is_none(platform: ShopifyPlatform) -> None:
    assert platform.fulfillment_order(10**15) is None
    assert list(platform.fulfillment_orders(10**15)) == []


def plenty(world: World) -> int:
    """A variant of which the first location has a hundred."""
    variant = next(iter(world.variants.values()))
    place = next(iter(world.locations))
    inventory.set_quantity(world, variant.inventory_item_id, place, 100)
    return variant.id


def read_all(read: Callable[..., Page[Any]], since: datetime) -> list[list[Any]]:
    """Every page that ``read`` answers, the first first."""
    pages, after = [], None
    while True:
        page = read(since=since, after=after)
        pages.append(list(page.found))
        if page.after is None:
            return pages
        after = page.after


def test_orders_that_changed_since_a_moment_are_read_page_by_page(
    platform: ShopifyPlatform, world: World, order: Order, at: datetime
) -> None:
    world.clock.advance(3600)
    where, what = next(iter(world.locations)), plenty(world)
    later = [
        orders.place(
            world,
            lines=[OrderLine(what, 1, {"Engraving": "For Ada"})],
            email="guest@example.com",
            cart_token=f"cart-{number}",
            delivery=Pickup(where),
        )
        for number in range(11)
    ]
    pages = read_all(platform.orders_changed, at + timedelta(minutes=30))
    assert [len(page) for page in pages] == [10, 1]
    first = pages[0][0]
    assert (first.order_id, first.token, first.cart_token) == (
        later[0].id,
        later[0].token,
        "cart-0",
    )
    assert (first.shipped, first.fulfilled, first.cancelled_at) == (True, False, None)
    [line] = first.lines
    assert (line.variant_id, line.quantity, line.properties, line.selling_plan) == (
        what,
        1,
        {"Engraving": "For Ada"},
        None,
    )
    assert order.id not in {read.order_id for page in pages for read in page}


def test_a_cancelled_order_has_changed_and_so_has_its_fulfillment_order(
    platform: ShopifyPlatform, world: World, order: Order, at: datetime
) -> None:
    world.clock.advance(3600)
    orders.cancel(world, order.id, reason="customer", restock=True)
    since = at + timedelta(minutes=30)
    [[changed]] = read_all(platform.orders_changed, since)
    assert (changed.order_id, changed.cancelled_at) == (order.id, at + timedelta(hours=1))
    assert changed.customer_id == order.customer_id
    [[part]] = read_all(platform.fulfillment_orders_changed, since)
    assert (part.order_id, part.method) == (order.id, "pick_up")
    assert part == platform.fulfillment_order(part.fulfillment_order_id)


def test_levels_that_changed_are_read_location_by_location(
    platform: ShopifyPlatform, world: World, at: datetime
) -> None:
    world.clock.advance(3600)
    first, second, *_ = sorted(world.locations)
    item = next(iter(world.variants.values())).inventory_item_id
    for place in (first, second):
        inventory.set_quantity(world, item, place, 7)
    pages = read_all(platform.levels_changed, at + timedelta(minutes=30))
    assert len(pages) == len(world.locations)
    assert [(one.location_id, one.inventory_item_id, one.available) for one in sum(pages, [])] == [
        (first, item, 7),
        (second, item, 7),
    ]


def test_an_order_of_many_lines_is_read_whole(
    platform: ShopifyPlatform, world: World, at: datetime
) -> None:
    world.clock.advance(3600)
    lines = [OrderLine(plenty(world), 1, {"Number": str(n)}) for n in range(21)]
    where = next(iter(world.locations))
    orders.place(world, lines=lines, email="guest@example.com", delivery=Pickup(where))
    [[read]] = read_all(platform.orders_changed, at + timedelta(minutes=30))
    assert [line.properties["Number"] for line in read.lines] == [str(n) for n in range(21)]


@pytest.mark.parametrize(
    "words", ["mira@example.com", "petrova mira", "Mir", "0888555", "+359", "mira NOT (x:y)*"]
)
def test_customers_are_found_by_words_of_their_name_mail_or_number(
    platform: ShopifyPlatform, world: World, words: str
) -> None:
    mira = world.customer_by_email("mira@example.com")
    assert mira is not None
    mira.phone = "0888555 0111"
    found = {one.customer_id: one for one in platform.customers(words)}
    if words.startswith("mira NOT"):
        assert found == {}  # every word has to fit, and "x" and "y" do not
        return
    if words == "+359":
        assert mira.id not in found
        return
    one = found[mira.id]
    assert (one.name, one.email, one.phone) == ("Mira Petrova", "mira@example.com", mira.phone)
    assert set(found) == {mira.id}


@pytest.mark.parametrize("words", ["", " ", "***", "() : -", "AND OR NOT"])
def test_nobody_is_asked_for_by_nothing(platform: ShopifyPlatform, words: str) -> None:
    assert list(platform.customers(words)) == []


def test_a_store_is_offered_and_offered_no_more(platform: ShopifyPlatform) -> None:
    first = platform.locations()[0]
    platform.offer_pickup(
        location_id=first.location_id, pickup_time="TWO_HOURS", instructions="Ring.", key="1"
    )
    platform.offer_pickup(
        location_id=first.location_id, pickup_time="TWO_HOURS", instructions="Ring.", key="1"
    )
    now = platform.locations()[0]
    assert (now.offers_pickup, now.pickup_time, now.pickup_instructions) == (
        True,
        "TWO_HOURS",
        "Ring.",
    )
    platform.end_pickup(location_id=first.location_id, key="2")
    platform.end_pickup(location_id=first.location_id, key="2")
    ended = platform.locations()[0]
    assert (ended.offers_pickup, ended.pickup_time) == (False, None)


def test_a_location_that_is_unknown_cannot_be_offered(platform: ShopifyPlatform) -> None:
    with pytest.raises(UserErrors):
        platform.offer_pickup(location_id=1, pickup_time="ONE_HOUR", instructions="", key="1")


def test_products_are_found_by_the_beginnings_of_words(platform: ShopifyPlatform) -> None:
    [found] = platform.find_products("tea ti")
    assert found.title == "Tea Tin"
    assert len(found.variants) >= 1
    assert platform.find_products('title:"*') == []
    assert platform.find_products("?!") == []


HOME = PostalAddress(
    name="Mina Sato",
    street="Elm street 1",
    more="",
    postcode="9000",
    town="Varna",
    region="",
    country="BG",
    phone="",
)


def test_what_is_sent_instead_is_an_order_of_its_own_that_costs_nothing(
    platform: ShopifyPlatform, world: World
) -> None:
    order, other = two_teas(world, dearer=0)
    paid, before = order.total, len(world.orders)
    [read] = platform.fulfillment_orders(order.id)
    line, sold = str(read.lines[0].line_id), order.lines[0].variant_id
    draft = platform.draft_shipment(
        order_id=order.id, lines=[(sold, 2), (other.id, 1)], address=HOME, key="k1"
    )
    assert len(world.orders) == before
    numbers = {platform.place_draft(draft_id=draft, key="k1") for _ in range(2)}
    for _ in range(2):
        platform.take_off(
            fulfillment_order_id=read.fulfillment_order_id,
            lines={line: 1},
            left={line: 1},
            key="k1",
        )
    assert len(world.orders) == before + 1
    sending = world.orders[numbers.pop()]
    assert [(each.variant_id, each.current) for each in sending.lines] == [(sold, 2), (other.id, 1)]
    assert (sending.total, sending.email, sending.tags) == (0, order.email, ("sent-from-pickup",))
    assert sending.shipping_address and sending.shipping_address.name == "Mina Sato"
    [parcel] = platform.fulfillment_orders(sending.id)
    assert parcel.method == "shipping"
    [stays] = platform.fulfillment_orders(order.id)
    assert [one.quantity for one in stays.lines] == [1]
    assert (order.refunded, order.outstanding, order.received) == (0, 0, paid)


def test_a_draft_that_cannot_be_sent_is_refused(platform: ShopifyPlatform, world: World) -> None:
    order, other = two_teas(world, dearer=0)
    nowhere = replace(HOME, town="")
    with pytest.raises(UserErrors):
        platform.draft_shipment(order_id=order.id, lines=[(other.id, 1)], address=nowhere, key="k1")
    draft = platform.draft_shipment(
        order_id=order.id, lines=[(other.id, 10_000)], address=HOME, key="k2"
    )
    with pytest.raises(UserErrors):
        platform.place_draft(draft_id=draft, key="k2")
    with pytest.raises(UserErrors):
        platform.place_draft(draft_id=10**9, key="k3")
