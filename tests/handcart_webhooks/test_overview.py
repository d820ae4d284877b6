from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from handcart import Handcart
from handcart.storage import add_task
from handcart_webhooks.overview import (
    Figures,
    Overview,
    TooLong,
    dead_letters,
    overview,
    rests_too_long,
    shops,
)

from .conftest import SHOP, Client, Clock
from .draining import drain

TABLES = ("deliveries", "tasks")
OTHER = "other.myshopify.com"
LEVEL = {
    "inventory_item_id": 11,
    "location_id": 21,
    "available": 3,
    "updated_at": "2026-11-23T10:00:00+02:00",
}


def seen(app: Handcart, shop: str = SHOP) -> Overview:
    with app.db.reading() as view:
        return overview(view, shop, at=app.clock())


def late(app: Handcart) -> TooLong:
    with app.db.reading() as view:
        return rests_too_long(view, SHOP, at=app.clock())


def test_deliveries_are_counted_by_topic_and_state_for_one_shop(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("inventory_levels/update", LEVEL)
    client.post("inventory_levels/update", {**LEVEL, "available": "few"})
    drain(installed)
    began = clock()
    client.post("carts/update", {"id": "c1"})
    clock.advance(seconds=90)
    client.post("carts/update", {"id": "c1"})
    client.post("carts/update", {"id": "c1"}, Shop_Domain=OTHER)
    now = seen(installed)
    assert now.topics == (
        Figures("carts/update", waiting=2, waiting_since=began),
        Figures("inventory_levels/update", dead=1, done=1),
    )
    assert now.tasks == (Figures("StockChanged", done=1),)
    assert (now.waiting, now.dead, now.done, now.waiting_since) == (2, 1, 1, began)


def test_what_was_done_before_yesterday_is_not_counted(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("inventory_levels/update", LEVEL)
    drain(installed)
    clock.advance(days=1, seconds=1)
    assert seen(installed) == Overview(topics=(), tasks=())


def test_a_dead_letter_says_why_and_names_nobody(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("carts/update", {"id": "c1", "email": "mina@example.com"}, Webhook_Id="w1")
    drain(installed)
    clock.advance(minutes=1)
    client.post("themes/publish", {"id": 1}, Webhook_Id="w2")
    drain(installed)
    with installed.db.reading() as view:
        newest, oldest = dead_letters(view, SHOP)
        assert dead_letters(view, OTHER) == ()
    assert (newest.id, newest.name, newest.code) == ("w2", "themes/publish", "topic_unknown")
    assert (oldest.id, oldest.sort, oldest.attempts, oldest.replayable) == (
        "w1",
        "delivery",
        1,
        True,
    )
    assert oldest.reason.startswith("payload_invalid: ")
    assert "mina" not in repr((newest, oldest))


def test_the_merchant_hears_of_what_rests_or_waits_for_an_hour(
    installed: Handcart, client: Client, clock: Clock
) -> None:
    client.post("themes/publish", {"id": 1})
    drain(installed)
    client.post("inventory_levels/update", LEVEL)
    clock.advance(minutes=59, seconds=59)
    assert late(installed) == TooLong(dead=0, waiting=0)
    assert not late(installed)
    clock.advance(seconds=1)
    assert late(installed) == TooLong(dead=1, waiting=1)
    assert late(installed)


def test_a_task_for_later_does_not_wait_before_it_is_due(installed: Handcart, clock: Clock) -> None:
    with installed.db.writing() as work:
        due = clock() + timedelta(hours=5)
        add_task(work, SHOP, "find_pickups", {}, at=clock(), kind="job", due_at=due)
    clock.advance(hours=5, minutes=59)
    assert not late(installed)
    clock.advance(minutes=1)
    assert late(installed) == TooLong(dead=0, waiting=1)


def test_every_shop_is_found_once(installed: Handcart, client: Client) -> None:
    for shop in (OTHER, SHOP, "a.myshopify.com"):
        client.post("themes/publish", {"id": 1}, Shop_Domain=shop)
    with installed.db.reading() as view:
        assert list(shops(view)) == ["a.myshopify.com", SHOP, OTHER]


@pytest.mark.sqlite
def test_no_question_reads_what_it_does_not_count(installed: Handcart, at: datetime) -> None:
    """However many deliveries are done, a look costs the same: every plan is a search."""
    asked: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, *rest: Any) -> None:
        asked.append((statement, parameters))

    with installed.db.reading() as view:
        event.listen(view.engine, "before_cursor_execute", listen)
        overview(view, SHOP, at=at)
        dead_letters(view, SHOP)
        rests_too_long(view, SHOP, at=at)
        event.remove(view.engine, "before_cursor_execute", listen)
        plans = [
            step.detail
            for statement, parameters in asked
            for step in view.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            if "B-TREE" not in step.detail
        ]
    assert len(plans) == 12
    used = {re.sub(r"SEARCH \w+ USING( COVERING)? INDEX ", "", plan) for plan in plans}
    assert used == {
        *(f"ix_{table}_waiting (state=?)" for table in TABLES),
        *(f"ix_{table}_waiting (state=? AND due_at<?)" for table in TABLES),
        *(f"ix_{table}_ended (shop=? AND state=? AND ended_at>?)" for table in TABLES),
        *(f"ix_{table}_ended (shop=? AND state=? AND ended_at<?)" for table in TABLES),
    }
