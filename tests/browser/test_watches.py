"""Shoppers ask on the cart page to be told: a customer, and a guest by a mailed link."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from handcart.testing import Street
from handcart.testing.street import until
from handcart.watches import store
from tests.browser.looking import found_by_axe, look
from tests.browser.shopper import Device

pytestmark = pytest.mark.browser

JUNIPER = "Mountain Juniper Tea"
ASK = "Tell me if this gets cheaper or scarce"
WIDTHS = (390, 820, 1280)


@pytest.fixture(autouse=True)
def mailing(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app writes mails, and the shop's mailbox keeps them."""
    street.shop.mailbox.clear()
    address = f"smtp://127.0.0.1:{street.shop.mailbox.port}"
    settings = replace(street.app.settings, smtp_url=address, mail_from="shop@example.com")
    monkeypatch.setattr(street.app, "settings", settings)


def look_around(page: Page, name: str) -> None:
    """Nothing is wider than the window, in each of the usual widths."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        look(page, f"{name}-{width}")


def ask(device: Device) -> None:
    device.add("mountain-juniper-tea")
    device.until_told()
    device.open_cart()
    link = device.page.get_by_role("link", name=f"{ASK}: {JUNIPER}")
    expect(link).to_be_visible()
    link.click()
    expect(device.page.get_by_role("heading", name=re.compile(f"^{JUNIPER}"))).to_be_visible()


def test_a_customer_asks_and_the_admins_new_price_is_known(desktop: Device, street: Street) -> None:
    desktop.sign_in("mira@example.com")
    ask(desktop)
    assert found_by_axe(desktop.page) == []
    look_around(desktop.page, "watches-asking")
    desktop.page.get_by_role("button", name="Tell me").click()
    expect(desktop.page.get_by_role("status").first).to_have_text("We will tell you by mail.")
    look_around(desktop.page, "watches-asked")

    shop = street.shop.world.shop.domain
    variant_id = min(street.shop.world.variants)
    form = {"variant": str(variant_id), "price": "4.50"}
    requests.post(f"{street.shop.url}/admin/prices", data=form, timeout=30).raise_for_status()

    def known() -> bool:
        with street.app.db.reading() as view:
            seen = store.seen(view, shop, variant_id)
        return seen is not None and seen.price == 450

    until(known, "the new price was never told")
    end = desktop.page.get_by_role("button", name=f"End: {JUNIPER}")
    end.focus()
    desktop.page.keyboard.press("Enter")
    expect(desktop.page.get_by_text("Nothing at the moment.")).to_be_visible()


def test_a_guest_confirms_by_the_mailed_link_and_ends_it_there(
    phone: Device, street: Street
) -> None:
    ask(phone)
    phone.page.get_by_label("Your e-mail address").fill("guest@example.com")
    phone.page.get_by_role("button", name="Tell me").click()
    expect(phone.page.get_by_role("status").first).to_contain_text("Look into your mailbox")
    until(lambda: bool(street.shop.mailbox.mails), "nobody was asked")
    mail = street.shop.mailbox.mails[0]
    found = re.search(r"http\S+/watches/\S+", mail.part("plain"))
    assert found and mail.to == ("guest@example.com",)
    page = phone.page
    page.goto(found[0])
    assert found_by_axe(page) == []
    look_around(page, "watches-link")
    page.get_by_role("button", name="Yes, tell me").click()
    expect(page.get_by_role("button", name="Yes, tell me")).to_have_count(0)
    address = urlsplit(page.url)._replace(query="locale=fa").geturl()
    page.goto(address)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    look_around(page, "watches-persian")
    page.get_by_role("button", name=re.compile("^پایان")).click()
    expect(page.get_by_text("کسی برایتان نمی‌نویسد")).to_be_visible()
