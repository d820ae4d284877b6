"""Staff name a substitute on the card, the shopper takes it on the page; or staff for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from handcart import Handcart
from handcart.pickups import Pickup, State, queries
from handcart.platform.port import StockLevel
from handcart.stock import service as stock
from tests.example_app.at_home import Shopper

from .conftest import HARBOUR, LINES, SHOP

Place = Callable[..., Pickup]
SAYS = "The store has something else for you."


@pytest.fixture
def pickup(app: Handcart, place: Place) -> Pickup:
    """Two Gyokuro and a caddy are asked for; the Harbour has Sencha too."""
    there = [
        StockLevel(701, 501, HARBOUR, 6, app.clock(), title="Gyokuro", sku="GYO-50"),
        StockLevel(703, 503, HARBOUR, 4, app.clock(), title="Sencha", sku="SEN-50", barcode="4003"),
    ]
    with app.db.writing() as work:
        for level in there:
            stock.level_read(work, SHOP, level, at=app.clock())
    return place(lines=LINES)


def missed(admin: Any, pickup: Pickup, *, instead: str) -> str:
    form = {"units-1": "2", "units-2": "0", "reason": "damaged", "instead-1": instead}
    return words(admin.tap(f"/counter/pickups/{pickup.pickup_id}/deeds/miss", **form))


def words(answer: Any) -> str:
    text = re.sub(r"<(script|svg|title)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.S)
    return " ".join(unescape(text).split())


def state(app: Handcart, pickup: Pickup) -> State:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id).state


def test_what_staff_name_is_taken_on_the_page(app: Handcart, admin: Any, pickup: Pickup) -> None:
    assert "The customer of #1001 is asked" in missed(admin, pickup, instead="4003")
    shopper = Shopper(app, pickup)
    assert SAYS in shopper.sees()
    assert "I take Sencha instead" in shopper.sees()
    assert shopper.does("substitute", instead="1:503") == 303
    assert state(app, pickup) is State.SUBSTITUTING
    assert "Your order is being changed" in shopper.sees()
    card = words(admin.open("/counter", store=HARBOUR))
    assert "Something else is put into the order" in card
    assert "Mark ready" not in card
    assert "Cancel the order" not in card


def test_staff_take_it_for_a_shopper_on_the_telephone(
    app: Handcart, admin: Any, pickup: Pickup
) -> None:
    assert "The customer takes Sencha instead" in missed(admin, pickup, instead="sen-50")
    deed = f"/counter/pickups/{pickup.pickup_id}/deeds/substitute"
    assert "The shop puts it into #1001 instead." in words(admin.tap(deed, instead="1:503"))
    assert state(app, pickup) is State.SUBSTITUTING


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ("SEN-51", "No one article has this SKU or barcode."),
        ("GYO-50", "That is what is missing. Name something else."),
    ],
)
def test_what_cannot_be_one_is_said_and_nothing_is_reported(
    app: Handcart, admin: Any, pickup: Pickup, instead: str, said: str
) -> None:
    assert said in missed(admin, pickup, instead=instead)
    assert state(app, pickup) is State.REQUESTED


@pytest.mark.parametrize("instead", ["", "1", "1:", "x:y", "1:501", "2:503", "9" * 30 + ":503"])
def test_what_was_not_offered_is_not_taken(
    app: Handcart, admin: Any, pickup: Pickup, instead: str
) -> None:
    missed(admin, pickup, instead="SEN-50")
    assert Shopper(app, pickup).does("substitute", instead=instead) == 409
    assert state(app, pickup) is State.SHORT


def test_what_another_shopper_has_bought_meanwhile_is_offered_no_more(
    app: Handcart, admin: Any, pickup: Pickup
) -> None:
    missed(admin, pickup, instead="SEN-50")
    one = StockLevel(703, 503, HARBOUR, 1, app.clock(), title="Sencha", sku="SEN-50")
    with app.db.writing() as work:
        stock.level_read(work, SHOP, one, at=app.clock())
    shopper = Shopper(app, pickup)
    assert SAYS not in shopper.sees()
    assert "Refund it, give me the rest" in shopper.sees()
    assert shopper.does("substitute", instead="1:503") == 409
    assert state(app, pickup) is State.SHORT
