from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handcart import Handcart
from handcart.carts import store as carts
from handcart.carts.cart import Cart
from handcart.carts.line_key import Item
from handcart.carts.store import StoredCart
from handcart.delivery import Delivery
from handcart.pickups import Pickup, service
from handcart_webhooks.inbox import accept

SHOP = "juniper-tea.myshopify.com"
OLD_TOWN = 32


def figures(page: str) -> list[str]:
    return [part.partition(">")[2].partition("<")[0] for part in page.split("<dd")[1:]]


def test_the_home_counts_what_is_open_in_every_store(
    app: Handcart, admin: Any, place: Callable[..., Pickup]
) -> None:
    place(1001)
    ready = place(1002, location_id=OLD_TOWN)
    gone = place(1003)
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, ready.pickup_id, by="staff:1", at=app.clock())
        service.cancel(work, SHOP, gone.pickup_id, reason="other", by="staff:1", at=app.clock())
    page = admin.open("/")
    assert page.status_code == 200
    assert "Juniper Tea" in page.text
    assert figures(page.text) == ["1", "1", "0"]
    assert "Harbour" in page.text and "Old Town" in page.text


def test_a_cart_that_holds_nothing_is_not_counted_as_open(app: Handcart, admin: Any) -> None:
    one_tea = Cart().add(Item(44), 1, device="phone", at=app.clock())
    with app.db.writing() as work:
        for owner, cart in {"full": one_tea, "empty": Cart()}.items():
            carts.save_cart(work, SHOP, StoredCart(owner, owner, cart, 0, None), at=app.clock())
    assert figures(admin.open("/").text) == ["0", "0", "1"]


def test_the_home_shows_the_last_news_of_this_shop_only(app: Handcart, admin: Any) -> None:
    with app.db.writing() as work:
        accept(work, [delivery(app, SHOP, "orders/create")])
        accept(work, [delivery(app, "other.myshopify.com", "carts/update")])
    page = admin.open("/").text
    assert "orders/create" in page
    assert "carts/update" not in page


def test_the_figures_cost_nothing_until_they_change(
    admin: Any, place: Callable[..., Pickup]
) -> None:
    first = admin.fetch("/overview")
    tag = first.headers["ETag"]
    assert admin.fetch("/overview", **{"If-None-Match": tag}).status_code == 304
    place()
    assert figures(admin.fetch("/overview", **{"If-None-Match": tag}).text)[0] == "1"


def delivery(app: Handcart, shop: str, topic: str) -> Delivery:
    return Delivery(
        shop=shop,
        topic=topic,
        webhook_id=f"{shop}-{topic}",
        event_id=None,
        api_version="2026-10",
        triggered_at=app.clock(),
        received_at=app.clock(),
        body=b"{}",
    )
