"""A picker at the counter: few taps, a lost connection, a scanner, a sound."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, expect

from handcart.pickups import PageLink, State, acts, code_for, service
from handcart.pickups.signed import signed_code
from handcart.testing import Street
from tests.browser.conftest import Opens
from tests.browser.furnishing import SHOP, order
from tests.browser.staff import Counter
from tests.browser.trouble import Trouble

pytestmark = pytest.mark.browser

STORE = "Old Town"
TABLET = {"width": 1180, "height": 820}
# How many real seconds the network is cut for in the long form.
CUT_OFF = float(os.environ.get("HANDCART_CUT_OFF_SECONDS", "0"))
# The page sends again every three seconds; all of these are played, at once.
TWO_MINUTES = 120_000


@pytest.fixture
def picker(street: Street, opens: Opens) -> Counter:
    return Counter(street, opens(viewport=TABLET), store=STORE)


def placed(street: Street, state: str = "requested") -> tuple[str, str]:
    """The name of a new order, and the id of its pickup."""
    made = order(street, {"TIN-100": 1}, store=STORE, state=state)
    name = street.shop.world.orders[made.number].name
    return name, next(one.pickup_id for one in street.pickups() if one.order_name == name)


def code_of(street: Street, pickup_id: str) -> str:
    return code_for(street.app.keyring, SHOP, pickup_id, generation=1)


def count_taps(frame: FrameLocator) -> None:
    """From now on the page counts what a finger does."""
    frame.locator("body").evaluate(
        "body => { body.dataset.taps = 0;"
        " addEventListener('pointerdown', () => body.dataset.taps++, true); }"
    )


def taps(frame: FrameLocator) -> int:
    return int(frame.locator("body").get_attribute("data-taps") or 0)


def test_a_whole_handover_takes_at_most_four_taps_from_the_queue(
    street: Street, picker: Counter
) -> None:
    name, pickup_id = placed(street)
    expect(picker.card(name)).to_be_visible()
    count_taps(picker.frame)
    picker.card(name).get_by_role("button", name="Mark ready").click()
    expect(picker.waiting.get_by_role("article", name=name)).to_be_visible()
    picker.card(name).get_by_label(f"Code of {name}").click()
    picker.page.keyboard.type(code_of(street, pickup_id))
    picker.card(name).get_by_role("button", name="Hand over").click()
    expect(picker.news).to_have_text(f"{name} is handed over.")
    assert taps(picker.frame) == 3


def test_a_shopper_takes_a_substitute_and_pays_what_they_paid(
    street: Street, opens: Opens, picker: Counter
) -> None:
    made = order(street, {"TIN-100": 1}, store=STORE)
    sold = street.shop.world.orders[made.number]
    page = opens(viewport={"width": 390, "height": 844}).new_page()
    page.goto(made.pickup_page)
    card = picker.card(sold.name)
    card.get_by_role("button", name="More", exact=True).click()
    card.get_by_text("Only a part is there").click()
    card.get_by_label("Tea Tin", exact=True).fill("1")
    card.get_by_label("Offer instead of Tea Tin").fill("MUG-GLS")
    card.get_by_role("button", name="These are missing").click()
    take = page.get_by_role("button", name="I take Glass Infuser Mug instead")
    expect(take).to_be_visible()
    assert Axe().run(page).violations_count == 0
    take.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We are preparing your order")
    street.settle()
    expect(card).to_contain_text("Glass Infuser Mug")
    expect(card).not_to_contain_text("TIN-100")
    picker.mark_ready(sold.name)
    street.settle()
    assert [(line.sku, line.current) for line in sold.lines] == [("TIN-100", 0), ("MUG-GLS", 1)]
    assert (sold.current_total, sold.outstanding, sold.refunded) == (750, 0, 0)
    assert street.pickups()[-1].state is State.READY


def test_what_is_missing_is_sent_and_the_rest_is_ready(
    street: Street, opens: Opens, picker: Counter
) -> None:
    made = order(street, {"TIN-100": 1, "BOX-TST": 1}, store=STORE)
    world = street.shop.world
    sold = world.orders[made.number]
    pickup = next(one for one in street.pickups() if one.order_name == sold.name)
    page = opens(viewport={"width": 390, "height": 844}).new_page()
    page.goto(made.pickup_page)
    tin = next(line for line in pickup.lines if line.sku == "TIN-100")
    box = next(line for line in pickup.lines if line.sku == "BOX-TST")
    with street.app.db.writing() as work:
        about = {"by": "staff:1", "at": street.app.clock()}
        acts.pack(work, SHOP, pickup.pickup_id, units={box.line_id: 1}, **about)
        missing = {tin.line_id: 1}
        acts.report_missing(work, SHOP, pickup.pickup_id, units=missing, reason="damaged", **about)
    page.get_by_text("Send it to me instead").click()
    page.get_by_label("Name of who gets it").fill("Mira Petrova")
    page.get_by_label("Street and number").fill("Elm street 1")
    page.get_by_label("Town").fill("Varna")
    page.get_by_label("Country").select_option("BG")
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Send what is missing").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready for you")
    street.settle()
    parcel = max(world.orders.values(), key=lambda one: one.id)
    assert [(line.sku, line.current) for line in parcel.lines] == [("TIN-100", 1)]
    assert (parcel.total, parcel.shipping_address and parcel.shipping_address.city) == (0, "Varna")
    assert {line.sku: line.current for line in sold.lines} == {"TIN-100": 0, "BOX-TST": 1}
    assert (sold.refunded, sold.outstanding) == (0, 0)
    expect(picker.waiting.get_by_role("article", name=sold.name)).to_be_visible()
    (work_order,) = world.fulfillment_orders_of(sold.id)
    assert work_order.prepared_at is not None


def test_no_tap_is_lost_or_done_twice_while_the_network_is_gone(
    street: Street, opens: Opens, trouble: Trouble
) -> None:
    """For two minutes by the clock of the browser; the long form waits for as long as it says."""
    context = opens(viewport=TABLET)
    context.clock.install()
    picker = Counter(street, context, store=STORE)
    trouble.expect("ERR_INTERNET_DISCONNECTED", "")
    trouble.expect("TypeError: Failed to fetch", "")
    trouble.expect("Failed to fetch", "")
    trouble.expect("the admin did not answer", "")
    (first, first_id), (second, second_id) = placed(street), placed(street)
    expect(picker.card(first)).to_be_visible()
    expect(picker.card(second)).to_be_visible()
    picker.page.context.set_offline(True)
    picker.card(first).get_by_role("button", name="Mark ready").click()
    picker.card(second).get_by_role("button", name="Accept").click()
    waits = picker.frame.locator("#taps")
    expect(waits).to_have_text("2 taps wait for the connection.")
    expect(picker.card(first)).to_have_class(re.compile("has-taps"))
    if CUT_OFF:
        picker.page.wait_for_timeout(CUT_OFF * 1000)
    else:
        context.clock.run_for(TWO_MINUTES)
    expect(waits).to_have_text("2 taps wait for the connection.")
    picker.page.context.set_offline(False)
    expect(picker.waiting.get_by_role("article", name=first)).to_be_visible()
    expect(picker.card(second)).to_contain_text("Accepted")
    expect(waits).to_have_text("")
    found = {one.pickup_id: one for one in street.pickups()}
    assert (found[first_id].state, found[first_id].version) == (State.READY, 2)
    assert (found[second_id].state, found[second_id].version) == (State.ACCEPTED, 2)


def test_a_scanned_code_finds_its_order_and_enter_hands_it_over(
    street: Street, picker: Counter
) -> None:
    name, pickup_id = placed(street, "ready")
    other, _ = placed(street, "ready")
    expect(picker.card(other)).to_be_visible()
    picker.frame.locator("h2").first.click()
    # As fast as a scanner: faster than one key at a time over the wire.
    picker.frame.locator("body").evaluate(
        "(body, keys) => { for (const key of [...keys, 'Enter'])"
        " body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); }",
        code_of(street, pickup_id),
    )
    expect(picker.card(other)).to_have_count(0)
    expect(picker.card(name).get_by_role("button", name="Hand over")).to_be_focused()
    picker.page.keyboard.press("Enter")
    expect(picker.news).to_have_text(f"{name} is handed over.")


def test_a_new_order_is_heard_by_whoever_wants_to_hear_it(
    street: Street, picker: Counter, opens: Opens
) -> None:
    quiet = Counter(street, opens(viewport=TABLET), store=STORE)
    sound = picker.frame.get_by_role("button", name="Sound on new orders")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    expect(sound).to_have_attribute("aria-pressed", "true")
    name, _ = placed(street)
    for counter in (picker, quiet):
        expect(counter.card(name)).to_be_visible()
    expect(picker.frame.locator("[data-rung='1']")).to_have_count(1)
    expect(quiet.frame.locator("[data-rung]")).to_have_count(0)


@pytest.mark.timeout(300)
def test_picker_manager_and_shopper_side_by_side(
    street: Street, picker: Counter, opens: Opens, trouble: Trouble
) -> None:
    made = order(street, {"TIN-100": 1, "MUG-GLS": 1}, store=STORE)
    name = street.shop.world.orders[made.number].name
    manager, shopper = opens(viewport=TABLET).new_page(), opens().new_page()
    manager.goto(f"{street.shop.url}/admin/apps/{street.shop.app.handle}/board")
    row = manager.frame_locator("#app-frame").get_by_role("row", name=re.compile(STORE))
    shopper.goto(made.pickup_page)
    heading = shopper.get_by_role("heading", level=1)
    expect(heading).to_have_text("We are preparing your order")

    card = picker.card(name)
    card.get_by_role("button", name="More").click()
    card.get_by_text("Only a part is there").click()
    missing = card.locator("form", has=picker.frame.get_by_text("These are missing"))
    missing.get_by_label("Tea Tin", exact=True).fill("1")
    missing.get_by_role("button", name="These are missing").click()
    expect(card).to_contain_text("1 missing")
    expect(row.get_by_role("cell").nth(3)).to_have_text("1")
    expect(heading).to_have_text("Something is missing")

    shopper.get_by_role("button", name="Refund it, give me the rest").click()
    expect(heading).to_have_text("We are preparing your order")
    expect(card).not_to_contain_text("1 missing")
    card.get_by_role("button", name="Mark ready").click()
    expect(heading).to_have_text("Ready for you")
    code = "".join(shopper.locator(".code span").all_inner_texts())
    picker.hand_over(name, code)
    expect(heading).to_have_text("Collected")
    expect(row.get_by_role("cell").nth(3)).to_have_text("0")


def scan(picker: Counter, text: str) -> None:
    """As a scanner types it, faster than one key at a time over the wire."""
    picker.frame.locator("body").evaluate(
        "(body, keys) => { for (const key of [...keys, 'Enter'])"
        " body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); }",
        text,
    )


def signed_for(street: Street, pickup_id: str, *, days: int = 1, shop: str = SHOP) -> str:
    link = PageLink(shop, pickup_id, 1)
    until = street.app.clock() + timedelta(days=days)
    return signed_code(street.app.keyring, link, not_after=until)


def test_a_signed_code_is_believed_without_a_network_and_its_tap_waits_for_one(
    street: Street, picker: Counter, trouble: Trouble
) -> None:
    for complaint in ("ERR_INTERNET_DISCONNECTED", "Failed to fetch"):
        trouble.expect(complaint, "")
    name, pickup_id = placed(street, "ready")
    expect(picker.card(name)).to_be_visible()
    said = picker.frame.locator("#signed")
    picker.page.context.set_offline(True)
    scan(picker, signed_for(street, pickup_id, shop="other.myshopify.com"))
    expect(said).to_have_text("This code is not from this shop.")
    scan(picker, signed_for(street, pickup_id, days=-1))
    expect(said).to_have_text("This code has run out.")
    scan(picker, signed_for(street, "123456"))
    expect(said).to_have_text("Genuine, but the order is not on this screen.")
    scan(picker, signed_for(street, pickup_id))
    expect(said).to_have_text(f"Genuine: {name}, shown by whoever ordered it.")
    expect(picker.card(name).get_by_role("button", name="Hand over")).to_be_focused()
    picker.page.keyboard.press("Enter")
    expect(picker.frame.locator("#taps")).to_have_text("1 taps wait for the connection.")
    assert pickup_id in {one.pickup_id for one in street.pickups()}
    picker.page.context.set_offline(False)
    expect(picker.card(name)).to_have_count(0)
    assert pickup_id not in {one.pickup_id for one in street.pickups()}


def test_the_server_has_the_last_word_on_a_signed_code(
    street: Street, picker: Counter, trouble: Trouble
) -> None:
    for complaint in ("ERR_INTERNET_DISCONNECTED", "Failed to fetch", "409", "422"):
        trouble.expect(complaint, "")
    name, pickup_id = placed(street, "ready")
    expect(picker.card(name)).to_be_visible()
    picker.page.context.set_offline(True)
    scan(picker, signed_for(street, pickup_id))
    expect(picker.card(name).get_by_role("button", name="Hand over")).to_be_focused()
    picker.page.keyboard.press("Enter")
    expect(picker.frame.locator("#taps")).to_have_text("1 taps wait for the connection.")
    with street.app.db.writing() as work:
        at = street.app.clock()
        service.cancel(work, SHOP, pickup_id, reason="customer_asked", by="manager:1", at=at)
    picker.page.context.set_offline(False)
    expect(picker.frame.locator("#late")).to_contain_text(name)
    expect(picker.card(name)).to_have_count(0)


def test_a_signed_code_in_the_field_for_names_finds_its_order(
    street: Street, picker: Counter
) -> None:
    made = order(street, {"TIN-100": 1}, store=STORE, state="ready")
    name = street.shop.world.orders[made.number].name
    pickup_id = next(one.pickup_id for one in street.pickups() if one.order_name == name)
    expect(picker.card(name)).to_be_visible()
    picker.frame.locator("#find").fill(signed_for(street, pickup_id))
    expect(picker.frame.locator("#queue[data-scanned]")).to_be_visible()
    expect(picker.card(name).get_by_role("button", name="Hand over")).to_be_focused()
    picker.page.keyboard.press("Enter")
    expect(picker.news).to_have_text(f"{name} is handed over.")
