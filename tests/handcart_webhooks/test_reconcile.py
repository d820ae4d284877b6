from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from handcart import Handcart
from handcart.cli import main
from handcart.errors import PlatformError, StaleWrite
from handcart.jobs import Hands
from handcart.platform.port import (
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    Page,
    SoldLine,
    StockLevel,
    Variant,
)
from handcart.relay import Relay
from handcart.storage import metadata
from handcart.timetable import Timetable
from handcart_webhooks import sweeps
from handcart_webhooks.reconcile import GRACE, KINDS, OVERLAP, Reconciliation
from handcart_webhooks.sweeps import Sweep

from .conftest import SHOP, Client, Clock
from .test_worker import work_off


@dataclass
class Answering:
    """A platform that answers what changed since a moment, two at a time."""

    orders: list[Order] = field(default_factory=list)
    parts: list[FulfillmentOrder] = field(default_factory=list)
    levels: list[StockLevel] = field(default_factory=list)
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def orders_changed(self, *, since: datetime, after: str | None = None) -> Page[Order]:
        return self._page("orders", self.orders, since, after)

    def fulfillment_orders_changed(
        self, *, since: datetime, after: str | None = None
    ) -> Page[FulfillmentOrder]:
        return self._page("fulfillment_orders", self.parts, since, after)

    def levels_changed(self, *, since: datetime, after: str | None = None) -> Page[StockLevel]:
        return self._page("inventory_levels", self.levels, since, after)

    def variants_changed(self, *, since: datetime, after: str | None = None) -> Page[Variant]:
        return self._page("variants", (), since, after)

    def _page(
        self, what: str, all_: Sequence[Any], since: datetime, after: str | None
    ) -> Page[Any]:
        self.asked.append((what, since))
        if self.failures:
            raise self.failures.pop()
        changed = sorted((one for one in all_ if one.updated_at >= since), key=_changed)
        start = int(after or 0)
        rest = str(start + 2) if len(changed) > start + 2 else None
        return Page(tuple(changed[start : start + 2]), rest)

    def since(self, what: str) -> list[datetime]:
        return [since for asked, since in self.asked if asked == what]


def _changed(one: Any) -> datetime:
    moment: datetime = one.updated_at
    return moment


def an_order(number: int, at: datetime, **other: Any) -> Order:
    order = Order(
        order_id=number,
        name=f"#{number}",
        token=f"token-{number}",
        cart_token=None,
        customer_id=None,
        customer_name="",
        updated_at=at,
        cancelled_at=None,
        fulfilled=False,
        shipped=True,
        lines=(SoldLine(7, 1, {}, None),),
    )
    return replace(order, **other)


def a_part(number: int, at: datetime, **other: Any) -> FulfillmentOrder:
    part = FulfillmentOrder(
        fulfillment_order_id=number * 10,
        order_id=number,
        order_name=f"#{number}",
        method="pick_up",
        status="open",
        location_id=21,
        customer_name="",
        customer_id=None,
        covers_order=True,
        updated_at=at,
        lines=(FulfillmentLine(1, 7, "Sencha", "SEN", 1),),
    )
    return replace(part, **other)


@pytest.fixture
def platform(installed: Handcart, monkeypatch: pytest.MonkeyPatch) -> Answering:
    answering = Answering()
    monkeypatch.setattr(installed, "platform", lambda shop: answering)
    return answering


@pytest.fixture
def reconciliation(installed: Handcart) -> Reconciliation:
    return Reconciliation(installed)


def swept(
    reconciliation: Reconciliation, since: datetime | None = None
) -> dict[str, tuple[int, int]]:
    """What a sweep on demand found and repaired, by resource."""
    ended = [one for one in reconciliation.now(SHOP, since=since) if one.ended_at]
    return {one.resource: (one.found, one.repaired) for one in ended}


def rows(app: Handcart, table: str) -> list[Any]:
    with app.db.reading() as view:
        return list(view.execute(select(metadata.tables[table])))


def facts_told(app: Handcart) -> list[str]:
    return sorted(row.name for row in rows(app, "tasks") if row.kind == "event")


def test_what_no_webhook_told_is_found_and_has_its_effect_once(
    installed: Handcart, platform: Answering, reconciliation: Reconciliation, at: datetime
) -> None:
    platform.orders = [an_order(n, at) for n in (1, 2, 3)]
    platform.parts = [a_part(1, at), a_part(2, at, method="shipping")]
    platform.levels = [StockLevel(11, 7, 21, 3, at)]
    assert swept(reconciliation) == {
        "orders": (3, 3),
        "fulfillment_orders": (2, 1),
        "inventory_levels": (1, 1),
        "variants": (0, 0),
    }
    assert [row.pickup_id for row in rows(installed, "pickups")] == ["10"]
    assert [row.available for row in rows(installed, "levels")] == [3]
    assert [row.variant_id for row in rows(installed, "stock_items")] == [7]
    told = facts_told(installed)
    assert told == ["PickupRequested", "StockChanged"]
    assert swept(reconciliation) == {
        "orders": (3, 0),
        "fulfillment_orders": (2, 0),
        "inventory_levels": (1, 0),
        "variants": (0, 0),
    }
    assert facts_told(installed) == told


def test_a_webhook_that_comes_after_the_sweep_changes_nothing_any_more(
    installed: Handcart,
    client: Client,
    platform: Answering,
    reconciliation: Reconciliation,
    at: datetime,
) -> None:
    cancelled = an_order(1, at + timedelta(minutes=1), cancelled_at=at)
    platform.orders, platform.parts = [cancelled], [a_part(1, at)]
    platform.levels = [StockLevel(11, 7, 21, 3, at)]
    swept(reconciliation)
    before = {name: rows(installed, name) for name in ("orders", "pickups", "levels")}
    told = facts_told(installed)
    late = {"id": 1, "name": "#1", "updated_at": at.isoformat(), "line_items": []}
    client.post("orders/create", late)
    stale = at - timedelta(seconds=5)
    client.post(
        "inventory_levels/update",
        {
            "inventory_item_id": 11,
            "location_id": 21,
            "available": 9,
            "updated_at": stale.isoformat(),
        },
    )
    work_off(installed)
    assert {name: rows(installed, name) for name in before} == before
    assert facts_told(installed) == told


def test_a_newer_date_alone_is_no_news(
    platform: Answering, reconciliation: Reconciliation, at: datetime
) -> None:
    platform.orders, platform.parts = [an_order(1, at)], [a_part(1, at)]
    swept(reconciliation)
    later = at + timedelta(minutes=3)
    platform.orders = [an_order(1, later)]
    platform.parts = [a_part(1, later, status="in_progress")]
    assert swept(reconciliation)["orders"] == (1, 0)
    platform.orders = [an_order(1, later + timedelta(minutes=1), fulfilled=True)]
    platform.parts = [a_part(1, later + timedelta(minutes=1), status="closed")]
    assert swept(reconciliation)["orders"] == (1, 1)


def test_a_sweep_begins_where_the_last_one_ended_however_long_ago(
    platform: Answering, reconciliation: Reconciliation, clock: Clock, at: datetime
) -> None:
    platform.orders = [an_order(1, at + timedelta(minutes=5))]
    clock.advance(minutes=6)
    swept(reconciliation)
    clock.advance(days=9)
    swept(reconciliation)
    assert platform.since("orders") == [at - OVERLAP, at + timedelta(minutes=5) - OVERLAP]
    assert platform.since("fulfillment_orders") == [at - OVERLAP, at - OVERLAP]


def test_the_cursor_never_passes_what_was_not_looked_at(
    platform: Answering, reconciliation: Reconciliation, clock: Clock, at: datetime
) -> None:
    clock.advance(days=3)
    ahead = clock() + timedelta(hours=1)  # the platform's clock is
    platform.orders = [an_order(1, clock() - timedelta(hours=1)), an_order(2, ahead)]
    swept(reconciliation, since=clock() - timedelta(days=1))
    swept(reconciliation)
    swept(reconciliation)
    first, second, third = platform.since("orders")
    assert first == clock() - timedelta(days=1)
    assert second == at - OVERLAP  # nobody has looked at the first two days
    assert third == clock() - OVERLAP


def test_pages_are_read_one_after_the_other(
    platform: Answering, reconciliation: Reconciliation, at: datetime
) -> None:
    platform.orders = [an_order(n, at) for n in range(1, 6)]
    seen = [(one.pages, one.found) for one in reconciliation.now(SHOP) if one.resource == "orders"]
    assert seen == [(1, 2), (2, 4), (3, 5)]


def relay_off(app: Handcart) -> None:
    relay = Relay(app.db, hands=Hands(app), clock=app.clock)
    while relay.step():
        pass


def ended(app: Handcart) -> list[Sweep]:
    with app.db.reading() as view:
        return [one for one in sweeps.of_shop(view, SHOP) if one.ended_at]


@pytest.fixture
def job(installed: Handcart, reconciliation: Reconciliation) -> Callable[[str], None]:
    """Run one of the scheduled jobs of the shop, and all that it adds."""
    reconciliation.schedule()

    def run(name: str) -> None:
        [found] = [one for one in installed.jobs if one.name.endswith(name)]
        hands = Hands(installed)
        found.wired.call(hands._anywhere(SHOP))
        relay_off(installed)

    return run


def test_the_hourly_sweep_leaves_what_is_fresh_to_its_webhook(
    installed: Handcart, platform: Answering, job: Callable[[str], None], clock: Clock
) -> None:
    old, fresh = clock() + timedelta(minutes=3), clock() + timedelta(minutes=59)
    platform.orders = [an_order(n, old) for n in (1, 2, 3)] + [an_order(4, fresh)]
    clock.advance(hours=1)
    job("hourly")
    assert sorted(row.order_id for row in rows(installed, "orders")) == [1, 2, 3]
    assert sorted(one.resource for one in ended(installed)) == sorted(KINDS)
    assert {one.until for one in ended(installed)} == {clock() - GRACE}
    clock.advance(hours=1)
    job("hourly")
    assert sorted(row.order_id for row in rows(installed, "orders")) == [1, 2, 3, 4]


def test_the_nightly_sweep_looks_two_days_back(
    platform: Answering, job: Callable[[str], None], clock: Clock, at: datetime
) -> None:
    clock.advance(days=4)
    platform.orders = [an_order(1, clock() - timedelta(hours=1))]
    job("hourly")
    job("nightly")
    assert platform.since("orders") == [at - OVERLAP, clock() - timedelta(hours=48)]


def test_an_app_sweeps_and_cleans_up_by_itself(
    installed: Handcart, platform: Answering, clock: Clock
) -> None:
    assert installed.crew
    platform.orders = [an_order(1, clock())]
    clock.advance(hours=1)
    assert Timetable(installed.db, jobs=lambda: installed.jobs, clock=clock).step() == 3
    relay_off(installed)
    assert [row.order_id for row in rows(installed, "orders")] == [1]
    done = {row.name.rpartition(".")[2]: row.state for row in rows(installed, "tasks")}
    assert done == {
        "hourly": "done",
        "next_page": "done",
        "clean_up": "done",
        "erase_lapsed": "done",
    }


def test_a_platform_that_is_away_is_asked_again_for_the_same_page(
    installed: Handcart, platform: Answering, job: Callable[[str], None], clock: Clock
) -> None:
    platform.orders = [an_order(n, clock()) for n in (1, 2, 3)]
    platform.failures = [PlatformError("no_answer")] * len(KINDS)
    clock.advance(hours=1)
    job("hourly")
    assert ended(installed) == []
    clock.advance(minutes=30)
    relay_off(installed)
    assert {one.resource: one.found for one in ended(installed)}["orders"] == 3


def test_a_page_that_was_read_twice_counts_once(
    installed: Handcart, platform: Answering, reconciliation: Reconciliation, at: datetime
) -> None:
    platform.orders = [an_order(1, at)]
    with installed.db.writing() as work:
        sweep = sweeps.add(work, SHOP, "orders", since=at, until=None, at=at)
    reconciliation._read_page(sweep)
    before = rows(installed, "tasks")
    with pytest.raises(StaleWrite):
        reconciliation._read_page(sweep)
    assert [(one.pages, one.repaired) for one in ended(installed)] == [(1, 1)]
    assert rows(installed, "tasks") == before


def test_what_was_lost_is_logged_and_counted(
    platform: Answering,
    reconciliation: Reconciliation,
    at: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    platform.orders = [an_order(1, at)]
    with caplog.at_level(logging.WARNING, "handcart_webhooks.reconcile"):
        swept(reconciliation)
    assert [record.getMessage() for record in caplog.records] == [
        f"{SHOP}: of 1 orders changed since 2026-11-23 08:50, 1 had not been told by webhooks"
    ]


@pytest.fixture
def run(
    installed: Handcart, platform: Answering, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """``handcart reconcile …`` on a second opening of the same database."""

    def create() -> Handcart:
        app = Handcart(installed.settings, clock=clock)
        monkeypatch.setattr(app, "platform", lambda shop: platform)
        return app

    module = ModuleType("shop_app")
    module.app = create  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_app", module)
    return lambda *arguments: CliRunner().invoke(main, ["reconcile", "shop_app", *arguments])


def test_reconcile_sweeps_on_demand_and_shows_how_far_it_is(
    installed: Handcart, platform: Answering, run: Callable[..., Result], clock: Clock
) -> None:
    platform.orders = [an_order(n, clock()) for n in (1, 2, 3)]
    done = run("--shop", SHOP, "--since", "2d")
    assert done.exit_code == 0
    assert [
        line.split("  ")[1] for line in done.stdout.replace("\r", "\n").split("\n") if line
    ] == [
        "orders: 2 found, 2 repaired",
        "orders: 3 found, 3 repaired",
        "fulfillment_orders: 0 found, 0 repaired",
        "inventory_levels: 0 found, 0 repaired",
        "variants: 0 found, 0 repaired",
    ]
    assert platform.since("orders") == [clock() - timedelta(days=2)] * 2


def test_reconcile_takes_every_shop_and_says_which_did_not_answer(
    platform: Answering, run: Callable[..., Result]
) -> None:
    platform.failures = [PlatformError("no_answer", "nobody is there")]
    done = run()
    assert done.exit_code == 1
    assert f"{SHOP}  no_answer: nobody is there" in done.output
    assert run("--since", "yesterday").exit_code == 2
