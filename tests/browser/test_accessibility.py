from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect

from handcart.stock import holds
from handcart.stock import store as stock
from handcart.testing import Street
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.furnishing import SHOP, Ordered, order
from tests.browser.shopper import Device
from tests.browser.staff import Counter, Till
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

STORE = "Vitosha Street"
MIRA = "mira@example.com"
STATES = ("requested", "ready", "collected", "cancelled")


@dataclass
class Looker:
    """Somebody who looks at all pages with one device in one colour scheme."""

    street: Street
    orders: dict[str, Ordered]
    device: Device

    @property
    def page(self) -> Page:
        return self.device.page

    def opens(self, path: str) -> Page:
        return self.device.visit(path)


@pytest.fixture(scope="module")
def orders(street: Street) -> dict[str, Ordered]:
    """One order in each state, and faults in force, so that every page has something to show."""
    made = {state: order(street, {"TIN-100": 2}, store=STORE, state=state) for state in STATES}
    street.shop.faults.add("duplicate", topic="orders/*", probability=0.5)
    return made


@pytest.fixture(scope="module", params=["phone, light", "desktop, dark"])
def looker(
    street: Street,
    orders: dict[str, Ordered],
    browser: Browser,
    request: pytest.FixtureRequest,
) -> Iterator[Looker]:
    device, _, scheme = request.param.partition(", ")
    size: dict[str, Any] = PHONE if device == "phone" else DESKTOP
    with browser.new_context(color_scheme=scheme, reduced_motion="reduce", **size) as context:
        trouble = Trouble()
        trouble.watch(context)
        shopper = Device(street, context)
        shopper.sign_in(MIRA)
        shopper.add("tea-tin")
        shopper.until_told()
        yield Looker(street, orders, shopper)
        assert trouble.seen == []


Shown = Page | Frame
Opens = Callable[[Looker], Shown]


def of_shop(path: str, until: str) -> Opens:
    """A page of the shop, as soon as it shows ``until``."""

    def opened(looker: Looker) -> Shown:
        page = looker.opens(path)
        expect(page.locator(until).first).to_be_visible()
        return page

    return opened


def of_app(path: str, until: str) -> Opens:
    """A page of the app, inside the frame that the admin puts round it."""

    def opened(looker: Looker) -> Shown:
        page = looker.opens(f"/admin/apps/handcart{path}")
        expect(page.frame_locator("#app-frame").locator(until).first).to_be_visible()
        return page.frames[1]

    return opened


def order_page(looker: Looker) -> Shown:
    page = looker.opens(f"/orders/{looker.orders['ready'].token}")
    expect(page.locator("a.handcart-pickup")).to_be_visible()
    return page


def counter(looker: Looker) -> Shown:
    """One order to prepare and one that waits, which was asked for with a wrong code."""
    staff = Counter(looker.street, looker.device.context, store=STORE)
    expect(staff.to_prepare.get_by_role("article")).to_have_count(1)
    expect(staff.waiting.get_by_role("article")).to_have_count(1)
    looker.device.page.close()
    looker.device.page = staff.page
    return staff.page.frames[1]


def pick_list(looker: Looker) -> Shown:
    frame = counter(looker)
    assert isinstance(frame, Frame)
    frame.get_by_role("button", name="Pick list").click()
    expect(looker.page.frame_locator("#app-frame").locator(".pick-list")).to_be_visible()
    return looker.page.frames[1]


def pickup(state: str, *, language: str = "en") -> Opens:
    def opened(looker: Looker) -> Shown:
        page = looker.page
        page.goto(f"{looker.orders[state].pickup_page}?locale={language}")
        expect(page.locator(f"html[lang={language}] .pickup-page.{state}")).to_be_visible()
        return page

    return opened


def till(looker: Looker) -> Shown:
    looker.device.context.clear_cookies(name="_till")
    till = Till(looker.street, looker.device.context)
    till.ring_up("TIN-100")
    till.page.get_by_label("Customer (optional)").fill("mira")
    till.page.get_by_role("button", name=MIRA).click()
    looker.device.page.close()
    looker.device.page = till.page
    return till.page


def in_persian(opens: Opens, shows: str) -> Opens:
    """The same page of the app, from right to left."""

    def opened(looker: Looker) -> Shown:
        frame = opens(looker)
        assert isinstance(frame, Frame)
        frame.evaluate("location.search = location.search.replace('locale=en', 'locale=fa')")
        there = looker.page.frame_locator("#app-frame").locator(f"html[dir=rtl] {shows}")
        expect(there.first).to_be_visible()
        return looker.page.frames[1]

    return opened


def an_item(looker: Looker) -> Shown:
    """Everything that can be done with one item of stock, unfolded; somebody holds some of it."""
    app, variant = looker.street.app, next(iter(looker.street.shop.world.variants))
    with app.db.writing() as work:
        until = app.clock() + timedelta(hours=1)
        holds.place(
            work,
            SHOP,
            "cart:abc",
            [(variant, 1)],
            location_id=next(iter(looker.street.shop.world.locations)),
            channel="online",
            at=app.clock(),
            until=until,
        )
        item = stock.items_of(work, SHOP, [variant])[variant]
        place = next(iter(looker.street.shop.world.locations))
    frame = of_app(f"/stock/{place}/items/{item}", "#rules-of")(looker)
    frame.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    expect(looker.page.frame_locator("#app-frame").locator("#held-title")).to_be_visible()
    return frame


def a_store(looker: Looker) -> Shown:
    frame = of_app("/stores", ".stores li")(looker)
    assert isinstance(frame, Frame)
    frame.locator(".stores a").first.click()
    expect(looker.page.frame_locator("#app-frame").locator("#prep_minutes")).to_be_visible()
    return looker.page.frames[1]


PAGES: dict[str, Opens] = {
    "storefront home": of_shop("/", ".product"),
    "product": of_shop("/products/mountain-juniper-tea", ".handcart-stock li"),
    "cart": of_shop("/cart", ".handcart-cart h2"),
    "sign-in": of_shop("/account/login", "form"),
    "checkout": of_shop("/checkout", "fieldset"),
    "account": of_shop("/account", "table"),
    "order": order_page,
    "admin": of_shop("/admin", "table"),
    "carts of the app": of_app("/carts", "svg.plot"),
    "stock of the app": of_app("/stock?find=tea", "#shelf h2"),
    "stock in Persian": in_persian(of_app("/stock", "#shelf h2"), "#shelf h2"),
    "an item of stock": an_item,
    "stores": of_app("/stores", ".stores li"),
    "a store": a_store,
    "a store in Persian": in_persian(a_store, "#prep_minutes"),
    "home of the app": of_app("", "#overview"),
    "counter": counter,
    "staff": of_app("/staff", "[id^=member-]"),
    "pick list": pick_list,
    "board": of_app("/board", "#board tbody tr"),
    "report": of_app("/report", ".day-plot rect"),
    "counter in Persian": in_persian(counter, ".pickup"),
    **{f"pickup, {state}": pickup(state) for state in STATES},
    "pickup, ready, in Persian": pickup("ready", language="fa"),
    "till, closed": of_shop("/pos", "form"),
    "till": till,
    "behind the scenes": of_shop("/_local/", "table"),
}


def test_the_counter_speaks_persian_from_right_to_left(looker: Looker) -> None:
    in_persian(counter, ".pickup")(looker)
    frame = looker.page.frame_locator("#app-frame")
    expect(frame.get_by_role("button", name="تحویل").first).to_be_visible()
    left = frame.locator(".columns section").nth(1).bounding_box()
    right = frame.locator(".columns section").nth(0).bounding_box()
    assert left is not None and right is not None
    assert left["x"] <= right["x"]


def test_an_address_keeps_its_direction_on_a_persian_page(looker: Looker) -> None:
    page = pickup("ready", language="fa")(looker)
    lines = page.locator("address bdi").all()
    assert [each.inner_text() for each in lines] == [STORE, "14 Vitosha Blvd, 1000 Sofia, Bulgaria"]


@pytest.mark.parametrize("name", PAGES)
def test_all_can_use_the_page_and_nothing_of_it_lies_outside(name: str, looker: Looker) -> None:
    page = PAGES[name](looker)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(beyond) <= 0
