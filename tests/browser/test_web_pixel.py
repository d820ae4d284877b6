"""The app's web pixel in the shop's sandbox: it counts visitors who agree, and nobody else."""

from __future__ import annotations

import json
import subprocess

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from handcart.testing import Street
from handcart.testing.street import until
from tests.browser.bundles import bundle
from tests.browser.conftest import DESKTOP, Opens
from tests.browser.shopper import Device

pytestmark = pytest.mark.browser

PIXEL = "handcart-pixel"
# The most that the platform takes (shopify.dev, Web pixel app extensions).
LARGEST = 128 * 1024
# The platform's sandbox as the bundle meets it: what it registers is called with stand-ins.
SANDBOX = """
const sent = [], kept = new Map(), subscribed = new Map();
globalThis.fetch = async (url, { body, keepalive }) => {
  sent.push([url, JSON.parse(body), keepalive]);
};
globalThis.shopify = { extend: (target, start) => start({
  settings: { endpoint: "https://app.example.com/pixel", ticket: "t" },
  analytics: { subscribe: (name, callback) => subscribed.set(name, callback) },
  browser: { sessionStorage: {
    getItem: async (key) => kept.get(key) ?? null,
    setItem: async (key, value) => { kept.set(key, value); },
  } },
}) };
globalThis.self = globalThis;
"""
PLAYED = """
const play = async () => {
  const customer = { id: "77", email: "zoe@example.com" };
  for (const name of ["cart_viewed", "cart_viewed", "checkout_completed", "page_viewed"]) {
    subscribed.get(name)?.({ name, data: { checkout: { order: { customer } } } });
    await new Promise((done) => setTimeout(done));
  }
  console.log(JSON.stringify({ sent, names: [...subscribed.keys()] }));
};
play();
"""


def test_the_pixel_as_it_is_built_tells_each_step_once_and_nothing_of_the_shopper() -> None:
    built = bundle(PIXEL, "src/index.js")
    assert len(built.encode()) < LARGEST
    played = subprocess.run(
        ["node", "--eval", SANDBOX + built + PLAYED], capture_output=True, text=True, check=False
    )
    assert played.stderr == ""
    said = json.loads(played.stdout)
    there = "https://app.example.com/pixel"
    assert said["sent"] == [
        [there, {"ticket": "t", "step": "cart_viewed"}, True],
        [there, {"ticket": "t", "step": "checkout_completed"}, True],
    ]
    assert sorted(said["names"]) == [
        "cart_viewed",
        "checkout_completed",
        "checkout_started",
        "product_added_to_cart",
    ]


def open_home(street: Street, opens: Opens) -> tuple[Page, FrameLocator]:
    page = opens(**DESKTOP).new_page()
    page.goto(f"{street.shop.url}/admin/apps/{street.shop.app.handle}")
    home = page.frame_locator("#app-frame")
    expect(home.get_by_role("button", name="Count visits")).to_be_visible()
    frame = page.locator("#app-frame").element_handle().content_frame()
    assert frame
    frame.wait_for_load_state()  # its script has run
    return page, home


def numbers(home: FrameLocator) -> Locator:
    """Today's figures: put in, viewed, started, ordered."""
    return home.locator("#web tbody tr").first.locator("td")


def pixel_of(street: Street) -> object:
    return street.shop.world.admin_state.get("pixels", {}).get(street.shop.app.client_id)


def test_a_merchant_who_agrees_sees_how_far_visitors_come_who_agree_too(
    street: Street, opens: Opens
) -> None:
    page, home = open_home(street, opens)
    asked: list[str] = []

    def answer(dialog: object, yes: bool) -> None:
        asked.append(dialog.message)  # type: ignore[attr-defined]
        dialog.accept() if yes else dialog.dismiss()  # type: ignore[attr-defined]

    def was_asked() -> bool:
        page.wait_for_timeout(30)  # a dialog is heard of while the page is
        return len(asked) == 1

    page.once("dialog", lambda dialog: answer(dialog, False))
    home.get_by_role("button", name="Count visits").click()
    until(was_asked, "the merchant was not asked")
    page.once("dialog", lambda dialog: answer(dialog, True))
    home.get_by_role("button", name="Count visits").click()
    expect(numbers(home)).to_have_text(["0", "0", "0", "0"])
    assert "write_pixels, read_customer_events" in asked[1]
    street.settle()
    assert pixel_of(street) is not None

    device = Device(street, opens(**DESKTOP))
    device.visit()
    device.page.evaluate("window.Shopify.customerPrivacy.setTrackingConsent({analytics: false})")
    steps: list[str] = []
    device.context.on(
        "request", lambda one: steps.append(one.post_data or "") if "/pixel" in one.url else None
    )
    device.add("tea-tin")
    device.open_cart()
    assert steps == []
    with device.page.expect_response("**/pixel") as told:
        device.page.evaluate("window.Shopify.customerPrivacy.setTrackingConsent({analytics: true})")
    assert told.value.status == 204
    device.buy_for_pickup("Vitosha Street")
    expect(numbers(home)).to_have_text(["0", "1", "1", "1"])
    with device.page.expect_response("**/pixel") as told:
        device.add("tea-tin")
    device.open_cart()
    expect(numbers(home)).to_have_text(["1", "1", "1", "1"])
    assert all(set(json.loads(step)) == {"ticket", "step"} for step in steps)
    assert len(steps) == 4
