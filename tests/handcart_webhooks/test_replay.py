from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from handcart import Delivery, Handcart
from handcart.errors import UserError, UserErrors
from handcart.storage import add_task, attempts, metadata
from handcart_webhooks.inbox import deliveries, inbox
from handcart_webhooks.replay import Wanted, replay

from .conftest import SHOP, Client, Clock
from .draining import drain

OTHER = "other.myshopify.com"
LEVEL = {
    "inventory_item_id": 11,
    "location_id": 21,
    "available": 3,
    "updated_at": "2026-11-23T10:00:00+02:00",
}


def let_go(app: Handcart, shop: str = SHOP, **wanted: Any) -> int:
    sort = wanted.pop("sort", "delivery")
    return replay(app.db, shop, Wanted(**wanted), sort=sort, by="staff:7", at=app.clock())


def states(app: Handcart) -> dict[str, str]:
    with app.db.reading() as view:
        return {row.webhook_id: row.state for row in view.execute(select(deliveries))}


def everything(app: Handcart) -> dict[str, list[Any]]:
    """What the rooms know; queues and histories are not theirs."""
    apart = {"deliveries", "tasks", "attempts"}
    with app.db.reading() as view:
        return {
            table.name: [tuple(row) for row in view.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name not in apart
        }


@pytest.fixture
def rested(installed: Handcart, client: Client) -> Handcart:
    """Three dead letters of two topics and two reasons, and one of another shop."""
    client.post("themes/publish", {"id": 1}, Webhook_Id="t1")
    client.post("carts/update", {"id": "c1"}, Webhook_Id="c1")
    client.post("carts/update", b"{", Webhook_Id="c2")
    client.post("themes/publish", {"id": 1}, Webhook_Id="o1", Shop_Domain=OTHER)
    drain(installed)
    assert set(states(installed).values()) == {"dead"}
    return installed


@pytest.mark.parametrize(
    ("wanted", "released"),
    [
        ({}, {"t1", "c1", "c2"}),
        ({"ids": ("c1", "o1")}, {"c1"}),
        ({"name": "carts/update"}, {"c1", "c2"}),
        ({"reason": "payload_invalid"}, {"c1"}),
        ({"reason": "payload"}, {"c1", "c2"}),
        ({"reason": "%"}, set()),
        ({"name": "carts/update", "reason": "topic_unknown"}, set()),
        ({"done": True}, set()),
    ],
)
def test_exactly_what_is_wanted_waits_again(
    rested: Handcart, wanted: dict[str, Any], released: set[str]
) -> None:
    assert let_go(rested, **wanted) == len(released)
    assert {one for one, state in states(rested).items() if state == "waiting"} == released


def test_what_is_released_runs_in_the_order_it_came(
    installed: Handcart, client: Client, heard: list[str]
) -> None:
    for number in (1, 2, 3):
        client.post("collections/update", {"id": 5}, Webhook_Id=f"w{number}")
    drain(installed)
    assert set(states(installed).values()) == {"dead"}
    installed.webhook("collections/update")(listener(heard))
    client.post("collections/update", {"id": 5}, Webhook_Id="w4")
    assert let_go(installed) == 3
    drain(installed)
    assert heard == ["w1", "w2", "w3", "w4"]


@pytest.fixture
def heard() -> list[str]:
    return []


def listener(heard: list[str]) -> Any:
    def hear(delivery: Delivery) -> None:
        heard.append(delivery.webhook_id)

    return hear


def test_replaying_what_is_done_changes_nothing(installed: Handcart, client: Client) -> None:
    client.post("inventory_levels/update", LEVEL, Webhook_Id="w1")
    newer = {**LEVEL, "available": 9, "updated_at": "2026-11-23T10:30:00+02:00"}
    client.post("inventory_levels/update", newer, Webhook_Id="w2")
    drain(installed)
    before = everything(installed)
    assert len(before["levels"]) == 1
    assert let_go(installed, done=True, ids=("w1", "w2")) == 2
    assert states(installed) == {"w1": "waiting", "w2": "waiting"}
    drain(installed)
    assert states(installed) == {"w1": "done", "w2": "done"}
    assert everything(installed) == before
    with installed.db.reading() as view:
        facts = select(metadata.tables["tasks"].c.name)
        assert list(view.scalars(facts)) == ["StockChanged", "StockChanged"]


def test_a_replay_remembers_who_asked_for_it_and_begins_anew(
    rested: Handcart, clock: Clock
) -> None:
    clock.advance(hours=1)
    let_go(rested, ids=("c1",))
    with rested.db.reading() as view:
        dead, released = attempts.history(view, SHOP, inbox, row_id="c1")
        row = view.execute(select(deliveries).where(deliveries.c.webhook_id == "c1")).one()
    assert (dead.outcome, released) == ("dead", attempts.Attempt("released", "staff:7", clock()))
    assert (row.attempts, row.due_at, row.ended_at, row.reason) == (0, clock(), None, None)


def test_a_delivery_whose_payload_is_gone_stays(rested: Handcart) -> None:
    with rested.db.writing() as work:
        work.execute(deliveries.update().where(deliveries.c.webhook_id == "c1").values(body=b""))
    assert let_go(rested) == 2
    assert states(rested)["c1"] == "dead"


def test_many_are_released_in_groups(
    installed: Handcart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handcart_webhooks.replay._GROUP", 2)
    for _ in range(5):
        client.post("themes/publish", {"id": 1})
    drain(installed)
    assert let_go(installed) == 5
    assert let_go(installed) == 0


class Refuses:
    """A platform that refuses the first call and knows the key of the second."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def fulfil(self, *, order_id: int, key: str) -> None:
        self.keys.append(key)
        if len(self.keys) == 1:
            raise UserErrors([UserError("closed")])


@pytest.fixture
def refuses(installed: Handcart, monkeypatch: pytest.MonkeyPatch) -> Iterator[Refuses]:
    platform = Refuses()
    monkeypatch.setattr(installed, "platform", lambda shop: platform)
    yield platform


def test_a_call_that_was_refused_is_made_again_with_its_key(
    installed: Handcart, refuses: Refuses
) -> None:
    with installed.db.writing() as work:
        key = add_task(work, SHOP, "fulfil", {"order_id": 1}, at=installed.clock())
    drain(installed)
    assert let_go(installed, sort="task", reason="user_errors") == 1
    drain(installed)
    assert refuses.keys == [key, key]
    assert let_go(installed, sort="task") == 0
