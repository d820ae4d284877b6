"""What a shopper does between an order and its collection, on the page behind the signed link."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from handcart import Handcart
from handcart.pickups import (
    PageLink,
    Pickup,
    State,
    acts,
    planning,
    queries,
    service,
    sign_link,
)
from handcart.pickups.rules import StoreRules

SHOP = "juniper-tea.myshopify.com"
Place = Callable[..., Pickup]


@pytest.fixture
def pickup(place: Place) -> Pickup:
    return place()


@pytest.fixture
def address(app: Handcart, pickup: Pickup) -> str:
    return "/pickup/" + sign_link(app.keyring, PageLink(SHOP, pickup.pickup_id, 1))


@pytest.fixture
def browser(app: Handcart) -> FlaskClient:
    return app.flask.test_client()


def now(app: Handcart, pickup: Pickup) -> Pickup:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id)


def words(text: str) -> str:
    plain = re.sub(r"<(script|svg|title)\b.*?</\1>|<[^>]+>", " ", text, flags=re.S)
    return " ".join(unescape(plain).split())


def make_ready(app: Handcart, pickup: Pickup) -> None:
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())


def do(browser: FlaskClient, address: str, deed: str, **more: str) -> int:
    """Send the form of the page; the status of the answer."""
    page = browser.get(address).text
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form is not None
    data = {"form": unescape(form[1]), **more}
    return browser.post(f"{address}/deeds/{deed}", data=data).status_code


def test_the_shopper_says_that_they_come_and_that_they_are_here(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    make_ready(app, pickup)
    assert do(browser, address, "on-my-way", note="Red car,  bay 3") == 303
    assert (now(app, pickup).state, now(app, pickup).arrival) == (
        State.ON_MY_WAY,
        "Red car, bay 3",
    )
    assert do(browser, address, "here", note="Red car, bay 4") == 303
    assert (now(app, pickup).state, now(app, pickup).arrival) == (State.HERE, "Red car, bay 4")
    assert "The store knows that you are here" in words(browser.get(address).text)


def test_the_shopper_has_the_goods_kept_for_longer_once(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    make_ready(app, pickup)
    before = now(app, pickup).expires_at
    assert "We keep it until" in words(browser.get(address).text)
    assert do(browser, address, "extend") == 303
    after = now(app, pickup).expires_at
    assert before and after and (after - before).days == 3
    assert "Keep it for me for longer" not in browser.get(address).text
    assert do(browser, address, "extend") == 409


@pytest.mark.parametrize(("choice", "state"), [("wait", State.READY), ("refund", State.READY)])
def test_the_shopper_chooses_what_happens_with_what_is_missing(
    choice: str,
    state: State,
    app: Handcart,
    browser: FlaskClient,
    address: str,
    pickup: Pickup,
) -> None:
    make_ready(app, pickup)
    with app.db.writing() as work:
        acts.report_missing(
            work,
            SHOP,
            pickup.pickup_id,
            units={2: 1},
            reason="damaged",
            by="staff:1",
            at=app.clock(),
        )
    page = words(browser.get(address).text)
    assert "Something is missing We are sorry. What shall we do? 1 × Tea caddy" in page
    assert do(browser, address, choice) == 303
    assert now(app, pickup).state is state


def test_the_code_is_a_picture_too_while_the_goods_wait(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    assert "data:image/svg" not in browser.get(address).text
    make_ready(app, pickup)
    assert 'src="data:image/svg+xml' in browser.get(address).text


def test_what_is_not_the_shoppers_to_do_is_not_done(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    assert do(browser, address, "here") == 409
    assert do(browser, address, "restock") == 404
    assert browser.post(f"{address}/deeds/extend", data={"form": "forged"}).status_code == 400
    assert now(app, pickup) == pickup


def test_the_shopper_sees_the_promise_and_moves_to_another_slot(
    app: Handcart, browser: FlaskClient, place: Place
) -> None:
    with app.db.writing() as work:
        rules = StoreRules(prep_minutes=30, slot_minutes=30, slot_capacity=1)
        planning.set_rules(work, SHOP, 31, rules, by="staff:1", at=app.clock())
    first, second = place(1001), place(1002)
    address = "/pickup/" + sign_link(app.keyring, PageLink(SHOP, second.pickup_id, 1))
    assert first.promised_at and second.promised_at
    assert second.promised_at - first.promised_at == timedelta(minutes=30)
    page = words(browser.get(address).text)
    assert "You can collect it from" in page
    later = (second.promised_at + timedelta(hours=2)).isoformat()
    assert do(browser, address, "slot", slot=first.promised_at.isoformat()) == 409
    assert do(browser, address, "slot", slot="tomorrow") == 404
    assert now(app, second).promised_at == second.promised_at
    assert do(browser, address, "slot", slot=later) == 303
    assert now(app, second).promised_at == second.promised_at + timedelta(hours=2)
