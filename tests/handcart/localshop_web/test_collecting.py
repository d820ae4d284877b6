"""The checkout asks the app what it promises and to keep it, and goes on without an app."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from handcart.localshop.server import LocalShop
from tests.handcart.localshop_web.listening import Browser, Got, Receiver, Reply

SLOT = "2026-11-24T08:00:00+00:00"


def said(body: bytes, *, status: int = 200) -> Reply:
    return status, {"Content-Type": "application/json"}, body


def app(place: int, reserved: Reply) -> Callable[[Got], Reply]:
    """An app with one store, which answers ``reserved`` to whoever wants to have something kept."""
    store = {
        "location_id": place,
        "zone": "Europe/Sofia",
        "earliest": {"at": SLOT, "in_days": 1},
        "slots": [{"at": SLOT, "in_days": 1}],
    }

    def answer(got: Got) -> Reply:
        if got.path.startswith("/proxy/stores"):
            return said(json.dumps({"stores": [store]}).encode())
        return reserved if got.path.startswith("/proxy/reservation") else said(b"")

    return answer


def refused(code: str) -> Reply:
    return said(json.dumps({"error": {"code": code}}).encode(), status=409)


KEPT = said(b'{"held": true}')


@pytest.fixture
def place(shop: LocalShop) -> int:
    return next(iter(shop.world.locations))


def pay(browser: Browser, place: int, slot: str = "") -> tuple[int, str]:
    form = {"email": "a@example.com", "delivery": "pickup", "location": str(place)}
    page = browser.post("/checkout", data=form | {f"slot-{place}": slot})
    return page.status_code, page.text


def asked(receiver: Receiver) -> list[tuple[str, dict[str, object]]]:
    return [
        (got.path.partition("?")[0].removeprefix("/proxy/"), json.loads(got.body))
        for got in receiver.got
        if got.path.startswith("/proxy/")
    ]


def test_a_slot_that_was_chosen_in_the_cart_is_kept_when_the_checkout_begins(
    browser: Browser, receiver: Receiver, shop: LocalShop, stocked: list[int], place: int
) -> None:
    receiver.answer = app(place, KEPT)
    browser.ajax("add", {"items": [{"id": stocked[0], "quantity": 2}]})
    browser.ajax("update", {"attributes": {"_handcart_pickup": f"{place}@{SLOT}"}})
    page = browser.get("/checkout")
    assert f'value="{SLOT}" selected' in page.text
    assert "Ready from Tue 24 Nov, 10:00" in page.text
    kept, stores = asked(receiver)
    token, lines = browser.cart()["token"], [{"variant_id": stocked[0], "quantity": 2}]
    wanted = {"cart": token, "location_id": place, "slot": SLOT, "lines": lines}
    assert kept == ("reservation", wanted)
    assert stores == ("stores", {"lines": lines, "cart": token})


def test_a_checkout_that_ships_after_all_lets_go(
    browser: Browser, receiver: Receiver, stocked: list[int], place: int
) -> None:
    receiver.answer = app(place, KEPT)
    browser.ajax("add", {"items": [{"id": stocked[0], "quantity": 1}]})
    browser.ajax("update", {"attributes": {"_handcart_pickup": f"{place}@{SLOT}"}})
    browser.post("/checkout", data={"email": "a@example.com", "delivery": "shipping"})
    assert [path for path, _ in asked(receiver)][0] == "reservation/end"


@pytest.mark.parametrize(
    ("reserved", "told"),
    [
        (refused("slot_full"), "This time has just been taken. Choose another."),
        (refused("slot_unknown"), "The store has no such time any more."),
        (refused("stock_short"), "The store does not have all of it any more."),
        (refused("report_first"), "This time cannot be kept for you now."),
        (said(b"nonsense"), "This time cannot be kept for you now."),
    ],
)
def test_what_was_not_kept_is_not_sold_and_said(
    browser: Browser,
    receiver: Receiver,
    shop: LocalShop,
    stocked: list[int],
    place: int,
    reserved: Reply,
    told: str,
) -> None:
    receiver.answer = app(place, reserved)
    browser.ajax("add", {"items": [{"id": stocked[0], "quantity": 1}]})
    status, text = pay(browser, place, SLOT)
    assert (status, told in text) == (422, True)
    assert shop.world.orders == {}


def test_without_a_slot_an_app_that_is_away_keeps_nobody_from_buying(
    browser: Browser, receiver: Receiver, shop: LocalShop, stocked: list[int], place: int
) -> None:
    receiver.answer = lambda got: said(b"", status=503)
    browser.ajax("add", {"items": [{"id": stocked[0], "quantity": 1}]})
    browser.ajax("update", {"attributes": {"_handcart_pickup": str(place)}})
    assert browser.get("/checkout").status_code == 200
    assert pay(browser, place)[0] == 200
    assert len(shop.world.orders) == 1
