"""The store chooser's doors: what each store has of a cart, and when it could be collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from handcart import Handcart, Settings
from handcart.carts import service as carts
from handcart.carts.model import SnapshotLine
from handcart.carts.sighting import Sighting, split_token
from handcart.pickups import planning
from handcart.pickups.rules import StoreRules
from handcart.platform.port import StockLevel, StoreLocation
from handcart.shoppers import service as shoppers
from handcart.stock import service as stock
from handcart.storage import metadata
from tests.handcart.web.signed import SHOP, signed_client

Ask = Callable[..., Any]
HARBOUR, OLD_TOWN = 31, 32


@pytest.fixture
def app(settings: Settings, at: datetime) -> Iterator[Handcart]:
    app = Handcart(settings, clock=lambda: at)
    app.flask.testing = True
    hours = "Mo-Fr 09:00-19:00"
    with app.db.writing() as work:
        metadata.create_all(work)
        places = [
            StoreLocation(
                HARBOUR,
                "Harbour",
                "Quay 4, 9000 Varna",
                "",
                True,
                True,
                hours,
                None,
                "",
                43.2,
                27.9,
            ),
            StoreLocation(
                OLD_TOWN, "Old Town", "Main St 1, 1000 Sofia", "", True, True, hours, None, "", 42.7
            ),
            StoreLocation(33, "Warehouse", "", "", True, False, hours),
        ]
        levels = [
            StockLevel(701, 501, HARBOUR, 6, at),
            StockLevel(702, 502, HARBOUR, 1, at),
            StockLevel(701, 501, OLD_TOWN, 1, at),
        ]
        stock.mirror(work, SHOP, locations=places, levels=levels, at=at)
        for store in (HARBOUR, OLD_TOWN):
            rules = StoreRules(prep_minutes=30, time_zone="Europe/Sofia")
            planning.set_rules(work, SHOP, store, rules, by="staff:7", at=at)
    yield app
    app.close()


@pytest.fixture
def ask(app: Handcart, at: datetime) -> Ask:
    return signed_client(app, at)


def lines(*wanted: tuple[int, int]) -> list[dict[str, int]]:
    return [{"variant_id": variant, "quantity": units} for variant, units in wanted]


def test_each_store_says_what_it_has_and_when_it_could_be_collected(ask: Ask) -> None:
    answer = ask("/proxy/stores", body={"lines": lines((501, 1))})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["chosen"] is None
    [harbour, _] = answer.json["stores"]
    # It is 11:00 in Sofia.
    assert harbour == {
        "location_id": HARBOUR,
        "name": "Harbour",
        "address": "Quay 4, 9000 Varna",
        "kilometres": None,
        "available": 6,
        "missing": [],
        "earliest": {"at": "2026-11-23T09:30:00+00:00", "in_days": 0},
        "slots": [],
        "slot_minutes": 0,
        "zone": "Europe/Sofia",
        "today": [["2026-11-23T07:00:00+00:00", "2026-11-23T17:00:00+00:00"]],
    }


def test_a_cart_is_promised_only_where_all_of_it_lies(ask: Ask) -> None:
    cart = lines((501, 1), (501, 1), (502, 1))
    harbour, old_town = ask("/proxy/stores", body={"lines": cart}).json["stores"]
    assert (harbour["missing"], harbour["available"]) == ([], None)
    assert harbour["earliest"] is not None
    # Two lines of one each want two of the same.
    assert old_town["missing"] == [
        {"variant_id": 501, "units": 1},
        {"variant_id": 502, "units": 1},
    ]
    assert old_town["earliest"] is None
    assert old_town["slots"] == []


def test_slots_with_room_are_told_with_how_many_days_it_is(
    app: Handcart, ask: Ask, at: datetime
) -> None:
    with app.db.writing() as work:
        rules = StoreRules(prep_minutes=30, slot_minutes=240, time_zone="Europe/Sofia")
        planning.set_rules(work, SHOP, HARBOUR, rules, by="staff:7", at=at)
    [harbour, _] = ask("/proxy/stores", body={"lines": lines((501, 1))}).json["stores"]
    assert harbour["slot_minutes"] == 240
    assert harbour["slots"][:2] == [
        {"at": "2026-11-23T11:00:00+00:00", "in_days": 0},
        {"at": "2026-11-24T07:00:00+00:00", "in_days": 1},
    ]


def test_the_nearest_comes_first_with_how_far_it_is(ask: Ask) -> None:
    near = {"latitude": 43.2112, "longitude": 27.9}
    told = ask("/proxy/stores", body={"lines": lines((501, 1)), "near": near}).json["stores"]
    assert [(one["name"], one["kilometres"]) for one in told] == [
        ("Harbour", 1.1),
        ("Old Town", None),
    ]


def test_a_town_finds_its_store(ask: Ask) -> None:
    told = ask("/proxy/stores", body={"lines": lines((501, 1)), "find": "sofia"}).json["stores"]
    assert [one["name"] for one in told] == ["Old Town", "Harbour"]


def test_a_customer_finds_their_store_on_every_device(app: Handcart, ask: Ask) -> None:
    choice = {"location_id": OLD_TOWN}
    assert ask("/proxy/stores/choice", body=choice, customer=77).json == {"kept": True}
    told = ask("/proxy/stores", body={"lines": lines((501, 1))}, customer=77).json
    assert (told["chosen"], told["stores"][0]["name"]) == (OLD_TOWN, "Old Town")
    # What another browser of theirs remembers is older.
    asked = {"lines": lines((501, 1)), "chosen": HARBOUR}
    assert ask("/proxy/stores", body=asked, customer=77).json["chosen"] == OLD_TOWN
    assert ask("/proxy/stores", body=asked, customer=78).json["chosen"] == HARBOUR
    assert ask("/proxy/stores", body=asked).json["chosen"] == HARBOUR


def test_a_guests_store_is_kept_by_their_browser_alone(app: Handcart, ask: Ask) -> None:
    assert ask("/proxy/stores/choice", body={"location_id": OLD_TOWN}).json == {"kept": False}
    assert ask("/proxy/stores", body={"lines": lines((501, 1))}).json["chosen"] is None


def test_a_chosen_store_goes_with_its_customer(app: Handcart, ask: Ask, at: datetime) -> None:
    for customer, store in ((77, OLD_TOWN), (78, HARBOUR)):
        ask("/proxy/stores/choice", body={"location_id": store}, customer=customer)
    with app.db.writing() as work:
        exported = shoppers.export_customer(work, SHOP, 77)
        assert exported == {"chosen_store": OLD_TOWN, "devices": []}
        shoppers.merge_customer(work, SHOP, kept_id=79, gone_id=78, at=at)
        assert shoppers.export_customer(work, SHOP, 79)["chosen_store"] == HARBOUR
        shoppers.merge_customer(work, SHOP, kept_id=79, gone_id=77, at=at)
        assert shoppers.export_customer(work, SHOP, 79)["chosen_store"] == HARBOUR
        shoppers.forget_customer(work, SHOP, 79, at=at)
        for customer in (77, 78, 79):
            assert shoppers.export_customer(work, SHOP, customer) == {"devices": []}


def test_a_store_that_there_is_not_is_not_chosen(ask: Ask) -> None:
    answer = ask("/proxy/stores/choice", body={"location_id": 99}, customer=77)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "location_unknown")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ([], "stores_not_valid"),
        ({"lines": []}, "stores_not_valid"),
        ({"lines": [{"variant_id": "501", "quantity": 1}]}, "stores_not_valid"),
        ({"lines": lines((501, 1)), "find": "x" * 81}, "stores_not_valid"),
        ({"lines": lines((501, 1)), "near": {"latitude": 1}}, "stores_not_valid"),
        (
            {"lines": lines((501, 1)), "near": {"latitude": 91, "longitude": 0}},
            "place_malformed",
        ),
    ],
)
def test_a_question_of_another_shape_is_refused(wrong: Any, code: str, ask: Ask) -> None:
    answer = ask("/proxy/stores", body=wrong)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, code)


def test_what_a_cart_holds_is_there_for_that_cart_alone(
    app: Handcart, ask: Ask, at: datetime
) -> None:
    with app.db.writing() as work:
        rules = StoreRules(slot_minutes=60, slot_capacity=1, time_zone="Europe/Sofia")
        planning.set_rules(work, SHOP, HARBOUR, rules, by="staff:7", at=at)
        sighting = Sighting(*split_token("c1?key=f00"), (SnapshotLine(501, 6, {}, None),))
        carts.sync(work, SHOP, sighting, device_id=None, customer_id=None, at=at)
    mine = {"lines": lines((501, 6)), "cart": "c1?key=f00"}
    [harbour, _] = ask("/proxy/stores", body=mine).json["stores"]
    slot = harbour["slots"][1]
    wanted = {"location_id": HARBOUR, "slot": slot["at"]}
    assert ask("/proxy/reservation", body=mine | wanted).json == {"held": True}
    [harbour, _] = ask("/proxy/stores", body=mine).json["stores"]
    assert (harbour["available"], slot in harbour["slots"]) == (6, True)
    others = {"lines": lines((501, 1))}
    [harbour, _] = ask("/proxy/stores", body=others).json["stores"]
    assert (harbour["available"], harbour["slots"]) == (0, [])
    answer = ask("/proxy/stores", body=mine | {"cart": "c1?key=another"})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "cart_token_not_yours")
