"""Some deliveries come twice, some late, some never; then the platform is asked for the rest."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from sqlalchemy import Select, Table, select

from handcart import Handcart, Settings
from handcart.platform.port import Order, Page, StockLevel
from handcart.storage import metadata
from handcart_webhooks.reconcile import Reconciliation

from .flood import START, News, trade
from .kept import Kept, kept
from .ledger import SHOP, create_handcart
from .sizes import size

pytestmark = pytest.mark.server
COUNT = size(2000, 20_000)
# What may differ between two days that end alike: when we first heard of a level, how much of it
# was there by then, and how many changes there were since.
OURS = {"opened_at", "moves", "unexplained", "unexplained_at"}


class Platform:
    """What the platform says when it is asked: everything as its newest news left it."""

    def __init__(self, news: Sequence[News]) -> None:
        newest: dict[tuple[str, int], News] = {}
        for one in news:
            assert one.thing
            if one.thing not in newest or newest[one.thing].version < one.version:
                newest[one.thing] = one
        self._said = {thing: orjson.loads(one.body) for thing, one in newest.items()}

    def orders_changed(self, *, since: datetime, after: str | None) -> Page[Order]:
        found = [_order(said) for (kind, _), said in self._said.items() if kind == "order"]
        return Page(tuple(found), None)

    def levels_changed(self, *, since: datetime, after: str | None) -> Page[StockLevel]:
        found = [_level(said) for (kind, _), said in self._said.items() if kind == "level"]
        return Page(tuple(found), None)

    def fulfillment_orders_changed(self, *, since: datetime, after: str | None) -> Page[Any]:
        return Page((), None)

    def variants_changed(self, *, since: datetime, after: str | None) -> Page[Any]:
        return Page((), None)


def _order(said: dict[str, Any]) -> Order:
    return Order(
        order_id=said["id"],
        name=said["name"],
        token=said["token"],
        cart_token=None,
        customer_id=None,
        customer_name="",
        updated_at=datetime.fromisoformat(said["updated_at"]),
        cancelled_at=None,
        fulfilled=False,
        shipped=False,
        lines=(),
    )


def _level(said: dict[str, Any]) -> StockLevel:
    return StockLevel(
        variant_id=said["inventory_item_id"],
        inventory_item_id=said["inventory_item_id"],
        location_id=said["location_id"],
        available=said["available"],
        updated_at=datetime.fromisoformat(said["updated_at"]),
    )


def misfortune(news: Sequence[News]) -> list[News]:
    """One in a hundred never comes, one in twenty comes twice, one in ten comes late."""
    dice = random.Random(1)
    timed = [
        (number + (dice.randrange(1, 200) if dice.random() < 0.1 else 0), copy, one)
        for number, one in enumerate(news)
        if dice.random() > 0.01
        for copy in range(2 if dice.random() < 0.05 else 1)
    ]
    return [one for _, _, one in sorted(timed, key=lambda each: each[:2])]


def day(folder: Path, sent: Sequence[News], said: Sequence[News]) -> list[Any]:
    """What is known at the end, when the platform was asked for what it says now."""
    folder.mkdir()
    with kept(folder) as app:
        app.process.start()
        app.flood(sent, connections=8, again=0).wait(seconds=600)
        app.settle(seconds=600)
        app.process.stop()
        sweep(app, said)
        return known(app)


def sweep(app: Kept, said: Sequence[News]) -> None:
    handcart = create_handcart(Settings.from_env(app.env))
    asked: Handcart = SimpleNamespace(  # type: ignore[assignment]
        db=handcart.db, clock=handcart.clock, platform=lambda shop: Platform(said)
    )
    list(Reconciliation(asked).now(SHOP, since=START - timedelta(days=1)))
    handcart.close()


def known(app: Kept) -> list[Any]:
    asked = [_deciding(metadata.tables[name]) for name in ("orders", "levels")]
    with app.looking() as db, db.reading() as view:
        return [sorted(map(tuple, view.execute(one)), key=repr) for one in asked]


def _deciding(table: Table) -> Select[Any]:
    return select(*(column for column in table.c if column.name not in OURS))


def test_a_bad_day_that_is_reconciled_ends_like_the_clean_one(tmp_path: Path) -> None:
    news = list(trade(1, COUNT, things=100))
    sent = misfortune(news)
    ids = {one.webhook_id for one in sent}
    assert COUNT * 0.98 < len(ids) < COUNT
    assert len(sent) > len(ids)
    clean = day(tmp_path / "clean", news, news)
    assert [len(rows) for rows in clean] == [100, 100]
    assert day(tmp_path / "bad", sent, news) == clean
