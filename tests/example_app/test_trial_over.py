"""From the fifteenth day on, without a plan: every door of merchant and staff that there is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from handcart import Handcart
from handcart.pickups import PageLink, Pickup, State, queries, sign_link
from handcart.shops import billing
from handcart.storage import metadata
from tests.example_app.conftest import SHOP, Moment, id_token

Place = Callable[..., Pickup]

READING = {"GET", "HEAD", "OPTIONS"}
SHOPPERS = ("/proxy/", "/pickup/", "/watches/")
# What asks by POST and changes nothing, and what lets the platform's news be tried again.
OPEN = {
    "/till/customers",
    "/till/pickups",
    "/carts/customers",
    "/deliveries/replays",
    "/deliveries/trace/replays",
    "/pixel",
}
VALUES = {"location_id": 31, "item_id": 701, "user_id": 7, "pickup_id": "9001"}
SAID = {
    "en": "Your trial is over, so nothing can be changed here.",
    "ja": "お試し期間が終了した",
    "bg": "Пробният период изтече",
    "es": "La prueba ha terminado",
    "fa": "دورهٔ آزمایشی تمام شده است",
}


def writing_rules(app: Handcart) -> list[Rule]:
    """Every rule of every door that takes another method than those that read."""
    return [rule for rule in app.flask.url_map.iter_rules() if set(rule.methods or ()) - READING]


def doors(app: Handcart) -> dict[str, tuple[str, str]]:
    """Rule → method and address of each door of merchant and staff that may change something."""
    found = {}
    for rule in writing_rules(app):
        if rule.rule.startswith(SHOPPERS):
            continue
        given = {name: VALUES.get(name, "x") for name in rule.arguments}
        built = rule.build(given)
        assert built is not None
        for method in sorted(set(rule.methods or ()) - READING):
            assert rule.rule not in found, "a method more than this test knows of"
            found[rule.rule] = (method, built[1])
    return found


def everything(app: Handcart) -> dict[str, list[Any]]:
    with app.db.reading() as view:
        return {
            table.name: [tuple(row) for row in view.execute(select(table))]
            for table in metadata.sorted_tables
        }


def ask(app: Handcart, door: tuple[str, str], **headers: str) -> Any:
    method, path = door
    bearer = {"Authorization": f"Bearer {id_token(app)}"}
    return app.flask.test_client().open(path, method=method, headers=bearer | headers)


@pytest.fixture
def late(app: Handcart, clock: Moment, place: Place) -> Handcart:
    """The sample app on the fifteenth day, with an order that waits."""
    place()
    clock.now += timedelta(days=14)
    return app


def test_every_door_that_writes_is_shut_and_what_stays_open_is_listed_here(late: Handcart) -> None:
    found = doors(late)
    assert found.keys() > OPEN
    assert {"/stores/<int:location_id>", "/staff/<int:user_id>", "/till/cart"} <= found.keys()
    before = everything(late)
    for rule, door in found.items():
        answer = ask(late, door, Accept="application/json")
        code = ((answer.get_json(silent=True) or {}).get("error") or {}).get("code")
        shut = (answer.status_code, code) == (403, "trial_over")
        assert (rule, shut) == (rule, rule not in OPEN)
    assert everything(late) == before


def test_while_the_trial_runs_no_door_says_that_it_is_over(app: Handcart, place: Place) -> None:
    place()
    for rule, door in doors(app).items():
        said = ask(app, door, Accept="application/json").get_data(as_text=True)
        assert (rule, "trial_over" in said) == (rule, False)


@pytest.mark.parametrize("language", SAID)
def test_pages_say_why_in_every_language_and_where_to_choose_a_plan(
    late: Handcart, language: str
) -> None:
    for rule, (method, path) in doors(late).items():
        if rule in OPEN or rule.startswith("/till/"):
            continue
        door = (method, f"{path}?locale={language}&shop={SHOP}")
        for extra in ({}, {"HX-Request": "true"}):
            answer = ask(late, door, Accept="text/html", **extra)
            assert (rule, answer.status_code) == (rule, 403)
            assert SAID[language] in answer.text
            assert "/plan?" in answer.text
            assert ("<html" in answer.text) is not bool(extra)
            assert answer.headers.get("HX-Retarget") == ("#plan" if extra else None)
            assert SHOP in answer.headers["Content-Security-Policy"]


def test_extensions_of_the_till_may_read_why(late: Handcart) -> None:
    answer = ask(late, ("POST", "/till/cart"))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.get_json()["error"] == {
        "code": "trial_over",
        "message": "the trial is over: choose a plan to go on; nothing is lost",
    }


def test_every_page_shows_that_it_is_read_only_and_still_opens(late: Handcart, admin: Any) -> None:
    for path in ("/", "/counter", "/stores", "/stores/31", "/stock", "/staff", "/carts", "/board"):
        answer = admin.open(path)
        assert (path, answer.status_code) == (path, 200)
        assert answer.text.count(SAID["en"]) == 1
        assert answer.text.count('id="plan"') == 1


def test_shoppers_go_on(late: Handcart, place: Place) -> None:
    pickup = place(1002)
    address = "/pickup/" + sign_link(late.keyring, PageLink(SHOP, pickup.pickup_id, 1))
    browser = late.flask.test_client()
    form = re.search(r'name="form" value="([^"]+)"', browser.get(address).text)
    assert form is not None
    asked = {"form": unescape(form[1])}
    assert browser.post(f"{address}/cancellation", data=asked).status_code == 303
    with late.db.reading() as view:
        assert queries.get(view, SHOP, pickup.pickup_id).state is State.CANCELLED


def test_who_pays_goes_on_everywhere(late: Handcart) -> None:
    news = billing.PlanNews("gid://1", "Handcart", "active", late.clock(), is_test=True)
    with late.db.writing() as work:
        billing.plan_told(work, SHOP, news, at=late.clock())
    for rule, door in doors(late).items():
        said = ask(late, door, Accept="application/json").get_data(as_text=True)
        assert (rule, "trial_over" in said) == (rule, False)
