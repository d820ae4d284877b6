from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handcart import Handcart
from handcart.platform.port import StockLevel
from handcart.stock import drift, ledger, service
from handcart.stock.model import Level
from handcart.storage.outbox import tasks

from .conftest import HARBOUR, OLD_TOWN, SHOP

TEA, CADDY = 701, 702
HERE = f"/stock/{HARBOUR}/items/{TEA}"


@pytest.fixture
def stocked(app: Handcart) -> Handcart:
    """Six teas and three caddies, with names and codes."""
    now = app.clock()
    at = now - timedelta(minutes=20)
    named = [
        StockLevel(TEA, 501, HARBOUR, 6, now, 1, "Gyokuro <50 g>", "GYO-50", "4006381333931"),
        StockLevel(CADDY, 502, HARBOUR, 3, at, 0, "Tea caddy", "CAD-1", "4006381333948"),
    ]
    with app.db.writing() as work:
        for one in named:
            service.level_read(work, SHOP, one, at=one.updated_at + timedelta(minutes=11))
    return app


def level(app: Handcart, item: int = TEA) -> Level:
    with app.db.writing() as work:
        found = ledger.locked(work, SHOP, item, HARBOUR)
    assert found
    return found


def waiting(app: Handcart) -> list[str]:
    with app.db.reading() as view:
        rows = view.scalars(select(tasks.c.name).where(tasks.c.kind == "job"))
        return [name for name in rows if name == "write_stock"]


def test_a_scanned_code_opens_its_item(admin: Any, stocked: Handcart) -> None:
    for text in ("4006381333931", "gyo-50", "Gyokuro"):
        page = admin.open("/stock", store=HARBOUR, find=text)
        assert page.status_code == 200
        assert "Gyokuro &lt;50 g&gt;" in page.text
        assert "Tea caddy" not in page.text
    both = admin.open("/stock", store=HARBOUR, find="-")
    assert "Which one?" in both.text
    assert "Nothing found." in admin.open("/stock", store=HARBOUR, find="%").text


def test_staff_count_and_the_page_says_so(admin: Any, stocked: Handcart) -> None:
    seen = str(level(stocked).moves)
    answer = admin.tap(f"{HERE}/count", counted="5", seen=seen)
    assert (answer.status_code, "Counted." in answer.text) == (200, True)
    now = level(stocked)
    assert (now.available, now.set_aside, now.pending) == (4, 1, -2)
    assert now.counted_at == stocked.clock()
    assert waiting(stocked) == ["write_stock"]


def test_staff_correct_with_a_reason_and_take_it_back(admin: Any, stocked: Handcart) -> None:
    form = {"units": "2", "way": "fewer", "reason": "damaged", "note": "fell <down>"}
    answer = admin.tap(f"{HERE}/correction", **form)
    assert answer.status_code == 200
    assert "Corrected by staff" in answer.text
    assert "fell &lt;down&gt;" in answer.text
    assert level(stocked).available == 4
    change = answer.text.partition('name="change" value="')[2][:32]
    back = admin.tap(f"{HERE}/undo", change=change)
    assert "Taken back." in back.text
    assert level(stocked).available == 6
    again = admin.tap(f"{HERE}/undo", change=change)
    assert (again.status_code, "taken back already" in again.text) == (409, True)
    assert level(stocked).available == 6


@pytest.mark.parametrize(
    ("path", "form", "status", "words"),
    [
        ("count", {"counted": "", "seen": "1"}, 400, "Say how many"),
        ("count", {"counted": "٥", "seen": "1"}, 400, "Say how many"),
        ("count", {"counted": "5", "seen": "99"}, 400, "changed it meanwhile"),
        ("correction", {"units": "1", "way": "more"}, 400, "Choose why"),
        ("correction", {"units": "9" * 12, "way": "more", "reason": "found"}, 400, "Say how many"),
        ("undo", {"change": "nothing"}, 404, "taken back already"),
        ("drift", {"units": "3"}, 409, "explained meanwhile"),
    ],
)
def test_what_cannot_be_done_is_said_beside_the_item(
    admin: Any, stocked: Handcart, path: str, form: dict[str, str], status: int, words: str
) -> None:
    answer = admin.tap(f"{HERE}/{path}", **form)
    assert answer.status_code == status
    assert words in answer.text
    assert level(stocked).available == 6
    assert waiting(stocked) == []


def test_drift_is_listed_and_can_be_left_at_that(admin: Any, stocked: Handcart) -> None:
    long_ago = stocked.clock() - timedelta(minutes=15)
    with stocked.db.writing() as work:
        service.level_changed(
            work,
            SHOP,
            inventory_item_id=CADDY,
            location_id=HARBOUR,
            available=1,
            updated_at=long_ago,
            at=long_ago,
        )
    page = admin.open("/stock", store=HARBOUR)
    assert "Tea caddy" in page.text
    caddy = f"/stock/{HARBOUR}/items/{CADDY}"
    assert "Nobody can explain" in admin.open(caddy).text
    answer = admin.tap(f"{caddy}/drift", units="-2")
    assert "Left as it is." in answer.text
    assert "Every number here has its reasons." in answer.text
    with stocked.db.reading() as view:
        assert drift.found(view, SHOP, at=stocked.clock()) == ()
    assert level(stocked, CADDY).available == 1


def test_goods_are_sent_to_another_store_and_received_there(admin: Any, stocked: Handcart) -> None:
    answer = admin.tap(f"{HERE}/transfer", units="2", to=str(OLD_TOWN))
    assert "On its way." in answer.text
    assert level(stocked).available == 4
    assert "To Old Town" in admin.open("/stock", store=HARBOUR).text
    page = admin.open("/stock", store=OLD_TOWN)
    assert "From Harbour" in page.text
    arrival = page.text.partition(f"/stock/{OLD_TOWN}/transfers/")[2].partition("/")[0]
    path, tea = f"/stock/{OLD_TOWN}/transfers/{arrival}/arrival", f"units-{TEA}"
    refused = admin.tap(path, **{tea: "1"})
    assert (refused.status_code, "Choose why." in refused.text) == (400, True)
    assert "Received." in admin.tap(path, **{tea: "1", "why": "damaged"}).text
    with stocked.db.writing() as work:
        there = ledger.locked(work, SHOP, TEA, OLD_TOWN)
    assert there and there.available == 1
    assert admin.tap(path, **{tea: "1", "why": "damaged"}).status_code == 409
    assert admin.tap(f"{HERE}/transfer", units="2", to=str(HARBOUR)).status_code == 409


def test_a_browser_without_a_script_gets_whole_pages(admin: Any, stocked: Handcart) -> None:
    form = {"units": "1", "way": "more", "reason": "found"}
    answer = admin.tap(f"{HERE}/correction", htmx=False, **form)
    assert answer.status_code == 303
    refused = admin.tap(f"{HERE}/correction", htmx=False, units="0")
    assert (refused.status_code, "<html" in refused.text) == (400, True)


def test_a_store_or_item_that_is_not_there_is_not_found(admin: Any, stocked: Handcart) -> None:
    assert admin.open(f"/stock/{HARBOUR}/items/999").status_code == 404
    assert admin.open("/stock/999/items/701").status_code == 404
    assert admin.open("/stock", store=999).status_code == 200
