"""Asking to be told, on the page in the shop and behind the mailed link; the mails themselves."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.message import EmailMessage
from urllib.parse import urlencode, urlsplit

import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from handcart import Handcart, Settings
from handcart.jobs import Hands
from handcart.platform.port import Contact, Variant
from handcart.relay import Relay
from handcart.stock import service as stock
from handcart.watches import hearing
from handcart.watches.hearing import ProductTold
from tests.example_app.conftest import HARBOUR, SHOP, Moment
from tests.example_app.post import Post

MIRA, TEA = 7, 501
TO = "mira@example.com"


@pytest.fixture
def settings(settings: Settings, server: Controller) -> Settings:
    return replace(
        settings, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="orders@juniper-tea.example"
    )


@dataclass
class Platform:
    """What a variant costs, and where its customers read mail."""

    price: str = "12.50"
    on_sale: bool = True
    contacts: dict[int, Contact] = field(default_factory=lambda: {MIRA: Contact(TO, "en")})
    updated_at: datetime = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def variant(self, variant_id: int) -> Variant | None:
        if variant_id != TEA:
            return None
        return Variant(
            TEA, 50, 701, "Gyokuro", "gyokuro", Decimal(self.price), self.on_sale, self.updated_at
        )

    def customer_contact(self, customer_id: int) -> Contact | None:
        return self.contacts.get(customer_id)


@dataclass
class Story:
    """The app between a platform, a shopper and a mailbox."""

    app: Handcart
    clock: Moment
    platform: Platform
    post: Post
    client: FlaskClient
    customer: int | None = MIRA
    page: str = ""

    def query(self, **more: str) -> str:
        params = {
            "shop": SHOP,
            "logged_in_customer_id": str(self.customer or ""),
            "path_prefix": "/apps/handcart",
            "timestamp": str(int(self.clock().timestamp())),
            **more,
        }
        text = "".join(f"{name}={value}" for name, value in sorted(params.items()))
        secret = self.app.settings.api_secret.encode()
        signature = hmac.digest(secret, text.encode(), hashlib.sha256).hex()
        return urlencode({**params, "signature": signature})

    def open(self, **more: str) -> str:
        answer = self.client.get(f"/proxy/watches?{self.query(**more)}")
        assert answer.status_code == 200
        self.page = answer.text
        return self.page

    def do(self, deed: str, locale: str = "en", **fields: str) -> TestResponse:
        """Send a form of the page that is open, with what stands in its hidden fields."""
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.page))
        path = f"/proxy/watches/{deed}?{self.query(locale=locale)}"
        answer = self.client.post(path, data={**hidden, **fields})
        self.page = answer.text
        return answer

    def ask(self, **fields: str) -> TestResponse:
        self.open(variant=str(TEA))
        return self.do("ask", **{"cheaper": "1", "scarce": "1", **fields})

    def costs(self, price: str) -> None:
        """The platform tells of another price, now."""
        self.platform.price = price
        told = ProductTold(
            50, "Gyokuro", "gyokuro", True, self.clock(), {TEA: Decimal(price)}, {}, None
        )
        with self.app.db.writing() as work:
            hearing.product_told(work, SHOP, told, at=self.clock())

    def lies_there(self, units: int) -> None:
        with self.app.db.writing() as work:
            stock.level_changed(
                work,
                SHOP,
                inventory_item_id=701,
                location_id=HARBOUR,
                available=units,
                updated_at=self.clock(),
                at=self.clock(),
            )
            hearing.level_changed(work, SHOP, 701, at=self.clock())

    def after(self, **time: int) -> list[str]:
        """What was mailed by then."""
        self.clock.pass_(**time)
        relay = Relay(self.app.db, hands=Hands(self.app), clock=self.clock)
        while relay.step():
            pass
        return self.post.subjects

    def link(self, mail: EmailMessage) -> str:
        """The path of the reader's own page."""
        return urlsplit(str(mail["List-Unsubscribe"]).strip("<>")).path.removesuffix("/stop")

    def watches(self) -> int:
        with self.app.db.reading() as view:
            return view.exec_driver_sql("SELECT COUNT(*) FROM watches").scalar_one()


@pytest.fixture
def story(app: Handcart, clock: Moment, post: Post, monkeypatch: pytest.MonkeyPatch) -> Story:
    platform = Platform()
    monkeypatch.setattr(app, "platform", lambda domain: platform)
    return Story(app, clock, platform, post, app.flask.test_client())


def texts(mail: EmailMessage) -> tuple[str, str]:
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain and page
    return plain.get_content(), page.get_content()


def test_a_customer_asks_sees_and_ends_it(story: Story) -> None:
    page = story.open(variant=str(TEA))
    assert "Gyokuro" in page and "address of your account" in page
    assert 'name="address"' not in page
    assert story.ask().status_code == 200
    assert "We will tell you by mail." in story.page
    assert "when it costs less than €12.50" in story.page
    watch = re.search(r'name="watch" value="(\w+)"', story.page)
    assert watch
    assert story.do("end", watch=watch[1]).status_code == 200
    assert "Nothing at the moment." in story.page
    assert story.watches() == 0


def test_the_fall_of_a_price_is_mailed_once_and_can_be_ended_from_the_mail(story: Story) -> None:
    story.ask()
    story.clock.pass_(minutes=1)
    story.costs("11.00")
    assert story.after(minutes=14) == []
    assert story.after(minutes=1) == ["Gyokuro costs less now"]
    assert story.after(days=2) == ["Gyokuro costs less now"]
    [mail] = story.post.taken
    for text in texts(mail):
        assert "€11.00" in text and "€12.50" in text
        assert "https://juniper-tea.myshopify.com/products/gyokuro?variant=501" in text
        assert story.link(mail) in text
    assert mail["To"] == TO
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert story.client.get(story.link(mail)).status_code == 200
    stop = story.client.post(f"{story.link(mail)}/stop", data={"List-Unsubscribe": "One-Click"})
    assert (stop.status_code, story.watches()) == (303, 0)


def test_a_price_that_was_low_for_a_moment_is_not_mailed_and_its_next_fall_is(story: Story) -> None:
    story.ask()
    for price in ("11.00", "12.50", "11.00", "12.50"):
        story.clock.pass_(minutes=1)
        story.costs(price)
    assert story.after(hours=1) == []
    story.costs("11.50")
    assert story.after(hours=1) == ["Gyokuro costs less now"]


def test_falls_that_follow_each_other_are_mailed_a_day_apart_and_say_what_is_so_then(
    story: Story,
) -> None:
    story.ask()
    for price in ("12.00", "11.00", "10.00", "9.00"):
        story.clock.pass_(minutes=30)
        story.costs(price)
        story.after(minutes=30)
    assert len(story.post.taken) == 1
    story.after(days=1)
    story.after(days=3)
    first, second = story.post.taken
    assert ("€12.00" in texts(first)[0], "€9.00" in texts(second)[0]) == (True, True)


def test_up_and_down_to_what_was_told_is_not_told_again(story: Story) -> None:
    story.ask()
    for price in ("11.00", "12.50", "11.00"):
        story.clock.pass_(days=2)
        story.costs(price)
        story.after(hours=1)
    assert len(story.post.taken) == 1
    story.costs("12.50")
    story.clock.pass_(days=20)
    story.costs("11.00")
    story.after(hours=1)
    assert len(story.post.taken) == 2


def test_scarce_is_mailed_once_without_a_number_and_again_after_plenty(story: Story) -> None:
    story.ask()
    for units in (3, 2):
        story.clock.pass_(minutes=1)
        story.lies_there(units)
    assert story.after(hours=1) == ["Not much is left of Gyokuro"]
    words = texts(story.post.taken[0])[0].partition("http")[0]
    assert re.findall(r"[0-9]", words) == []
    story.lies_there(1)
    assert len(story.after(hours=1)) == 1
    for units in (9, 2):
        story.clock.pass_(minutes=1)
        story.lies_there(units)
    assert len(story.after(hours=1)) == 2


def test_what_is_sold_out_or_back_by_then_is_not_mailed(story: Story) -> None:
    story.ask()
    story.clock.pass_(minutes=1)
    story.lies_there(2)
    story.clock.pass_(minutes=1)
    story.lies_there(0)
    assert story.after(hours=1) == []
    story.lies_there(2)
    assert len(story.after(hours=1)) == 1


def test_nothing_is_mailed_at_night(story: Story) -> None:
    story.ask()
    story.clock.pass_(hours=11)  # 22:00 in Sofia
    story.costs("9.00")
    assert story.after(hours=1) == []
    assert story.after(hours=8, minutes=59) == []
    assert story.after(minutes=1) == ["Gyokuro costs less now"]


def test_a_guest_confirms_the_address_by_a_form_behind_the_mailed_link(story: Story) -> None:
    story.customer = None
    assert 'type="email"' in story.open(variant=str(TEA))
    assert story.ask(address="guest@example.com").status_code == 200
    assert "Look into your mailbox" in story.page
    assert story.after(minutes=0) == ["Shall we tell you about Gyokuro?"]
    [mail] = story.post.taken
    assert mail["To"] == "guest@example.com"
    path = story.link(mail)
    for address in (path, f"{path}/stop"):
        assert story.client.get(address).status_code in (200, 303)
    story.clock.pass_(minutes=1)
    story.costs("9.00")
    assert len(story.after(hours=1)) == 1
    watch = re.search(r'name="watch" value="(\w+)"', story.client.get(path).text)
    assert watch
    done = story.client.post(f"{path}/confirm", data={"watch": watch[1]})
    assert done.status_code == 303
    assert story.after(hours=1)[1:] == ["Gyokuro costs less now"]
    assert "Yes, tell me" not in story.client.get(path).text


def test_who_cannot_be_reached_is_written_to_no_more(story: Story) -> None:
    story.ask()
    story.platform.contacts.clear()
    story.clock.pass_(minutes=1)
    story.costs("9.00")
    assert story.after(hours=1) == []
    assert story.watches() == 0


def test_a_mail_that_the_server_does_not_take_now_is_sent_later(story: Story) -> None:
    story.ask()
    story.clock.pass_(minutes=1)
    story.costs("9.00")
    story.post.answers = ["451 later"]
    assert story.after(minutes=20) == []
    assert story.after(hours=1) == ["Gyokuro costs less now"]


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"variant": "9"}, 404, "does not sell this any more"),
        ({"variant": "x"}, 404, "does not sell this any more"),
        ({"cheaper": "", "form": "forged"}, 400, "open for too long"),
    ],
)
def test_what_cannot_be_is_said_on_the_page(
    story: Story, fields: dict[str, str], code: int, words: str
) -> None:
    answer = story.ask(**fields)
    assert answer.status_code == code
    assert words in answer.text
    assert story.watches() == 0


def test_a_guest_without_an_address_is_asked_for_one(story: Story) -> None:
    story.customer = None
    answer = story.ask(address="nobody")
    assert (answer.status_code, story.watches()) == (400, 0)
    assert "Write an address like name@example.com." in answer.text


def test_what_a_merchant_wrote_is_not_read_as_liquid(story: Story) -> None:
    story.platform.variant = lambda number: Variant(  # type: ignore[method-assign]
        TEA, 50, 701, "{{ shop.secret }}<b>", "x", Decimal(1), True, story.platform.updated_at
    )
    page = story.open(variant=str(TEA))
    assert "{{" not in page and "<b>" not in page


@pytest.mark.parametrize("signed", ["x", "WyJhIl0.aaaa.bbbb"])
def test_a_link_of_nobody_leads_nowhere(story: Story, signed: str) -> None:
    assert story.client.get(f"/watches/{signed}").status_code == 404
    assert story.client.post(f"/watches/{signed}/stop").status_code == 404


@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("ja", "Gyokuro が値下がりしました"),
        ("bg", "Gyokuro поевтиня"),
        ("es", "Gyokuro ha bajado de precio"),
        ("fa", "Gyokuro ارزان‌تر شد"),
    ],
)
def test_mails_are_in_the_language_in_which_it_was_asked(
    story: Story, locale: str, subject: str
) -> None:
    story.open(variant=str(TEA))
    story.do("ask", locale=locale, cheaper="1")
    story.clock.pass_(minutes=1)
    story.costs("9.00")
    assert story.after(hours=1) == [subject]
    assert f'lang="{locale}"' in texts(story.post.taken[0])[1]


def test_without_a_mail_server_nobody_is_promised_anything(
    app: Handcart, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "settings", replace(app.settings, smtp_url=None))
    answer = story.ask()
    assert (answer.status_code, story.watches()) == (409, 0)
    assert "writes no mails" in answer.text
