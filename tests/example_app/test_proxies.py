"""Somebody collects in the shopper's place: what they see, what they may, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from handcart import Handcart
from handcart.errors import Denied
from handcart.pickups import PageLink, Pickup, State, queries, read_link, service, sign_link
from handcart.pickups.proxies import name_proxy, proxies_of, proxy_code, revoke_proxy
from tests.example_app.conftest import HARBOUR, SHOP

Place = Callable[..., Pickup]


@pytest.fixture
def pickup(app: Handcart, place: Place) -> Pickup:
    made = place()
    with app.db.writing() as work:
        return service.mark_ready(work, SHOP, made.pickup_id, by="staff:1", at=app.clock())


@pytest.fixture
def address(app: Handcart, pickup: Pickup) -> str:
    return "/pickup/" + sign_link(app.keyring, PageLink(SHOP, pickup.pickup_id, 1))


@pytest.fixture
def browser(app: Handcart) -> FlaskClient:
    return app.flask.test_client()


def do(browser: FlaskClient, address: str, deed: str, **more: str) -> int:
    form = re.search(r'name="form" value="([^"]+)"', browser.get(address).text)
    assert form is not None
    data = {"form": unescape(form[1]), **more}
    return browser.post(f"{address}/deeds/{deed}", data=data).status_code


def sent_to(browser: FlaskClient, address: str) -> list[str]:
    """The addresses of the pages of whoever the shopper sends."""
    page = browser.get(address).text
    return [
        "/pickup/" + found for found in re.findall(r'readonly value="[^"]+/pickup/([^"]+)"', page)
    ]


def code_on(page: str) -> str:
    return "".join(re.findall(r"<span>([0-9A-Z]{4})</span>", page))


def check(app: Handcart, pickup: Pickup, code: str) -> bool:
    with app.db.writing() as work:
        return service.check_code(
            work, SHOP, pickup.pickup_id, code=code, keyring=app.keyring, at=app.clock()
        ).right


def hand_over(app: Handcart, pickup: Pickup, code: str) -> Pickup:
    with app.db.writing() as work:
        return service.hand_over(
            work,
            SHOP,
            pickup.pickup_id,
            code=code,
            keyring=app.keyring,
            by="staff:1",
            at=app.clock(),
        )


def test_a_proxy_has_a_page_and_a_code_of_their_own_and_the_history_says_who_came(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    assert do(browser, address, "send", name="  Aunt  Vesna ") == 303
    [theirs] = sent_to(browser, address)
    own, other = browser.get(address).text, browser.get(theirs).text
    assert "Aunt Vesna" in own
    assert len(code_on(own)) == len(code_on(other)) == 8
    assert code_on(own) != code_on(other)
    with app.db.reading() as view:
        found = queries.of_code(view, SHOP, HARBOUR, code=code_on(other), keyring=app.keyring)
    assert found is not None
    assert found.pickup_id == pickup.pickup_id
    assert hand_over(app, pickup, code_on(other)).state is State.COLLECTED
    with app.db.reading() as view:
        assert queries.changes(view, SHOP, pickup.pickup_id)[-1].why == "code of proxy:1"


def test_a_proxy_sees_the_items_and_neither_the_price_nor_the_address_nor_other_people(
    browser: FlaskClient, address: str
) -> None:
    do(browser, address, "send", name="Aunt Vesna")
    do(browser, address, "send", name="Uncle Petar")
    page = browser.get(sent_to(browser, address)[0]).text
    assert "Gyokuro, 50 g" in page
    assert "Harbour" in page
    for hidden in ("Mina", "Sato", "Vesna", "Petar", "€", "EUR", "you paid"):
        assert hidden not in page


@pytest.mark.parametrize("deed", ["extend", "slot", "wait", "refund", "send", "send-nobody"])
def test_a_proxy_changes_nothing_but_where_they_are(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup, deed: str
) -> None:
    do(browser, address, "send", name="Aunt Vesna")
    [theirs] = sent_to(browser, address)
    more = {"name": "Somebody else", "proxy": "1", "slot": "2026-11-24T10:00:00+00:00"}
    assert do(browser, theirs, deed, **more) == 409
    with app.db.reading() as view:
        assert queries.get(view, SHOP, pickup.pickup_id) == pickup
        assert [one.name for one in proxies_of(view, SHOP, pickup.pickup_id)] == ["Aunt Vesna"]
    assert "Cancel this order" not in browser.get(theirs).text
    assert do(browser, theirs, "on-my-way", note="blue bicycle") == 303


def test_the_form_of_one_page_does_not_do_for_another(
    browser: FlaskClient, address: str, app: Handcart, pickup: Pickup
) -> None:
    do(browser, address, "send", name="Aunt Vesna")
    [theirs] = sent_to(browser, address)
    form = re.search(r'name="form" value="([^"]+)"', browser.get(theirs).text)
    assert form is not None
    data = {"form": unescape(form[1])}
    assert browser.post(f"{address}/cancellation", data=data).status_code == 400
    assert browser.post(f"{theirs}/cancellation", data=data).status_code == 400
    with app.db.reading() as view:
        assert queries.get(view, SHOP, pickup.pickup_id).state is State.READY


def test_who_does_not_come_any_more_has_no_page_and_no_code(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    do(browser, address, "send", name="Aunt Vesna")
    [theirs] = sent_to(browser, address)
    code = code_on(browser.get(theirs).text)
    assert check(app, pickup, code)
    assert do(browser, address, "send-nobody", proxy="1") == 303
    assert browser.get(theirs).status_code == 404
    assert not check(app, pickup, code)
    with pytest.raises(Denied):
        hand_over(app, pickup, code)
    # The next one gets another number, and so another code.
    do(browser, address, "send", name="Aunt Vesna")
    assert code_on(browser.get(sent_to(browser, address)[0]).text) != code


def test_wrong_codes_are_counted_for_the_order_whoever_types_them(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    do(browser, address, "send", name="Aunt Vesna")
    [theirs] = sent_to(browser, address)
    for _ in range(5):
        assert not check(app, pickup, "00000000")
    assert not check(app, pickup, code_on(browser.get(theirs).text))


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("  ", 400, "Say who collects it"), ("x" * 81, 400, "too long")],
)
def test_a_name_that_is_none_is_refused(
    browser: FlaskClient, address: str, name: str, status: int, words: str
) -> None:
    form = re.search(r'name="form" value="([^"]+)"', browser.get(address).text)
    assert form is not None
    data = {"form": unescape(form[1]), "name": name}
    answer = browser.post(f"{address}/deeds/send", data=data)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert sent_to(browser, address) == []


def test_three_people_at_a_time_and_no_more(browser: FlaskClient, address: str) -> None:
    for number in range(3):
        assert do(browser, address, "send", name=f"Person {number}") == 303
    assert do(browser, address, "send", name="Person 4") == 409
    assert len(sent_to(browser, address)) == 3


def test_nobody_is_sent_for_what_is_over(
    app: Handcart, browser: FlaskClient, address: str, pickup: Pickup
) -> None:
    form = re.search(r'name="form" value="([^"]+)"', browser.get(address).text)
    assert form is not None
    with app.db.writing() as work:
        service.hand_over(
            work,
            SHOP,
            pickup.pickup_id,
            code=None,
            keyring=app.keyring,
            by="staff:1",
            at=app.clock(),
        )
    data = {"form": unescape(form[1]), "name": "Aunt Vesna"}
    assert browser.post(f"{address}/deeds/send", data=data).status_code == 409


def test_a_customer_who_is_forgotten_has_sent_nobody(app: Handcart, pickup: Pickup) -> None:
    with app.db.writing() as work:
        name_proxy(work, SHOP, pickup.pickup_id, name="Aunt Vesna", by="shopper", at=app.clock())
        exported = service.export_customer(work, SHOP, 77)
        assert exported["pickups"][0]["may_collect"] == ["Aunt Vesna"]
        service.forget_customer(work, SHOP, 77, at=app.clock())
        assert proxies_of(work, SHOP, pickup.pickup_id) == ()


def test_taking_somebody_back_twice_is_taking_them_back_once(app: Handcart, pickup: Pickup) -> None:
    with app.db.writing() as work:
        one = name_proxy(work, SHOP, pickup.pickup_id, name="A", by="shopper", at=app.clock())
        for _ in range(2):
            revoke_proxy(
                work,
                SHOP,
                pickup.pickup_id,
                proxy_id=one.proxy_id,
                by="shopper",
                at=app.clock(),
            )
        assert proxies_of(work, SHOP, pickup.pickup_id) == ()


def test_a_link_says_whose_it_is(app: Handcart) -> None:
    for link in (PageLink(SHOP, "9001", 1), PageLink(SHOP, "9001", 1, proxy_id=2)):
        assert read_link(app.keyring, sign_link(app.keyring, link), at=app.clock()) == link
    codes = {
        proxy_code(app.keyring, SHOP, "9001", generation=1, proxy_id=number) for number in range(9)
    }
    assert len(codes) == 9


def test_the_pass_needs_nothing_but_paper(
    app: Handcart, browser: FlaskClient, address: str
) -> None:
    page = browser.get(f"{address}/pass")
    assert page.status_code == 200
    own = code_on(browser.get(address).text)
    assert f"{own[:4]}-{own[4:]}" in page.text
    assert "data:image/svg+xml" in page.text
    for said in ("#1001", "Harbour", "Quay 4, 9000 Varna", "Gyokuro, 50 g", "Monday"):
        assert said in page.text
    assert "<script" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
