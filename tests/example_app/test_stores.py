"""The merchant sets up a store: what the page shows, what it refuses, what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handcart import Handcart
from handcart.errors import PlatformError
from handcart.pickups import Pickup, planning
from handcart.pickups.hours import SpecialDay
from handcart.pickups.rules import ProductPrep, StoreRules
from handcart.platform.port import Product
from handcart.storage.outbox import tasks
from tests.example_app.conftest import HARBOUR, OLD_TOWN, SHOP, Admin, Moment

FORM = {
    "hours-0": "9:00-19:00",
    "hours-1": "09:00-13:00, 14.00 – 19:00",
    "hours-5": "10:00-14:00",
    "cut-off-0": "16:00",
    "prep_minutes": "45",
    "slot_minutes": "30",
    "slot_capacity": "4",
    "capacity_in": "items",
    "unseen_minutes": "20",
    "keeps_days": "5",
    "extends_days": "2",
    "extensions": "2",
    "last_at_close": "1",
    "mails": "1",
    "time_zone": "Asia/Tehran",
    "country": "bg",
    "closed_on_holidays": "1",
    "special-day": "2026-12-24",
    "special-hours": "09:00-12:00",
    "special-cut-off": "10:30",
    "quiet_from": "22:00",
    "quiet_until": "07:30",
    "prep-9": "240",
    "title-9": "Gift basket",
    "variants-9": "501 502",
}


def rules_of(app: Handcart, location_id: int = HARBOUR) -> StoreRules:
    with app.db.reading() as view:
        return planning.rules_of(view, SHOP, location_id)


def told(app: Handcart) -> list[tuple[str, Any]]:
    with app.db.reading() as view:
        rows = view.execute(select(tasks).where(tasks.c.kind.in_(("call", "job"))))
        return [(row.name, row.payload) for row in rows if row.name.endswith(("pickup", "places"))]


def test_every_location_can_be_set_up(admin: Admin) -> None:
    page = admin.open("/stores").text
    assert f"/stores/{HARBOUR}" in page
    assert f"/stores/{OLD_TOWN}" in page
    # Old Town tells no hours, so nothing can be promised there.
    assert page.count("No opening hours") == 1


def test_the_page_begins_with_the_hours_that_the_shop_tells(admin: Admin) -> None:
    page = admin.open(f"/stores/{HARBOUR}").text
    assert page.count('value="09:00-19:00"') == 5
    assert page.count('value="10:00-14:00"') == 1


def test_what_was_written_is_what_the_store_promises_by(app: Handcart, admin: Admin) -> None:
    answer = admin.tap(f"/stores/{HARBOUR}", **FORM)
    assert answer.status_code == 200
    assert "Saved." in answer.text
    assert rules_of(app) == StoreRules(
        hours="Mo 09:00-19:00; Tu 09:00-13:00,14:00-19:00; Sa 10:00-14:00; PH off",
        prep_minutes=45,
        product_prep=(ProductPrep(9, "Gift basket", (501, 502), 240),),
        slot_minutes=30,
        slot_capacity=4,
        capacity_in="items",
        last_at_close=True,
        cut_offs={0: time(16)},
        special=(SpecialDay(date(2026, 12, 24), "09:00-12:00"),),
        special_cut_offs={date(2026, 12, 24): time(10, 30)},
        country="BG",
        time_zone="Asia/Tehran",
        unseen_minutes=20,
        keeps_days=5,
        extends_days=2,
        extensions=2,
        refunds_no_show=False,
        mails=True,
        quiet_from=time(22),
        quiet_until=time(7, 30),
    )
    # The form shows it again, and saving that changes nothing.
    page = admin.open(f"/stores/{HARBOUR}").text
    assert 'value="09:00-13:00, 14:00-19:00"' in page
    assert "Gift basket" in page
    assert rules_of(app, OLD_TOWN) == StoreRules()


def test_hours_that_are_as_the_shop_tells_them_go_on_following_the_shop(
    app: Handcart, admin: Admin
) -> None:
    week = {f"hours-{day}": "09:00-19:00" for day in range(5)} | {"hours-5": "10:00-14:00"}
    plain = {name: text for name, text in FORM.items() if not name.startswith(("hours", "closed"))}
    assert admin.tap(f"/stores/{HARBOUR}", **plain, **week).status_code == 200
    assert rules_of(app).hours == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("hours-2", "nine to five", "Write opening hours like"),
        ("written", "Mo-Fr nine", "Write opening hours like"),
        ("special-hours", "25:00-26:00", "Write opening hours like"),
        ("special-day", "Christmas", "Write a day like"),
        ("special-cut-off", "noon", "Write a time like"),
        ("cut-off-3", "later", "Write a time like"),
        ("prep_minutes", "", "Write a whole number"),
        ("prep_minutes", "-1", "Write a whole number"),
        ("slot_minutes", "1441", "too large or too small"),
        ("keeps_days", "0", "too large or too small"),
        ("prep-9", "99999", "too large or too small"),
        ("capacity_in", "kilograms", "Choose what a slot is limited in"),
        ("time_zone", "Atlantis/Capital", "There is no such time zone"),
        ("country", "XX", "Write opening hours like"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_words_and_changes_nothing(
    app: Handcart, admin: Admin, name: str, text: str, words: str
) -> None:
    answer = admin.tap(f"/stores/{HARBOUR}", **FORM | {name: text})
    assert answer.status_code == 400
    assert words in answer.text
    assert rules_of(app) == StoreRules()


def test_a_product_takes_its_own_time_and_an_order_that_of_its_slowest(
    app: Handcart, admin: Admin, place: Callable[..., Pickup], clock: Moment
) -> None:
    clock.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # Monday, 10:00 in Sofia
    own = {"time_zone": "", "slot_minutes": "0", "hours-0": "09:00-19:00", "cut-off-0": ""}
    admin.tap(f"/stores/{HARBOUR}", **FORM | own)
    assert place(1001).promised_at == clock.now + timedelta(minutes=240)
    admin.tap(f"/stores/{HARBOUR}", **FORM | own | {"prep-9": ""})
    assert place(1002).promised_at == clock.now + timedelta(minutes=45)


def test_products_are_looked_for_in_the_shop(
    app: Handcart, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Shop:
        def find_products(self, text: str) -> list[Product]:
            asked.append(text)
            return [Product(9, "Gift basket", (501, 502)), Product(10, "Gift card", (503,))]

    monkeypatch.setattr(app, "platform", lambda shop: Shop())
    admin.tap(f"/stores/{HARBOUR}", **FORM)
    page = admin.fetch(f"/stores/{HARBOUR}/products?product=gift").text
    assert asked == ["gift"]
    # The basket has its time already.
    assert 'name="prep-10"' in page
    assert 'name="prep-9"' not in page


def test_a_shop_that_does_not_answer_is_said_so(
    app: Handcart, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_order(shop: str) -> None:
        raise PlatformError("no_answer")

    monkeypatch.setattr(app, "platform", out_of_order)
    answer = admin.fetch(f"/stores/{HARBOUR}/products?product=gift")
    assert answer.status_code == 200
    assert "could not be asked" in answer.text


def test_the_shop_is_told_to_offer_a_store_and_to_offer_it_no_more(
    app: Handcart, admin: Admin
) -> None:
    address = f"/stores/{OLD_TOWN}/checkout"
    said = {"offer": "1", "pickup_time": "TWO_HOURS", "instructions": " Ring the bell. "}
    assert "is being told" in admin.tap(address, **said).text
    assert told(app) == [
        (
            "offer_pickup",
            {
                "location_id": OLD_TOWN,
                "pickup_time": "TWO_HOURS",
                "instructions": "Ring the bell.",
            },
        ),
        ("mirror_places", {}),
    ]
    admin.tap(address, end="1")
    assert told(app)[2:] == [("end_pickup", {"location_id": OLD_TOWN}), ("mirror_places", {})]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"pickup_time": "AT_ONCE"}, "Choose how soon"),
        ({"pickup_time": "ONE_HOUR", "instructions": "x" * 501}, "too long"),
    ],
)
def test_what_the_shop_would_not_take_is_not_told(
    app: Handcart, admin: Admin, said: dict[str, str], words: str
) -> None:
    answer = admin.tap(f"/stores/{HARBOUR}/checkout", offer="1", **said)
    assert answer.status_code == 400
    assert words in answer.text
    assert told(app) == []


def test_a_location_that_is_not_there_is_not_found(admin: Admin) -> None:
    assert admin.open("/stores/99").status_code == 404
    assert admin.tap("/stores/99", **FORM).status_code == 404
    assert admin.tap("/stores/99/checkout", end="1").status_code == 404
