"""Orders as their webhooks tell of them, and the carts that they leave and come back to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from handcart import Handcart
from handcart.carts import assisting, service
from handcart.carts.sales import ATTRIBUTE
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart_webhooks.worker import Worker

from .conftest import SHOP, Client

TEA, MIRA = 44, 7


@pytest.fixture
def cart(installed: Handcart) -> None:
    """Mira's: two teas, in the platform cart "abc"."""
    sync(installed, SnapshotLine(TEA, 2))


def sync(app: Handcart, *lines: SnapshotLine, read_at: int = 1) -> None:
    with app.db.writing() as work:
        service.sync(
            work,
            SHOP,
            Sighting("abc", "", lines, read_at=read_at),
            device_id=None,
            customer_id=MIRA,
            at=app.clock(),
        )


def order(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "name": "#1001",
        "token": "t",
        "cart_token": "abc",
        "updated_at": "2026-11-23T10:00:00+02:00",
        "line_items": [{"variant_id": TEA, "quantity": 2, "properties": []}],
        **changes,
    }


def cancelled(reason: str) -> dict[str, Any]:
    later = "2026-11-23T10:05:00+02:00"
    return order(updated_at=later, cancelled_at=later, cancel_reason=reason)


def held(app: Handcart) -> tuple[int, int]:
    """Teas in the cart, and on the list for later."""
    with app.db.reading() as view:
        [found] = service.export_customer(view, SHOP, MIRA)["carts"]
    return count(found["lines"]), count(found["saved_for_later"])


def count(lines: Iterable[dict[str, Any]]) -> int:
    return sum(line["quantity"] for line in lines if line["variant_id"] == TEA)


def told(app: Handcart, client: Client, *news: tuple[str, dict[str, Any]]) -> None:
    for topic, body in news:
        client.post(topic, body)
        worker = Worker(app)
        while worker.step():
            pass


@pytest.mark.usefixtures("cart")
@pytest.mark.parametrize(
    ("reason", "left"),
    [("declined", (2, 0)), ("customer", (0, 2)), ("inventory", (0, 0)), ("fraud", (0, 0))],
)
def test_an_order_that_was_cancelled_gives_back_once_what_it_took(
    installed: Handcart, client: Client, reason: str, left: tuple[int, int]
) -> None:
    told(installed, client, ("orders/create", order()))
    assert held(installed) == (0, 0)
    news = ("orders/cancelled", cancelled(reason)), ("orders/updated", cancelled(reason))
    told(installed, client, *news)
    assert held(installed) == left
    told(installed, client, *news)
    assert held(installed) == left


@pytest.mark.usefixtures("cart")
def test_an_order_that_is_told_of_after_its_end_takes_nothing(
    installed: Handcart, client: Client
) -> None:
    told(installed, client, ("orders/cancelled", cancelled("declined")), ("orders/create", order()))
    assert held(installed) == (2, 0)


@pytest.mark.usefixtures("cart")
def test_an_order_that_was_only_changed_gives_nothing_back(
    installed: Handcart, client: Client
) -> None:
    told(installed, client, ("orders/create", order()), ("orders/updated", order()))
    assert held(installed) == (0, 0)


@pytest.mark.usefixtures("cart")
def test_a_sale_at_the_till_takes_its_lines_out_of_the_cart(
    installed: Handcart, client: Client
) -> None:
    """The platform's till gives its orders no cart token; a note attribute names the sale."""
    with installed.db.writing() as work:
        found = assisting.cart_of_customer(work, SHOP, MIRA)
        basket = assisting.fill(work, SHOP, found, at=installed.clock())
    sold = {
        "cart_token": None,
        "source_name": "pos",
        "line_items": [{"variant_id": TEA, "quantity": 1, "properties": None}],
        "note_attributes": [{"name": ATTRIBUTE, "value": basket.sale}],
    }
    told(installed, client, ("orders/create", order(**sold)))
    assert held(installed) == (1, 0)


@pytest.mark.usefixtures("cart")
@pytest.mark.parametrize("value", ["0" * 32, "abc", None, 7])
def test_an_attribute_that_names_no_sale_of_ours_takes_nothing(
    installed: Handcart, client: Client, value: Any
) -> None:
    attributes = [{"name": ATTRIBUTE, "value": value}]
    body = order(cart_token=None, note_attributes=attributes)
    told(installed, client, ("orders/create", body))
    assert held(installed) == (2, 0)


@pytest.mark.usefixtures("cart")
def test_an_online_order_is_its_own_carts_whatever_attribute_it_brings(
    installed: Handcart, client: Client
) -> None:
    """Anybody may put an attribute into an online cart."""
    with installed.db.writing() as work:
        found = assisting.cart_of_customer(work, SHOP, MIRA)
        basket = assisting.fill(work, SHOP, found, at=installed.clock())
    attributes = [{"name": ATTRIBUTE, "value": basket.sale}]
    body = order(cart_token="somebody else's", note_attributes=attributes)
    told(installed, client, ("orders/create", body))
    assert held(installed) == (2, 0)
