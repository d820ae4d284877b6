"""Writes the pictures of the README and the docs: ``python -m tests.browser.pictures``.

The same shop, the same orders and the same sizes every time; only the times of day differ. With a
folder as its argument it writes every page there in every width, in light and in dark, to be
looked at.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from example_app import create_handcart
from handcart.storage import metadata
from handcart.testing import Street, open_street
from tests.browser.chromium import chromium
from tests.browser.conftest import TOML
from tests.browser.furnishing import Ordered, order
from tests.browser.shopper import Device
from tests.browser.staff import Counter, Till

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
STORE = "Vitosha Street"
MIRA = "mira@example.com"
HEIGHTS = {390: 844, 820: 1180, 1180: 820, 1440: 900}


@dataclass
class Studio:
    """A furnished street, and a browser to look at it with."""

    street: Street
    browser: Browser
    ready: Ordered

    @contextmanager
    def look(self, width: int, scheme: str) -> Iterator[BrowserContext]:
        """A context of ``width``; the narrow one is a phone with a sharp screen."""
        options: dict[str, Any] = {"viewport": {"width": width, "height": HEIGHTS[width]}}
        if width == 390:
            options |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
        with self.browser.new_context(
            color_scheme=scheme, reduced_motion="reduce", **options
        ) as context:
            yield context


@contextmanager
def studio() -> Iterator[Studio]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_street(create_handcart, toml=TOML, folder=Path(folder)) as street,
        chromium() as browser,
    ):
        yield Studio(street, browser, furnish(street, browser))


def furnish(street: Street, browser: Browser) -> Ordered:
    """A morning at the shop: orders at two stores, a cart on Mira's phone, a bad network."""
    waited = [
        (order(street, lines, store=store, state=state, email=f"{who}@example.com"), minutes)
        for who, lines, store, state, minutes in (
            ("aiko", {"BOX-TST": 1}, STORE, "collected", 64),
            ("daniel", {"POT-SND": 1, "GRE-100": 2}, STORE, "ready", 41),
            ("sofia", {"LIN-050": 1, "MUG-GLS": 2}, STORE, "requested", 18),
            ("jonas", {"SMO-100": 1}, STORE, "requested", 6),
            ("elena", {"ROS-250": 1}, "Old Town", "requested", 3),
            ("mira", {"JUN-100": 2, "TIN-100": 1}, STORE, "ready", 12),
        )
    ]
    for each, minutes in waited:
        _wait(street, each, minutes)
    street.shop.faults.add("duplicate", topic="carts/*", probability=0.5)
    street.shop.faults.add("delay", topic="orders/*", probability=0.25, seconds=30)
    street.shop.faults.add("corrupt_signature", topic="inventory_levels/*", times=3)
    with browser.new_context() as context:
        phone = Device(street, context)
        phone.sign_in(MIRA)
        phone.add("evening-chamomile", 2, size="100 g")
        phone.add("clay-teapot")
        phone.until_told()
        till = Till(street, context)
        till.ring_up("GRE-050")
        till.pay()
    street.shop.deliveries.flush(5)
    return waited[-1][0]


def _wait(street: Street, each: Ordered, minutes: int) -> None:
    """Let the pickup of ``each`` have waited for so long."""
    pickups = metadata.tables["pickups"]
    since = street.app.clock() - timedelta(minutes=minutes)
    with street.app.db.writing() as work:
        work.execute(
            update(pickups)
            .where(pickups.c.order_id == each.number)
            .values(requested_at=since, changed_at=since)
        )


Pose = Callable[[Studio, BrowserContext], Page]


def of_shop(path: str, shows: str) -> Pose:
    def posed(studio: Studio, context: BrowserContext) -> Page:
        page = context.new_page()
        page.goto(studio.street.shop.url + path)
        expect(page.locator(shows).first).to_be_visible()
        return page

    return posed


def cart(studio: Studio, context: BrowserContext) -> Page:
    """The cart that Mira filled on her phone, on whatever she signs in with."""
    shopper = Device(studio.street, context)
    shopper.sign_in(MIRA)
    expect(shopper.badge).to_have_text("3")
    shopper.until_told()
    shopper.open_cart()
    expect(shopper.page.locator("[data-line-key]")).to_have_count(2)
    return shopper.page


def counter(studio: Studio, context: BrowserContext) -> Page:
    staff = Counter(studio.street, context, store=STORE)
    expect(staff.waiting.get_by_role("article")).to_have_count(2)
    return staff.page


def of_app(path: str, shows: str) -> Pose:
    """A page of the app inside the admin, as soon as it shows that."""

    def posed(studio: Studio, context: BrowserContext) -> Page:
        page = context.new_page()
        page.goto(f"{studio.street.shop.url}/admin/apps/handcart{path}")
        expect(page.frame_locator("#app-frame").locator(shows).first).to_be_visible()
        return page

    return posed


def home(studio: Studio, context: BrowserContext) -> Page:
    page = of_app("", ".stores li")(studio, context)
    expect(page.frame_locator("#app-frame").locator(".stores li")).to_have_count(3)
    return page


def staff(studio: Studio, context: BrowserContext) -> Page:
    """Whoever has looked at the counter can be given a role."""
    counter(studio, context).close()
    return of_app("/staff", "[id^=member-]")(studio, context)


def pickup(studio: Studio, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(studio.ready.pickup_page)
    expect(page.locator(".code")).to_be_visible()
    return page


def till(studio: Studio, context: BrowserContext) -> Page:
    till = Till(studio.street, context)
    till.ring_up("JUN-100", 2)
    till.ring_up("TIN-100")
    till.page.get_by_label("Search products").fill("")
    till.page.get_by_label("Customer (optional)").fill("mira")
    till.page.get_by_role("button", name=MIRA).click()
    return till.page


POSES: dict[str, Pose] = {
    "storefront": of_shop("/", ".product"),
    "product": of_shop("/products/mountain-juniper-tea", ".handcart-stock li"),
    "cart": cart,
    "home": home,
    "counter": counter,
    "pickup": pickup,
    "till": till,
    "board": of_app("/board", "#board tbody tr"),
    "report": of_app("/report", ".day-plot rect"),
    "stores": of_app("/stores", ".stores li"),
    "stock": of_app("/stock?find=JUN-100", "#item-title"),
    "staff": staff,
    "behind-the-scenes": of_shop("/_local/", "table"),
}
# What is kept, in which size.
KEPT = {
    "home": ("home", 1440, "light"),
    "cart-on-the-phone": ("cart", 390, "light"),
    "cart-on-the-laptop": ("cart", 1180, "light"),
    "counter": ("counter", 1180, "light"),
    "counter-dark": ("counter", 1180, "dark"),
    "pickup-on-the-phone": ("pickup", 390, "light"),
    "till": ("till", 1180, "light"),
    "board": ("board", 1180, "light"),
    "report": ("report", 1180, "light"),
    "stores": ("stores", 1180, "light"),
    "stock": ("stock", 1180, "light"),
    "staff": ("staff", 1180, "light"),
    "behind-the-scenes": ("behind-the-scenes", 1180, "light"),
}
# Where the page goes on below what a screen shows.
TALL = {"behind-the-scenes": 1200}


# A laptop with a phone in front of it.
BOTH = """
<body style="margin:0;width:1280px;height:760px;position:relative;background:#e8ebe4">
<style>img {{ position:absolute; box-shadow:0 18px 60px rgb(28 33 30 / 22%) }}</style>
<img src="{laptop}" style="left:40px;top:46px;width:960px;border-radius:12px">
<img src="{phone}" style="right:40px;top:150px;width:264px;border-radius:28px;
  outline:9px solid #1c211e">
</body>
"""


def put_together(studio: Studio) -> None:
    """One cart on two devices, in one picture."""
    with studio.browser.new_context(viewport={"width": 1280, "height": 760}) as context:
        page = context.new_page()
        shown = {"laptop": "cart-on-the-laptop", "phone": "cart-on-the-phone"}
        page.set_content(BOTH.format(**{each: _inline(shown[each]) for each in shown}))
        page.screenshot(path=FOLDER / "cart-on-both.png")


def _inline(name: str) -> str:
    encoded = base64.b64encode((FOLDER / f"{name}.png").read_bytes()).decode()
    return f"data:image/png;base64,{encoded}"


def shoot(studio: Studio, pose: str, width: int, scheme: str, to: Path, *, whole: bool) -> None:
    with studio.look(width, scheme) as context:
        page = POSES[pose](studio, context)
        if not whole and pose in TALL:
            page.set_viewport_size({"width": width, "height": TALL[pose]})
        page.wait_for_load_state("networkidle")
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=to, full_page=whole, animations="disabled", caret="hide")


def main(folder: Path | None = None) -> None:
    with studio() as ours:
        if folder is None:
            FOLDER.mkdir(parents=True, exist_ok=True)
            for name, (pose, width, scheme) in KEPT.items():
                shoot(ours, pose, width, scheme, FOLDER / f"{name}.png", whole=False)
            put_together(ours)
            return
        folder.mkdir(parents=True, exist_ok=True)
        for pose in POSES:
            for width in (390, 820, 1440):
                for scheme in ("light", "dark"):
                    to = folder / f"{pose}-{width}-{scheme}.png"
                    shoot(ours, pose, width, scheme, to, whole=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
