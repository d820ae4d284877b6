"""What is not sold although it is there, on the page of stock; holds let go; what to count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handcart import Handcart
from handcart.pickups import acts
from handcart.platform.port import StockLevel
from handcart.staff import Role
from handcart.staff import service as staff
from handcart.stock import availability, holds, rules, service
from handcart.storage.outbox import tasks

from .conftest import HARBOUR, OLD_TOWN, SHOP

TEA = 701
HERE = f"/stock/{HARBOUR}/items/{TEA}"
FORM = {
    "how": "units",
    "safety": "2",
    "trust": "90",
    "kept-online": "0",
    "kept-pickup": "0",
    "kept-till": "1",
    "where": "here",
}


@pytest.fixture(autouse=True)
def named(app: Handcart) -> None:
    at = app.clock()
    tea = StockLevel(TEA, 501, HARBOUR, 6, at, 0, "Gyokuro", "GYO-50", "4006381333931")
    with app.db.writing() as work:
        service.level_read(work, SHOP, tea, at=at)


def promised(app: Handcart, channel: str = "online", place: int = HARBOUR) -> int:
    with app.db.reading() as view:
        found = availability.to_promise(view, SHOP, [501], channel=channel, at=app.clock())
    return found[501][place]


def picker(app: Handcart) -> None:
    """The one who looks is a picker from now on."""
    with app.db.writing() as work:
        for user, role in ((1, Role.MANAGER), (7, Role.PICKER)):
            staff.seen(work, SHOP, user, at=app.clock())
            staff.give_role(work, SHOP, user, role=role, name="", by=1, at=app.clock())


def hold(app: Handcart, name: str = "cart:abc") -> None:
    at = app.clock()
    with app.db.writing() as work:
        holds.place(
            work,
            SHOP,
            name,
            [(501, 2)],
            location_id=HARBOUR,
            channel="online",
            at=at,
            until=at + timedelta(minutes=10),
        )


def test_a_manager_keeps_units_back_and_some_for_the_till(app: Handcart, admin: Any) -> None:
    answer = admin.tap(f"{HERE}/rules", **FORM)
    assert "Saved." in answer.text
    assert (promised(app), promised(app, "till")) == (3, 4)
    assert "2 are kept back." in admin.open(HERE).text
    assert (
        "The wider rule counts again." in admin.tap(f"{HERE}/rules", where="here", drop="yes").text
    )
    assert promised(app) == 6


def test_or_what_is_not_surely_there_for_the_whole_shop(app: Handcart, admin: Any) -> None:
    admin.tap(f"{HERE}/rules", **FORM | {"how": "trust", "kept-till": "0", "where": "shop"})
    assert 0 < promised(app) < 6
    assert "Sold only if it is there with 90 %." in admin.open(HERE).text
    assert admin.tap(f"{HERE}/rules", **FORM | {"how": "trust", "trust": "96"}).status_code == 400


def test_a_rule_of_the_shop_leaves_what_checkouts_keep_as_it_is(app: Handcart, admin: Any) -> None:
    assert "Saved." in admin.tap(f"/stock/{HARBOUR}/checkouts", minutes="10").text
    admin.tap(f"{HERE}/rules", **FORM | {"where": "shop"})
    with app.db.reading() as view:
        shop = rules.rule_book(view, SHOP)
    assert (shop.hold_minutes, shop.of(OLD_TOWN, TEA).safety) == (10, 2)


def test_pickers_see_the_rules_and_set_none(app: Handcart, admin: Any) -> None:
    picker(app)
    hold(app)
    page = admin.open(HERE).text
    assert "Held for others" in page
    assert "Let it go" not in page
    assert "This counts for" not in page
    for path, form in (
        (f"{HERE}/rules", FORM),
        (f"{HERE}/holds", {"hold": "cart:abc", "why": "x"}),
        (f"/stock/{HARBOUR}/checkouts", {"minutes": "1"}),
    ):
        answer = admin.tap(path, **form)
        assert (answer.status_code, "Only a manager may do this." in answer.text) == (403, True)
    assert promised(app) == 4


def test_a_manager_lets_go_what_a_checkout_holds_and_says_why(app: Handcart, admin: Any) -> None:
    hold(app)
    assert promised(app) == 4
    assert admin.tap(f"{HERE}/holds", hold="cart:abc", why=" ").status_code == 400
    assert promised(app) == 4
    answer = admin.tap(f"{HERE}/holds", hold="cart:abc", why="the shopper is here")
    assert "Others can have it again." in answer.text
    assert promised(app) == 6
    with app.db.reading() as view:
        (told,) = view.scalars(select(tasks.c.payload).where(tasks.c.name == "HoldReleased"))
    assert (told["hold_id"], told["by"], told["why"]) == (
        "cart:abc",
        "manager:7",
        "the shopper is here",
    )
    assert admin.tap(f"{HERE}/holds", hold="cart:abc", why="again").status_code == 404


def test_what_was_looked_for_in_vain_is_worth_a_count_until_somebody_counts(
    app: Handcart, admin: Any, place: Any
) -> None:
    assert "Worth a count" not in admin.open("/stock", store=HARBOUR).text
    pickup = place()
    with app.db.writing() as work:
        acts.report_missing(
            work,
            SHOP,
            pickup.pickup_id,
            units={1: 2},
            reason="not_found",
            by="staff:1",
            at=app.clock(),
        )
    page = admin.open("/stock", store=HARBOUR).text
    assert "Worth a count" in page
    assert "Worth a count" not in admin.open("/stock", store=OLD_TOWN).text
    admin.tap(f"{HERE}/count", counted="4", seen="1")
    assert "Worth a count" not in admin.open("/stock", store=HARBOUR).text
