"""Staff at the counter, which is a page of the app inside the merchant's admin."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from handcart.testing import Street


class Counter:
    """The admin with the counter of one store open in its frame."""

    def __init__(self, street: Street, context: BrowserContext, *, store: str) -> None:
        self.page: Page = context.new_page()
        self.page.goto(f"{street.shop.url}/admin/apps/{street.shop.app.handle}/counter")
        self.frame: FrameLocator = self.page.frame_locator("#app-frame")
        tab = self.frame.get_by_role("link", name=store)
        tab.click()
        expect(tab).to_have_attribute("aria-current", "page")

    @property
    def to_prepare(self) -> Locator:
        return self.frame.get_by_role("region", name=re.compile("^To prepare"))

    @property
    def waiting(self) -> Locator:
        return self.frame.get_by_role("region", name=re.compile("^Waiting to be collected"))

    @property
    def news(self) -> Locator:
        """What the last tap came to."""
        return self.frame.locator("#said")

    def card(self, order: str) -> Locator:
        return self.frame.get_by_role("article", name=order)

    def mark_ready(self, order: str) -> None:
        self.card(order).get_by_role("button", name="Mark ready").click()
        expect(self.waiting.get_by_role("article", name=order)).to_be_visible()

    def hand_over(self, order: str, code: str) -> None:
        """Type the code and press; what comes of it is for the caller to see."""
        self.card(order).get_by_label(f"Code of {order}").fill(code)
        self.card(order).get_by_role("button", name="Hand over").click()

    def tab_to(self, target: Locator) -> None:
        """Press Tab until ``target`` has the focus, as somebody without a mouse does."""
        expect(target).to_be_visible()
        for _ in range(40):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard never got to {target}")


class Till:
    """The page at the cash desk, opened with the PIN of the first of the staff."""

    def __init__(self, street: Street, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.page.goto(f"{street.shop.url}/pos")
        self.page.get_by_label("Staff PIN").fill(next(iter(street.shop.world.staff.values())).pin)
        self.page.get_by_role("button", name="Open the till").click()
        # The script draws the keys: from now on it hears what is typed.
        expect(self.page.locator("#keys li").first).to_be_visible()

    def ring_up(self, sku: str, times: int = 1) -> None:
        """Scan: the code and Enter, from the search field."""
        for _ in range(times):
            self.page.get_by_label("Search products").fill(sku)
            self.page.keyboard.press("Enter")

    def pay(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Pay")).click()
        expect(self.page.locator("#said")).to_contain_text("Sold:")
