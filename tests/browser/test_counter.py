from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from handcart.localshop.world import Order
from handcart.testing import Street
from tests.browser.conftest import Opens
from tests.browser.shopper import Device
from tests.browser.staff import Counter
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

STORE = "Vitosha Street"
CODE = re.compile(r"^\w{8}$")
# The page asks every five seconds.


@pytest.fixture
def counter(street: Street, opens: Opens) -> Counter:
    return Counter(street, opens(viewport={"width": 1180, "height": 820}), store=STORE)


def test_an_order_comes_to_the_counter_and_leaves_it_with_the_right_code_only(
    street: Street, phone: Device, counter: Counter, trouble: Trouble
) -> None:
    trouble.expect("403", "/collection")
    expect(counter.to_prepare).to_contain_text("New orders appear here by themselves.")
    phone.sign_in("mira@example.com")
    phone.add("mountain-juniper-tea", 2)
    order = phone.buy_for_pickup(STORE)
    card = counter.card(order)
    expect(card).to_contain_text("Mira")
    expect(card).to_contain_text("Mountain Juniper Tea")

    pickup = follow(phone)
    expect(pickup.get_by_role("heading", level=1)).to_have_text("We are preparing your order")
    expect(pickup.locator(".code")).to_have_count(0)

    counter.mark_ready(order)
    expect(counter.news).to_have_text(f"{order} is ready. The customer is told.")
    code = code_on(pickup)
    expect(pickup.locator("address")).to_contain_text(STORE)
    expect(pickup.locator(".hours")).to_contain_text("Monday")

    counter.hand_over(order, other_than(code))
    expect(card.get_by_role("alert")).to_contain_text("code")
    expect(counter.waiting.get_by_role("article", name=order)).to_be_visible()
    expect(card.get_by_label(f"Code of {order}")).to_have_attribute("aria-invalid", "true")

    counter.hand_over(order, code)
    expect(counter.news).to_have_text(f"{order} is handed over.")
    expect(card).to_have_count(0)
    heading = pickup.get_by_role("heading", level=1)
    expect(heading).to_have_text("Collected")
    expect(pickup.locator(".code")).to_have_count(0)
    street.settle()
    assert last_order(street).fulfillment_status == "fulfilled"


def test_the_whole_counter_can_be_worked_from_the_keyboard(
    street: Street, phone: Device, counter: Counter, trouble: Trouble
) -> None:
    phone.add("linden-blossom")
    order = phone.buy_for_pickup(STORE)
    press = counter.page.keyboard.press

    counter.tab_to(counter.card(order).get_by_role("button", name="Mark ready"))
    press("Enter")
    expect(counter.news).to_have_text(f"{order} is ready. The customer is told.")
    code = code_on(follow(phone))

    entry = counter.card(order).get_by_label(f"Code of {order}")
    counter.tab_to(entry)
    # Slower than the page asks for news: nothing that was typed is lost by it.
    counter.page.keyboard.type(code[:4].lower() + " ")
    counter.page.wait_for_timeout(2_500)
    expect(entry).to_be_focused()
    counter.page.keyboard.type(code[4:].lower())
    press("Enter")
    expect(counter.news).to_have_text(f"{order} is handed over.")
    expect(counter.card(order)).to_have_count(0)


def test_an_order_can_be_cancelled_from_the_counter_with_a_reason(
    street: Street, phone: Device, counter: Counter, trouble: Trouble
) -> None:
    phone.add("tea-tin")
    order = phone.buy_for_pickup(STORE)
    pickup = follow(phone)
    card = counter.card(order)
    card.get_by_role("button", name="More").click()
    card.get_by_label("Cancel this order because").select_option(index=1)
    card.get_by_role("button", name="Cancel the order").click()
    expect(counter.news).to_have_text(f"{order} is cancelled.")
    expect(card).to_have_count(0)
    expect(pickup.get_by_role("heading", level=1)).to_have_text("Cancelled")
    street.settle()
    assert last_order(street).cancelled_at is not None


def follow(shopper: Device) -> Page:
    """From the order's page to the page of its pickup."""
    link = shopper.page.locator("a.handcart-pickup")
    expect(link).to_be_visible()
    link.click()
    expect(shopper.page).to_have_url(re.compile("/pickup/"))
    return shopper.page


def code_on(pickup: Page) -> str:
    """The code that the page shows as soon as the order is ready, by itself."""
    expect(pickup.get_by_role("heading", level=1)).to_have_text("Ready for you")
    code = "".join(pickup.locator(".code span").all_inner_texts())
    assert CODE.match(code)
    return code


def other_than(code: str) -> str:
    return code[::-1] if code[::-1] != code else "2" + code[1:]


def last_order(street: Street) -> Order:
    orders = street.shop.world.orders
    return orders[max(orders)]
