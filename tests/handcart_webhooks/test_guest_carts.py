"""Carts of guests who never came back go; a customer's stays."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Table, func, select

from handcart import Handcart
from handcart.carts import assisting
from handcart.carts import service as carts
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.storage import metadata
from handcart_webhooks.retention import Retention
from tests.handcart_webhooks.conftest import SHOP, Clock

TABLES = ("carts", "cart_tokens", "cart_changes", "devices")
ALL = dict.fromkeys(TABLES, 1)
NONE = dict.fromkeys(TABLES, 0)


def shows(app: Handcart, *, customer: int | None = None, quantity: int = 2) -> None:
    sighting = Sighting(f"token-{customer}", "", (SnapshotLine(101, quantity),))
    with app.db.writing() as work:
        carts.sync(work, SHOP, sighting, device_id=None, customer_id=customer, at=app.clock())


def left(app: Handcart) -> dict[str, int]:
    tables: list[Table] = [metadata.tables[name] for name in TABLES]
    with app.db.reading() as view:
        return {
            table.name: view.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


def clean(app: Handcart) -> None:
    Retention(app, sleep=lambda seconds: None).clean_up(app.clock())


def test_a_guests_cart_goes_after_its_days_with_the_name_of_its_browser(
    installed: Handcart, clock: Clock
) -> None:
    shows(installed)
    clock.advance(days=539)
    clean(installed)
    assert left(installed) == ALL
    clock.advance(days=2)
    clean(installed)
    assert left(installed) == NONE
    shows(installed)
    assert left(installed) == ALL


def test_a_guests_cart_that_is_still_shown_stays(installed: Handcart, clock: Clock) -> None:
    shows(installed)
    clock.advance(days=500)
    shows(installed)
    clock.advance(days=500)
    clean(installed)
    assert left(installed) == ALL


def test_a_customers_cart_has_no_end(installed: Handcart, clock: Clock) -> None:
    shows(installed, customer=7)
    clock.at += timedelta(days=4000)
    clean(installed)
    assert left(installed) == ALL


def test_what_a_till_passed_on_and_nobody_took_goes_after_thirty_days(
    installed: Handcart, clock: Clock
) -> None:
    shows(installed, customer=7)
    with installed.db.writing() as work:
        line = SnapshotLine(101, 1)
        assisting.pass_on(work, SHOP, [line], goods={}, by="staff:1", at=clock.at)
    clock.advance(days=29)
    clean(installed)
    assert left(installed)["carts"] == 2
    clock.advance(days=2)
    clean(installed)
    assert left(installed) == ALL
