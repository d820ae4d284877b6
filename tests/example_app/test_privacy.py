from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from handcart import Handcart
from handcart.compliance import service
from handcart.pickups import Pickup
from handcart.shops import billing
from handcart.storage import metadata
from tests.example_app.conftest import SHOP, Moment
from tests.example_app.test_counter import words


@pytest.fixture
def asked(app: Handcart, place: Any) -> Handcart:
    """Customer 77, who has ordered, asks for her data."""
    place()
    ask(app, SHOP)
    return app


def ask(app: Handcart, shop: str) -> None:
    with app.db.writing() as work:
        service.answer(work, shop, request_id="ask-1", customer_id=77, at=app.clock())


def erase(app: Handcart) -> None:
    with app.db.writing() as work:
        at = app.clock()
        service.erase_customer(work, SHOP, request_id="erase-1", customer_id=77, asked_at=at, at=at)


def test_a_quiet_page_says_so(admin: Any) -> None:
    page = words(admin.open("/privacy"))
    assert "No customer has asked for their data." in page
    assert "Nothing has been erased." in page


def test_the_home_page_leads_to_it(admin: Any) -> None:
    assert "/privacy?" in admin.open("/").text


def test_an_export_is_read_in_the_admin(asked: Handcart, admin: Any) -> None:
    assert "Customer 77" in words(admin.open("/privacy"))
    page = words(admin.open("/privacy/export", id="ask-1"))
    assert "Customer 77" in page
    assert "Pickups Number" in page
    assert "Mina Sato" in page
    assert "Gyokuro, 50 g" in page


def test_an_export_is_downloaded_as_json_and_as_a_page(asked: Handcart, admin: Any) -> None:
    for ending, kind in (("json", "application/json"), ("html", "text/html; charset=utf-8")):
        answer = admin.fetch(f"/privacy/export.{ending}?id=ask-1")
        assert answer.headers["Content-Type"] == kind
        name = f"customer-77-2026-11-23.{ending}"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Mina Sato" in answer.text
        if ending == "json":
            assert orjson.loads(answer.data)["shoppers"] == {"devices": []}
        else:
            assert "What Juniper Tea knows of you" in answer.text


@pytest.mark.parametrize(
    ("language", "title", "direction"),
    [
        ("ja", "Juniper Teaが保有するあなたの情報", "ltr"),
        ("fa", "دربارهٔ شما می‌داند", "rtl"),
        ("bg", "Какво знае Juniper Tea за вас", "ltr"),
        ("es", "Lo que Juniper Tea sabe de usted", "ltr"),
    ],
)
def test_the_page_speaks_the_merchants_language(
    asked: Handcart, admin: Any, language: str, title: str, direction: str
) -> None:
    text = admin.fetch(f"/privacy/export.html?id=ask-1&locale={language}").text
    assert title in text
    assert f'<html lang="{language}" dir="{direction}">' in text


def test_exports_of_another_shop_are_not_to_be_had(app: Handcart, admin: Any) -> None:
    ask(app, "other.myshopify.com")
    for path in ("export", "export.json", "export.html"):
        assert admin.fetch(f"/privacy/{path}?id=ask-1").status_code == 404
        assert admin.fetch(f"/privacy/{path}").status_code == 400
    assert "No customer has asked" in words(admin.open("/privacy"))


@pytest.mark.parametrize("path", ["", "/export?id=ask-1", "/export.json?id=ask-1"])
def test_nobody_reads_it_without_a_token(asked: Handcart, path: str) -> None:
    answer = asked.flask.test_client().get(f"/privacy{path}")
    assert answer.status_code == 401
    assert "Mina" not in answer.text


def test_a_receipt_is_shown_and_names_nobody(asked: Handcart, admin: Any) -> None:
    erase(asked)
    page = words(admin.open("/privacy"))
    assert "A customer erase-1" in page
    assert "still being done" in page
    assert "Exports: 1" in page
    assert "Pickups: 1" in page
    assert "No customer has asked" in page
    with asked.db.writing() as work:
        service.bodies_emptied(work, SHOP, "erase-1", count=3, at=asked.clock())
    page = words(admin.open("/privacy"))
    assert "News from your shop: 3" in page
    assert "still being done" not in page
    assert not any(trace in page for trace in ("Mina", "77"))


# --- the trial ----------------------------------------------------------------------------------


def acts(pickup: Pickup) -> list[tuple[str, dict[str, str]]]:
    """Every way in which the counter writes."""
    base = f"/counter/pickups/{pickup.pickup_id}"
    deeds = ("accept", "pick", "pack", "miss", "wait", "drop", "bay", "arrive", "extend", "restock")
    return [
        (f"{base}/preparation", {}),
        (f"{base}/collection", {"proof": "identity"}),
        (f"{base}/collection", {"code": "ABCD"}),
        (f"{base}/cancellation", {"reason": "customer_asked"}),
        *((f"{base}/deeds/{deed}", {}) for deed in deeds),
    ]


def everything(app: Handcart) -> dict[str, list[Any]]:
    with app.db.reading() as view:
        return {
            table.name: [tuple(row) for row in view.execute(select(table))]
            for table in metadata.sorted_tables
        }


def test_on_the_fifteenth_day_the_counter_is_read_only_and_everything_is_kept(
    app: Handcart, admin: Any, clock: Moment, place: Any
) -> None:
    pickup = place()
    clock.now += timedelta(days=14)
    before = everything(app)
    for path, form in acts(pickup):
        answer = admin.tap(path, **form)
        assert (path, answer.status_code) == (path, 403)
        assert "Your trial is over, so nothing can be changed here." in words(answer)
    assert everything(app) == before
    page = words(admin.open("/counter"))
    assert "#1001" in page
    assert "Choose a plan" in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Your trial is over"),
        ("ja", "お試し期間が終了した"),
        ("bg", "Пробният период изтече"),
        ("es", "La prueba ha terminado"),
        ("fa", "دورهٔ آزمایشی تمام شده است"),
    ],
)
def test_that_the_trial_is_over_is_said_in_every_language(
    app: Handcart, admin: Any, clock: Moment, place: Any, language: str, said: str
) -> None:
    pickup = place()
    clock.now += timedelta(days=14)
    answer = admin.tap(f"/counter/pickups/{pickup.pickup_id}/preparation?locale={language}")
    assert said in words(answer)
    assert said in words(admin.open("/", locale=language))


def test_a_trial_that_ends_soon_is_announced_and_not_sooner(admin: Any, clock: Moment) -> None:
    clock.pass_(days=10)
    assert "Choose a plan" not in words(admin.open("/"))
    clock.pass_(days=1)
    assert "Your trial ends in 3 days." in words(admin.open("/"))
    clock.pass_(days=2)
    assert "Your trial ends in 1 day." in words(admin.open("/"))


def test_who_pays_goes_on(app: Handcart, admin: Any, clock: Moment, place: Any) -> None:
    pickup = place()
    clock.pass_(days=20)
    news = billing.PlanNews("gid://1", "Handcart", "active", clock.now, is_test=True)
    with app.db.writing() as work:
        billing.plan_told(work, SHOP, news, at=clock.now)
    answer = admin.tap(f"/counter/pickups/{pickup.pickup_id}/preparation")
    assert "#1001 is ready." in words(answer)
    assert "Choose a plan" not in words(admin.open("/"))
