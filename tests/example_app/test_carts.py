from __future__ import annotations

from typing import Any

import pytest

from example_app.pages.carts import code_in
from handcart import Handcart
from handcart.carts import handing_over, service
from handcart.carts.goods import Good
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.errors import PlatformError
from handcart.platform.port import FoundCustomer

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


def test_the_page_shows_what_became_of_carts_by_day(app: Handcart, admin: Any, code: str) -> None:
    page = admin.open("/carts")
    assert page.status_code == 200
    assert page.text.count("<rect") == 1
    assert '<rect class="active" x="654" y="0.0" width="16" height="160.0"/>' in page.text
    assert page.text.count('<th scope="row">') == 14
    assert "Crossed devices" in page.text


class Platform:
    """A platform that knows one customer, or does not answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def customers(self, words: str) -> list[FoundCustomer]:
        self.asked.append(words)
        if words == "away":
            raise PlatformError("no_answer", "the platform did not answer")
        mira = FoundCustomer(7, "Mira <b>", "mira@example.com", "+359 88 555 0111")
        return [mira] if words == "mira" else []


@pytest.fixture
def platform(app: Handcart, monkeypatch: pytest.MonkeyPatch) -> Platform:
    platform = Platform()
    monkeypatch.setattr(app, "platform", lambda shop: platform)
    return platform


@pytest.mark.parametrize("htmx", [True, False])
def test_staff_look_a_customer_up_and_see_the_cart(
    app: Handcart, admin: Any, platform: Platform, htmx: bool
) -> None:
    with app.db.writing() as work:
        service.sync(
            work,
            SHOP,
            Sighting("mine", "", (SnapshotLine(44, 3),), goods=(Good("Tea", 990, "EUR"),)),
            device_id=None,
            customer_id=7,
            at=app.clock(),
        )
    found = admin.tap("/carts/customers", htmx=htmx, words="mira")
    assert found.status_code == 200
    assert "<bdi>Mira &lt;b&gt;</bdi>" in found.text
    assert 'value="7"' in found.text
    assert ("<h1>" in found.text) is not htmx
    shown = admin.tap("/carts/shown", htmx=htmx, customer="7")
    assert shown.status_code == 200
    assert "Tea" in shown.text
    assert "€9.90" in shown.text
    assert platform.asked == ["mira"]


def test_nobody_found_and_no_answer_are_said(admin: Any, platform: Platform) -> None:
    nobody = admin.tap("/carts/customers", words="x")
    assert (nobody.status_code, "Nobody was found" in nobody.text) == (200, True)
    away = admin.tap("/carts/customers", words="away")
    assert (away.status_code, "Your shop did not answer." in away.text) == (200, True)


@pytest.mark.parametrize("customer", ["8", "0", "x", "9" * 40, "٣"])
def test_a_customer_without_a_cart_has_none_to_show(admin: Any, customer: str) -> None:
    assert admin.tap("/carts/shown", customer=customer).status_code == 404


def test_nobody_but_the_shops_staff_sees_it(app: Handcart, code: str) -> None:
    client = app.flask.test_client()
    assert client.post("/carts/shown", data={"code": code}).status_code in (302, 401)
    assert client.post("/carts/customers", data={"words": "mira"}).status_code in (302, 401)
    assert client.get("/carts").status_code in (302, 401)


def test_a_scanner_reads_the_whole_link() -> None:
    assert code_in("https://shop.example/#handcart=abc ") == "abc"
    assert code_in(" abc") == "abc"
