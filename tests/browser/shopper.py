"""A shopper at one device, who uses the theme's own pages and nothing else."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import BrowserContext, Error, Locator, Page, Response, expect

from handcart.testing import Street
from handcart.testing.street import until

PASSWORD = "tea"
_REPORT = "/apps/handcart/cart"
_LOOKED_AT = """
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("focus"));
"""

Lines = dict[str, int]


class Device:
    """One browser context with one open tab; ``more()`` opens another tab of the same browser."""

    def __init__(self, street: Street, context: BrowserContext) -> None:
        self.street = street
        self.context = context
        self._reported: list[Any] | None = None
        context.on("response", self._heard)
        self.page = context.new_page()

    def more(self) -> Device:
        return Device(self.street, self.context)

    def visit(self, path: str = "/") -> Page:
        self.page.goto(self.street.shop.url + path)
        return self.page

    def add(self, handle: str, quantity: int = 1, *, size: str = "") -> None:
        """Choose on the product page, press the button, and read that it was added."""
        page = self.visit(f"/products/{handle}")
        if size:
            sizes = page.get_by_label("Size")
            chosen = sizes.locator("option", has_text=re.compile(rf"^{re.escape(size)} "))
            sizes.select_option(chosen.get_attribute("value"))
        page.get_by_label("Quantity").fill(str(quantity))
        page.get_by_role("button", name="Add to cart").click()
        expect(page.locator("[data-said]")).to_contain_text("Added:")

    def sign_in(self, email: str) -> None:
        page = self.visit("/account/login")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("link", name="Sign out")).to_be_visible()

    def sign_out(self) -> None:
        self.page.get_by_role("link", name="Sign out").click()
        expect(self.page.get_by_role("link", name="Sign in")).to_be_visible()

    def open_cart(self) -> None:
        self.page.get_by_role("link", name=re.compile("^Cart")).click()
        expect(self.page.get_by_role("heading", name="Your cart")).to_be_visible()

    def set(self, title: str, quantity: int) -> None:
        """Change a quantity on the cart page and press "Update cart"."""
        self.page.get_by_label(f"Quantity of {title}").fill(str(quantity))
        self.page.get_by_role("button", name="Update cart").click()
        expect(self.page.get_by_label(f"Quantity of {title}")).to_have_value(str(quantity))

    def remove(self, title: str) -> None:
        self.page.get_by_label(f"Remove {title}").click()
        expect(self.page.get_by_label(f"Remove {title}")).to_have_count(0)

    def buy_for_pickup(self, store: str) -> str:
        """Check out with pickup at ``store``; the order's name. Signed in or with an email."""
        self.visit("/cart").get_by_role("button", name="Check out").click()
        email = self.page.get_by_label("Email")
        if not email.input_value():
            email.fill("guest@example.com")
        self.page.get_by_role("radio", name=re.compile("^Pick up in store")).check()
        self.page.get_by_role("radio", name=re.compile(f"^{store}")).check()
        self.page.get_by_role("button", name="Pay now").click()
        expect(self.page.get_by_role("heading", name=re.compile("^Thank you"))).to_be_visible()
        return self.page.title().split()[1]

    def come_back(self) -> None:
        """Look at this tab again after another window, as the browser tells the page.

        A page that loads itself anew just then is told when it is there.
        """
        try:
            self.page.evaluate(_LOOKED_AT)
        except Error:
            self.page.wait_for_load_state()
            self.page.evaluate(_LOOKED_AT)

    @property
    def badge(self) -> Locator:
        """The number beside "Cart" in the shop's header."""
        return self.page.locator("[data-cart-count]")

    def shown(self) -> Lines:
        """What the open cart page shows."""
        lines = self.page.locator("[data-line-key]")
        titles = [each.inner_text() for each in lines.locator("strong").all()]
        quantities = [int(each.input_value()) for each in lines.locator("input").all()]
        assert len(titles) == len(set(titles)) == len(quantities)
        return dict(zip(titles, quantities, strict=True))

    def held(self) -> Lines:
        """What the platform has in this browser's cart; a line that is there twice is an error."""
        items = self._cart()["items"]
        lines = {each["product_title"]: int(each["quantity"]) for each in items}
        assert len(lines) == len(items), f"a line is there twice: {items}"
        return lines

    def until_told(self) -> None:
        """Wait until the app has been told what this browser's cart holds now."""
        until(self._is_told, "the script never told the app")

    def _is_told(self) -> bool:
        self.page.wait_for_timeout(30)
        items = [[each["variant_id"], each["quantity"]] for each in self._cart()["items"]]
        return self._reported == items

    def _cart(self) -> Any:
        # A kept connection may be closed just when it is used again.
        return self.context.request.get(f"{self.street.shop.url}/cart.js", max_retries=3).json()

    def _heard(self, response: Response) -> None:
        if response.ok and response.url.endswith(_REPORT):
            report = response.request.post_data_json
            self._reported = [[each["variant_id"], each["quantity"]] for each in report["lines"]]
