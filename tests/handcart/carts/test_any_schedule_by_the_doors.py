"""The same schedules, but every report, webhook and order comes in as the platform sends it.

Reports are signed requests at the proxy's door, with device tokens sealed and opened; webhooks are
bodies that their handlers read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

from flask import Flask
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Connection, Engine

from handcart.carts.snapshot import SnapshotLine
from handcart.delivery import Delivery
from handcart.keys import Keyring
from handcart.web import carts as door
from handcart.web.errors import answer_errors
from handcart_webhooks.handlers import HANDLERS, Told
from tests.handcart.web.signed import signed_client

from .simulation import SHOP, SimWorld
from .test_any_schedule import AnySchedule

SCHEDULES = max(4, int(os.environ.get("HANDCART_SCHEDULES", "0")) // 20)


class Transactions:
    """As much of a Database as the door asks for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def writing(self) -> AbstractContextManager[Connection]:
        return self.engine.begin()

    reading = writing


@cache
def app() -> Any:
    """An app with nothing but the door; its database and its clock are the world's."""
    flask = Flask("doors")
    answer_errors(flask)
    flask.register_blueprint(door.blueprint)
    keyring = Keyring(["a secret of the tests that is long enough"])
    told = SimpleNamespace(api_secrets=("hush",), app_url="http://127.0.0.1:9931")
    made = SimpleNamespace(flask=flask, keyring=keyring, settings=told)
    flask.extensions["handcart"] = made
    return made


class WorldBehindDoors(SimWorld):
    """One at a time: the app is shared."""

    def __init__(self, *, skew: float = 0) -> None:
        super().__init__(skew=skew)
        self.number = 0

    def post(self, report: Mapping[str, Any], customer_id: int | None) -> Mapping[str, Any] | None:
        self.wait(0.01)
        made = app()
        made.db, made.adoption_policy = Transactions(self.engine), self.policy
        made.clock = lambda: self.at
        ask = signed_client(made, self.at)
        answer = ask("/proxy/cart", body=json.loads(json.dumps(report)), customer=customer_id)
        body: Mapping[str, Any] = answer.get_json()
        if answer.status_code != 200:
            self.refusals.append(body["error"]["code"])
            return None
        return body

    def deliver(self, webhook: tuple[str, tuple[SnapshotLine, ...], datetime]) -> None:
        token, lines, updated_at = webhook
        body = {"token": token, "updated_at": updated_at.isoformat(), "line_items": items(lines)}
        self.tell("carts/update", body)

    def order(self, token: str, order_id: int, lines: Sequence[SnapshotLine]) -> None:
        listed = [{**item, "properties": []} for item in items(lines)]
        body = {
            "id": order_id,
            "name": f"#{order_id}",
            "token": f"order-{order_id}",
            "cart_token": token,
            "updated_at": self.at.isoformat(),
            "line_items": listed,
        }
        self.tell("orders/create", body)

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        raw, handler = json.dumps(body).encode(), HANDLERS[topic]
        self.number += 1
        delivery = Delivery(
            shop=SHOP,
            webhook_id=f"webhook-{self.number}",
            event_id=None,
            topic=topic,
            api_version="2026-10",
            triggered_at=self.at,
            received_at=self.at,
            body=raw,
        )
        with self.engine.begin() as work:
            handler.apply(work, [Told(delivery, handler.parse(raw))], self.at)


def items(lines: Iterable[SnapshotLine]) -> list[dict[str, Any]]:
    return [{"variant_id": one.variant_id, "quantity": one.quantity} for one in lines]


class ByTheDoors(AnySchedule):
    World = WorldBehindDoors


def test_by_the_doors_all_converge_too_and_nothing_is_doubled_lost_or_back_from_the_dead() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        ByTheDoors, settings=settings(max_examples=SCHEDULES, stateful_step_count=30, deadline=None)
    )
