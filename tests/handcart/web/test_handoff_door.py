from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from handcart.keys import Keyring
from handcart.settings import Settings
from handcart.storage import Database
from handcart.web import carts as carts_door
from handcart.web import handoff as handoff_door
from handcart.web.errors import answer_errors

from .test_carts_door import TEA, App, code, report, send, signed

PHONE = {"token": "abc?key=secret"}
PAGE = "https://juniper-tea.example/"


@pytest.fixture
def client(
    settings: Settings, db: Database, keyring: Keyring, at: datetime
) -> Iterator[FlaskClient]:
    flask = Flask("test")
    flask.extensions["handcart"] = App(settings, db, keyring, at)
    answer_errors(flask)
    for door in (carts_door, handoff_door):
        flask.register_blueprint(door.blueprint)
    with flask.test_client() as client:
        yield client


def ask(client: FlaskClient, at: datetime, path: str, **body: Any) -> Any:
    data = json.dumps({**PHONE, **body})
    return client.post(f"/proxy/handoff{path}?{signed(at)}", data=data)


def test_a_link_goes_from_one_browser_to_the_other(client: FlaskClient, at: datetime) -> None:
    send(client, signed(at), report(TEA))
    made = ask(client, at, "", page=PAGE).get_json()
    assert made["link"] == f"{PAGE}#handcart={made['code']}"
    assert made["qr"].startswith("data:image/svg+xml")
    assert made["seconds"] == 600
    state = ask(client, at, "/state", handoff=made["handoff"]).get_json()
    assert state["state"] == "open"
    claimed = ask(client, at, "/claim", token="other?key=x", secret=made["code"]).get_json()
    assert (claimed["state"], bool(claimed["device"])) == ("given", True)
    again = ask(client, at, "/claim", token="third?key=x", secret=made["code"])
    assert (again.status_code, code(again)) == (409, "handoff_used")
    decided = ask(client, at, "/decision", handoff=made["handoff"], give=False).get_json()
    assert decided["state"] == "given"


@pytest.mark.parametrize(
    "body",
    [
        {"token": ""},
        {"token": "a\x00"},
        {"token": "\u00e9"},
        {"token": None},
        {"handoff": "../.."},
        {"secret": "' OR 1=1"},
        {"page": "javascript:alert(1)"},
        {"page": "//evil.example"},
        {"page": PAGE + "#handcart=mine"},
        {"device": 7},
    ],
)
def test_what_is_no_handoff_is_refused_with_a_code(
    client: FlaskClient, at: datetime, body: dict[str, Any]
) -> None:
    send(client, signed(at), report(TEA))
    answer = ask(client, at, "", **{"page": PAGE, **body})
    assert (answer.status_code, code(answer)) == (400, "handoff_not_valid")


def test_nothing_is_handed_over_without_a_cart_or_by_a_stranger(
    client: FlaskClient, at: datetime
) -> None:
    empty = ask(client, at, "", page=PAGE)
    assert (empty.status_code, code(empty)) == (409, "cart_empty")
    send(client, signed(at), report(TEA))
    stranger = ask(client, at, "", token="abc", page=PAGE)
    assert (stranger.status_code, code(stranger)) == (403, "cart_token_not_yours")
    unknown = ask(client, at, "/claim", token="other?key=x", secret="x" * 27)
    assert (unknown.status_code, code(unknown)) == (404, "handoff_unknown")
    unsigned = client.post("/proxy/handoff", data="{}")
    assert unsigned.status_code in (400, 401)
