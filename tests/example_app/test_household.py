"""The page on which a household fills one cart, asked for through the shop's own address."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from handcart import Handcart
from handcart.carts import service as carts
from handcart.carts.goods import Good
from handcart.carts.sighting import Sighting
from handcart.carts.snapshot import SnapshotLine
from handcart.shoppers import service as shoppers

SHOP = "juniper-tea.myshopify.com"
MIRA, OTTO, STRANGER = 7, 8, 66
TEA, MUG = 101, 102


class Person:
    """Somebody who is signed in on the storefront, and their browser."""

    def __init__(self, app: Handcart, customer: int | None) -> None:
        self.app, self.customer = app, customer
        self.client: FlaskClient = app.flask.test_client()
        self.page = ""

    def query(self, **more: str) -> str:
        params = {
            "shop": SHOP,
            "logged_in_customer_id": str(self.customer or ""),
            "path_prefix": "/apps/handcart",
            "timestamp": str(int(self.app.clock().timestamp())),
            **more,
        }
        text = "".join(f"{name}={value}" for name, value in sorted(params.items()))
        secret = self.app.settings.api_secret.encode()
        signature = hmac.digest(secret, text.encode(), hashlib.sha256).hex()
        return urlencode({**params, "signature": signature})

    def look(self, **more: str) -> str:
        answer = self.client.get(f"/proxy/household?{self.query(**more)}")
        assert answer.status_code == 200
        self.page = answer.text
        return self.page

    def do(self, deed: str, **fields: str) -> TestResponse:
        """Send a form of the page that is open, with what stands in its hidden fields."""
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.page))
        seen = hidden.get("seen", "").replace("&#34;", '"')
        seen = seen.replace("&#123;", "{").replace("&#125;", "}")
        data = {**hidden, "seen": seen, **fields}
        answer = self.client.post(f"/proxy/household/{deed}?{self.query()}", data=data)
        self.page = answer.text
        return answer


@pytest.fixture
def mira(app: Handcart) -> Person:
    buys(app, MIRA, TEA, 2, "Gyokuro")
    person = Person(app, MIRA)
    person.look()
    assert person.do("begin", name="Mira").status_code == 200
    return person


@pytest.fixture
def otto(app: Handcart) -> Person:
    buys(app, OTTO, MUG, 1, "Mug {{ shop.secret }}")
    return Person(app, OTTO)


def buys(app: Handcart, customer: int, variant: int, quantity: int, title: str) -> None:
    sighting = Sighting(
        f"token-{customer}",
        "",
        (SnapshotLine(variant, quantity),),
        goods=(Good(title, 900, "EUR", "/products/tea"),),
    )
    with app.db.writing() as work:
        carts.sync(work, SHOP, sighting, device_id=None, customer_id=customer, at=app.clock())


def new_link(owner: Person, role: str = "editor") -> str:
    answer = owner.do("link", role=role)
    assert answer.status_code == 200
    found = re.search(r"\{\{ shop\.url \}\}/apps/handcart/household\?join=([\w-]+)", answer.text)
    assert found
    return found[1]


def joined(owner: Person, somebody: Person, role: str = "editor") -> Person:
    secret = new_link(owner, role)
    assert "Mira shares a cart with you" in somebody.look(join=secret)
    assert somebody.do("join", name="Otto", join=secret).status_code == 200
    return somebody


def test_a_link_leads_to_the_cart_and_what_is_put_in_says_from_whom(
    mira: Person, otto: Person
) -> None:
    joined(mira, otto)
    assert "The cart of Mira" in otto.page
    assert "Only Mira can pay for it." in otto.page
    key = re.search(r'name="key" value="(\w+)"', otto.page)
    assert key
    assert otto.do("gift", key=key[1]).status_code == 200
    page = mira.look()
    assert "Gyokuro" in page
    assert "from Otto" in page


def test_nothing_that_people_wrote_is_read_as_liquid(mira: Person, otto: Person) -> None:
    joined(mira, otto)
    assert "Mug &#123;&#123; shop.secret &#125;&#125;" in otto.page
    _, _, body = otto.page.partition("</style>")
    assert "{" not in body
    refused = otto.do("join", name="{% assign x = 1 %}")
    assert "{%" not in refused.text


def test_looking_at_a_link_does_not_join(mira: Person, otto: Person) -> None:
    """A messenger that shows a preview of the link is no member."""
    secret = new_link(mira)
    otto.look(join=secret)
    assert "The cart of Mira" not in otto.look()


def test_a_guest_is_asked_to_sign_in_and_sees_nothing(app: Handcart, mira: Person) -> None:
    secret = new_link(mira)
    guest = Person(app, None)
    page = guest.look(join=secret)
    assert "/account/login" in page
    assert "Mira" not in page
    assert guest.do("join", name="Nobody", join=secret).status_code == 404


def test_an_editor_saves_only_the_numbers_that_were_changed(mira: Person, otto: Person) -> None:
    joined(mira, otto)
    key = re.search(r'name="was:(\w+)" value="2"', otto.page)
    assert key
    fields = {f"was:{key[1]}": "2", f"now:{key[1]}": "5"}
    assert otto.do("lines", **fields).status_code == 200
    assert f'name="was:{key[1]}" value="5"' in mira.look()
    unchanged = {f"was:{key[1]}": "2", f"now:{key[1]}": "2"}
    assert otto.do("lines", **unchanged).status_code == 200
    assert f'name="was:{key[1]}" value="5"' in mira.look()
    assert otto.do("lines", take=key[1]).status_code == 200
    assert "Nothing is in it yet." in mira.look()


def test_a_viewer_is_offered_no_change_and_allowed_none(mira: Person, otto: Person) -> None:
    joined(mira, otto, "viewer")
    assert "Gyokuro" in otto.page
    assert 'name="now:' not in otto.page
    mira.look()
    key = re.search(r'name="was:(\w+)"', mira.page)
    assert key
    answer = otto.do("lines", take=key[1], seen="{}")
    assert answer.status_code == 403
    assert "You can look at this cart, not change it." in answer.text
    assert "Gyokuro" in mira.look()


def test_to_a_stranger_and_to_who_has_left_the_cart_does_not_exist(
    app: Handcart, mira: Person, otto: Person
) -> None:
    household = re.search(r'name="household" value="(\w+)"', mira.page)
    assert household
    stranger = Person(app, STRANGER)
    assert "Gyokuro" not in stranger.look()
    answer = stranger.do("lines", take="0" * 32, seen="{}", household=household[1])
    assert answer.status_code == 404
    joined(mira, otto)
    assert otto.do("removal", member=str(OTTO)).status_code == 200
    assert "Gyokuro" not in otto.look()
    answer = otto.do("lines", take="0" * 32, seen="{}", household=household[1])
    assert answer.status_code == 404


def test_another_site_cannot_send_a_form_in_somebodys_name(
    app: Handcart, mira: Person, otto: Person
) -> None:
    otto.look()
    theirs = re.search(r'name="form" value="([^"]+)"', otto.page)
    assert theirs
    for form in ("", "forged", theirs[1]):
        answer = mira.do("removal", member=str(MIRA), form=form)
        assert answer.status_code == 400
        assert "Gyokuro" in mira.look()


def test_a_browser_that_still_names_a_merged_customer_sees_the_others_household(
    app: Handcart, mira: Person, otto: Person
) -> None:
    mira.do("invite", role="editor")
    with app.db.writing() as work:
        shoppers.merge_customer(work, SHOP, kept_id=MIRA, gone_id=99, at=app.clock())
    old = Person(app, 99)
    assert "Gyokuro" in old.look()
    assert old.do("begin", name="Mira").status_code == 200
    assert "Gyokuro" not in Person(app, STRANGER).look()


@pytest.mark.parametrize(
    ("deed", "fields"),
    [
        ("lines", {"take": "x", "seen": "not json"}),
        ("lines", {"take": "x", "seen": '{"a": -1}'}),
        ("lines", {"take": "x", "seen": '{"a": true}'}),
        ("lines", {"take": "x", "seen": "[" * 100_000}),
        ("lines", {"was:x": "1", "now:x": "many"}),
        ("lines", {"was:x": "1"}),
        ("role", {"member": "8", "role": "owner"}),
        ("role", {"member": "eight", "role": "viewer"}),
        ("removal", {"member": "9" * 40}),
        ("link", {"role": "owner"}),
        ("begin", {"name": "\x00"}),
        ("join", {"join": "x", "name": "Otto"}),
        ("nonsense", {}),
    ],
)
def test_whatever_is_sent_is_refused_in_words(
    deed: str, fields: dict[str, str], mira: Person
) -> None:
    if deed == "begin":
        mira.do("removal", member=str(MIRA))
    answer = mira.do(deed, **fields)
    assert answer.status_code in (400, 404)
    assert 'role="alert"' in answer.text


def test_only_what_the_platform_signed_comes_in(app: Handcart, at: datetime) -> None:
    client = app.flask.test_client()
    assert client.get("/proxy/household?shop=" + SHOP).status_code in (400, 401)
    assert client.post("/proxy/household/begin", data={"name": "Mira"}).status_code in (400, 401)


def test_the_page_speaks_persian_from_right_to_left(mira: Person) -> None:
    page = mira.client.get(f"/proxy/household?{mira.query(locale='fa')}").text
    assert '<div class="handcart-page" ' in page and ' lang="fa" dir="rtl">' in page
    assert "سبد شما" in page
