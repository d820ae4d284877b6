"""The counter on the till: the same queue and the same acts, as JSON, by session token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from handcart import Handcart
from handcart.pickups import Pickup, State, code_for, queries
from tests.example_app.conftest import HARBOUR, LINES, OLD_TOWN, SHOP, id_token

Place = Callable[..., Pickup]


@pytest.fixture
def ask(app: Handcart) -> Callable[..., Any]:
    def asked(path: str = "", **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {id_token(app)}"}
        return app.flask.test_client().post(f"/till/pickups{path}", json=body, headers=headers)

    return asked


def pickup_of(app: Handcart, pickup: Pickup) -> Pickup:
    with app.db.reading() as view:
        return queries.get(view, SHOP, pickup.pickup_id)


def test_the_till_sees_what_its_counter_sees(ask: Any, place: Place) -> None:
    place(1001)
    place(1002, location_id=OLD_TOWN)
    answer = ask(location_id=HARBOUR)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    seen = answer.get_json()
    assert (seen["to_prepare"]["count"], seen["ready"]["count"]) == (1, 0)
    [one] = seen["to_prepare"]["shown"]
    assert (one["order"], one["customer"], one["state"]) == ("#1001", "Mina", "requested")
    assert [(line["title"], line["units"]) for line in one["lines"]] == [
        ("Gyokuro, 50 g", 2),
        ("Tea caddy", 1),
    ]
    assert {"accept", "pack", "cancel"} <= set(one["can"])
    assert ask(location_id=HARBOUR, find="nobody").get_json()["to_prepare"]["count"] == 0


def test_an_order_is_made_ready_and_handed_over_at_the_till(
    app: Handcart, ask: Any, place: Place
) -> None:
    pickup = place()
    first = ask("/9001/ready", key="till-tap-1")
    assert (first.status_code, first.get_json()["state"]) == (200, "ready")
    code = code_for(app.keyring, SHOP, pickup.pickup_id, generation=1)
    for _ in range(7):
        wrong = ask("/9001/collected", code="00000000", key="till-tap-2")
        assert (wrong.status_code, wrong.get_json()["error"]["code"]) == (403, "code_wrong")
    for _ in range(2):
        done = ask("/9001/collected", code=code, key="till-tap-3")
        assert (done.status_code, done.get_json()["state"]) == (200, "collected")
    assert ask("/9001/ready", key="till-tap-1").get_json()["state"] == "collected"
    after = pickup_of(app, pickup)
    assert (after.state, after.version) == (State.COLLECTED, 3)


def test_the_till_asks_for_the_age_too(app: Handcart, ask: Any, place: Place) -> None:
    pickup = place(lines=(replace(LINES[0], min_age=18),))
    ask("/9001/ready")
    refused = ask("/9001/collected", identity=True)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (409, "age_unchecked")
    assert ask("/9001/collected", identity=True, aged=True).status_code == 200
    assert pickup_of(app, pickup).state is State.COLLECTED


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("", {}, 400, "location_malformed"),
        ("", {"location_id": "x"}, 400, "body_not_valid"),
        ("/9001/collected", {"code": " "}, 400, "code_missing"),
        ("/9001/ready", {"key": "no"}, 400, "tap_key_malformed"),
        ("/404/ready", {}, 404, "pickup_unknown"),
    ],
)
def test_what_the_till_cannot_mean_is_refused(
    path: str, body: dict[str, Any], status: int, code: str, ask: Any, place: Place
) -> None:
    place()
    answer = ask(path, **body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)


def test_without_a_token_the_till_sees_nothing(app: Handcart, place: Place) -> None:
    place()
    answer = app.flask.test_client().post("/till/pickups", json={"location_id": HARBOUR})
    assert answer.status_code == 401
