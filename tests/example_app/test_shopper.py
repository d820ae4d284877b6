from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from handcart import Handcart
from handcart.pickups import (
    PageLink,
    Pickup,
    State,
    code_for,
    in_groups,
    queries,
    service,
    sign_link,
)

SHOP = "juniper-tea.myshopify.com"
Place = Callable[..., Pickup]


@pytest.fixture
def browser(app: Handcart) -> FlaskClient:
    return app.flask.test_client()


@pytest.fixture
def pickup(place: Place) -> Pickup:
    return place()


@pytest.fixture
def address(app: Handcart, pickup: Pickup) -> str:
    return "/pickup/" + sign_link(app.keyring, PageLink(SHOP, pickup.pickup_id, 1))


@pytest.fixture
def code(app: Handcart, pickup: Pickup) -> str:
    """The code, once the goods lie at the counter."""
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())
    return code_for(app.keyring, SHOP, pickup.pickup_id, generation=1)


def state_of(app: Handcart, pickup: Pickup) -> State:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id).state


def form_of(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_page_shows_state_place_hours_and_items_and_no_code_yet(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    page = browser.get(address)
    assert page.status_code == 200
    for text in (
        "We are preparing your order",
        "Juniper Tea",
        "Quay 4, 9000 Varna",
        "Monday – Friday",
        "9:00\u202fAM – 7:00\u202fPM",
        "Sunday",
        "Closed",
        "Gyokuro, 50 g",
    ):
        assert text in page.text
    code = code_for(app.keyring, SHOP, pickup.pickup_id, generation=1)
    assert code[:4] not in page.text


def test_the_code_is_there_when_ready_and_gone_when_collected(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup, code: str
) -> None:
    shown = f"<span>{code[:4]}</span><span>{code[4:]}</span>"
    assert shown in browser.get(address).text
    with app.db.writing() as work:
        service.hand_over(
            work,
            SHOP,
            pickup.pickup_id,
            code=in_groups(code),
            keyring=app.keyring,
            by="staff:1",
            at=app.clock(),
        )
    page = browser.get(address).text
    assert "Handed over on" in page
    assert shown not in page
    assert "Cancel this order" not in page


def test_the_page_is_kept_nowhere_and_tells_nobody_its_address(
    browser: FlaskClient, address: str
) -> None:
    for path in (address, address + "/state", "/pickup/nonsense"):
        headers = browser.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers
    page = browser.get(address).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", page)


def test_the_state_answers_304_until_it_changes(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    first = browser.get(address + "/state")
    known = {"If-None-Match": first.headers["ETag"]}
    assert browser.get(address + "/state", headers=known).status_code == 304
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())
    changed = browser.get(address + "/state", headers=known)
    assert changed.status_code == 200
    assert "Ready for you" in changed.text
    assert "<html" not in changed.text


def test_the_shopper_cancels_before_picking(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    form = form_of(browser.get(address).text)
    done = browser.post(address + "/cancellation", data={"form": form})
    assert (done.status_code, done.headers["Location"]) == (303, address)
    assert state_of(app, pickup) is State.CANCELLED
    assert "You cancelled this order." in browser.get(address).text


def test_cancelling_needs_the_form_of_this_very_page(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup, place: Place
) -> None:
    other = place(1002)
    other_page = "/pickup/" + sign_link(app.keyring, PageLink(SHOP, other.pickup_id, 1))
    for form in ("", "forged", form_of(browser.get(other_page).text)):
        refused = browser.post(address + "/cancellation", data={"form": form})
        assert refused.status_code == 400
        assert "Please try once more." in refused.text
    assert state_of(app, pickup) is State.REQUESTED


def test_what_lies_at_the_counter_is_cancelled_by_staff_only(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup, request: Any
) -> None:
    form = form_of(browser.get(address).text)
    request.getfixturevalue("code")
    assert "Cancel this order" not in browser.get(address).text
    late = browser.post(address + "/cancellation", data={"form": form})
    assert (late.status_code, state_of(app, pickup)) == (409, State.READY)


def test_nothing_is_cancelled_after_collection(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    form = form_of(browser.get(address).text)
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())
        service.hand_over(
            work,
            SHOP,
            pickup.pickup_id,
            code=None,
            keyring=app.keyring,
            by="staff:1",
            at=app.clock(),
        )
    late = browser.post(address + "/cancellation", data={"form": form})
    assert late.status_code == 409
    assert "This order has moved on meanwhile." in late.text
    assert state_of(app, pickup) is State.COLLECTED


def test_a_link_that_is_not_ours_or_was_replaced_leads_nowhere(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    replaced = "/pickup/" + sign_link(app.keyring, PageLink(SHOP, pickup.pickup_id, 2))
    unknown = "/pickup/" + sign_link(app.keyring, PageLink(SHOP, "1", 1))
    for path in (replaced, unknown, address[:-1], "/pickup/9001", "/pickup/%C3%A9"):
        page = browser.get(path)
        assert page.status_code == 404
        assert "This link leads nowhere" in page.text
        assert browser.post(path + "/cancellation").status_code == 404


def test_times_are_the_stores_and_words_the_shoppers(
    browser: FlaskClient, address: str, code: str
) -> None:
    page = browser.get(address, headers={"Accept-Language": "fa, en;q=0.5"}).text
    assert '<html lang="fa" dir="rtl">' in page
    assert "09:00" not in page
    assert "۹:۰۰ – ۱۹:۰۰" in page
    assert code[:4] in page
