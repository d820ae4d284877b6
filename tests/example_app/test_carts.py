from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from example_app.pages.carts import code_in
from handcart import Handcart
from handcart.carts import handing_over, service, store
from handcart.carts.goods import Good
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine

SHOP = "juniper-tea.myshopify.com"


@pytest.fixture
def code(app: Handcart) -> str:
    """The code that a guest with two teas and an engraved pot shows at the till."""
    lines = (SnapshotLine(44, 2), SnapshotLine(45, 1, {"Engraving": "<b>Mira</b>", "_id": "x"}))
    goods = (Good("Tea <script>", 990, "EUR"), None)
    with app.db.writing() as work:
        seen = service.sync(
            work,
            SHOP,
            Sighting("abc", "", lines, goods=goods, read_at=1),
            device_id=None,
            customer_id=None,
            at=app.clock(),
        )
    with app.db.writing() as work:
        made = handing_over.offer(
            work, SHOP, Sighting("abc", "", ()), device_id=seen.device_id, at=app.clock()
        )
    return made.secret


def test_a_code_shows_staff_the_cart_with_prices_and_nothing_runs_in_it(
    admin: Any, code: str
) -> None:
    page = admin.tap("/carts/shown", code=f" https://shop.example/#handcart={code} ")
    assert page.status_code == 200
    assert "Tea &lt;script&gt;" in page.text
    assert "€9.90" in page.text
    assert "Engraving: &lt;b&gt;Mira&lt;/b&gt;" in page.text
    assert "_id" not in page.text
    assert "#45" in page.text
    again = admin.tap("/carts/shown", htmx=False, code=code)
    assert again.status_code == 200
    assert "Carts of the last two weeks" in again.text


def test_a_code_that_was_used_or_never_made_says_so(app: Handcart, admin: Any, code: str) -> None:
    never = admin.tap("/carts/shown", code="x" * 27)
    assert (never.status_code, "This code is over" in never.text) == (404, True)
    assert admin.tap("/carts/shown", code="").status_code == 404
    with app.db.writing() as work:
        handing_over.shown_to_staff(work, SHOP, code, staff="staff:99", at=app.clock())
    used = admin.tap("/carts/shown", code=code)
    assert (used.status_code, "used already" in used.text) == (409, True)


def test_the_page_counts_carts_by_day(app: Handcart, admin: Any, code: str) -> None:
    with app.db.writing() as work:
        old = app.clock() - timedelta(days=20)
        store.save_cart(work, SHOP, store.StoredCart("a" * 32, "x", store.Cart(), 0, None), at=old)
    page = admin.open("/carts")
    assert page.status_code == 200
    assert page.text.count("<meter") == 14
    assert page.text.count('value="1"') == 1


def test_nobody_but_the_shops_staff_sees_it(app: Handcart, code: str) -> None:
    client = app.flask.test_client()
    assert client.post("/carts/shown", data={"code": code}).status_code in (302, 401)
    assert client.get("/carts").status_code in (302, 401)


def test_a_scanner_reads_the_whole_link() -> None:
    assert code_in("https://shop.example/#handcart=abc ") == "abc"
    assert code_in(" abc") == "abc"
