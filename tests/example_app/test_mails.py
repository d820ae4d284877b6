"""Mails to shoppers over real SMTP: when they go, what they say, that each goes once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from handcart import Handcart, Settings
from handcart.crash import crash_point
from handcart.jobs import Hands
from handcart.mails import sending
from handcart.mails.tables import mails
from handcart.pickups import Pickup, acts, code_for, in_groups, planning, service
from handcart.pickups.mailing import MailKind
from handcart.pickups.rules import StoreRules
from handcart.platform.port import Contact
from handcart.relay import Relay
from handcart.storage.outbox import tasks
from tests.example_app.conftest import HARBOUR, SHOP, Moment
from tests.example_app.post import Post

TO = "mina.sato@example.com"
Place = Callable[..., Pickup]


@pytest.fixture
def settings(settings: Settings, server: Controller) -> Settings:
    return replace(
        settings, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="orders@juniper-tea.example"
    )


@dataclass
class Shop:
    """The platform, of which a mail asks one thing."""

    contact: Contact | None = field(default_factory=lambda: Contact(TO, "en"))

    def order_contact(self, order_id: int) -> Contact | None:
        return self.contact

    def __getattr__(self, name: str) -> Any:
        return lambda **more: None


@pytest.fixture
def shop(app: Handcart, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop()
    monkeypatch.setattr(app, "platform", lambda domain: shop)
    return shop


@pytest.fixture
def run(app: Handcart, shop: Shop) -> Callable[[], None]:
    """Everything that is due is done."""
    relay = Relay(app.db, hands=Hands(app), clock=app.clock)

    def step() -> None:
        while relay.step():
            pass

    return step


def ready(app: Handcart, pickup: Pickup) -> None:
    with app.db.writing() as work:
        service.mark_ready(work, SHOP, pickup.pickup_id, by="staff:1", at=app.clock())


def ends(app: Handcart) -> list[tuple[str, str]]:
    with app.db.reading() as view:
        return [(row.kind, row.end) for row in view.execute(select(mails))]


def test_the_shopper_hears_when_it_is_ready_a_day_later_on_the_last_day_and_when_it_is_over(
    app: Handcart, place: Place, clock: Moment, run: Callable[[], None], post: Post
) -> None:
    pickup = place()
    run()
    assert post.subjects == []
    ready(app, pickup)
    run()
    assert post.subjects == ["Order #1001 is ready for you at Harbour"]
    for _ in range(9 * 24):
        clock.pass_(hours=1)
        run()
    assert post.subjects == [
        "Order #1001 is ready for you at Harbour",
        "Order #1001 is still waiting for you at Harbour",
        "Last day: order #1001 waits for you at Harbour",
        "Order #1001 was not collected in time at Harbour",
    ]
    assert len({one["Message-ID"] for one in post.taken}) == 4
    kinds = ["expired", "last_day", "ready", "reminder"]
    assert sorted(ends(app)) == [(kind, "sent") for kind in kinds]


def test_a_mail_names_the_place_the_hours_the_code_and_the_way_to_the_page(
    app: Handcart, place: Place, run: Callable[[], None], post: Post
) -> None:
    pickup = place()
    ready(app, pickup)
    run()
    [mail] = post.taken
    assert (mail["To"], mail["From"]) == (TO, "Juniper Tea <orders@juniper-tea.example>")
    code = in_groups(code_for(app.keyring, SHOP, pickup.pickup_id, generation=1))
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        text = body.get_content()
        for said in ("Harbour", "Quay 4, 9000 Varna", "Monday – Friday", code, "Gyokuro, 50 g"):
            assert said in text
        link = re.search(r"http://127\.0\.0\.1:9931(/pickup/[^\"\s]+)", text)
        assert link is not None
        assert link[1].endswith("?locale=en")
        assert app.flask.test_client().get(link[1]).status_code == 200
        # What it cost is nobody's business who reads along, nor is the name needed.
        assert "Sato" not in text


def test_the_shopper_hears_what_is_missing_and_where_to_choose(
    app: Handcart, place: Place, clock: Moment, run: Callable[[], None], post: Post
) -> None:
    """Once for all that is missing, and not before staff had a moment to find it after all."""
    pickup = place()
    caddy, tea = pickup.lines[1], pickup.lines[0]
    with app.db.writing() as work:
        acts.pack(work, SHOP, pickup.pickup_id, units={tea.line_id: 1}, by="staff:1", at=clock.now)
    for line in (tea, caddy):
        miss(app, pickup, {line.line_id: 1})
    run()
    assert post.taken == []
    clock.pass_(minutes=5)
    run()
    clock.pass_(hours=30)
    run()
    assert post.subjects == ["Something is missing from order #1001 at Harbour"]
    for kind in ("plain", "html"):
        body = post.taken[0].get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert "/pickup/" in text
        for line in pickup.lines:
            assert f"1 × {'<bdi>' if kind == 'html' else ''}{line.title}" in text
        # Nobody is to come because of it, although a part lies there.
        assert in_groups(code_for(app.keyring, SHOP, pickup.pickup_id, generation=1)) not in text
    assert list(post.taken[0].iter_attachments()) == []
    assert ends(app) == [("short", "sent")]


def test_what_staff_settle_at_once_is_not_written_of(
    app: Handcart, place: Place, clock: Moment, run: Callable[[], None], post: Post
) -> None:
    pickup = place()
    miss(app, pickup, {pickup.lines[0].line_id: 1})
    with app.db.writing() as work:
        acts.drop_missing(work, SHOP, pickup.pickup_id, by="staff:1", at=clock.now)
    clock.pass_(minutes=10)
    run()
    assert post.taken == []


def miss(app: Handcart, pickup: Pickup, units: dict[int, int]) -> None:
    with app.db.writing() as work:
        acts.report_missing(
            work,
            SHOP,
            pickup.pickup_id,
            units=units,
            reason="not_found",
            by="staff:1",
            at=app.clock(),
        )


def test_a_mail_brings_the_slot_for_the_calendar(
    app: Handcart, place: Place, run: Callable[[], None], post: Post
) -> None:
    rules = StoreRules(prep_minutes=60, slot_minutes=30)
    with app.db.writing() as work:
        planning.set_rules(work, SHOP, HARBOUR, rules, by="staff:7", at=app.clock())
    pickup = place()
    ready(app, pickup)
    run()
    [event] = calendar(post.taken[0]).events
    assert event.start == pickup.promised_at == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert event.end == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert event["uid"] == f"pickup-{pickup.pickup_id}@juniper-tea.example"
    assert event["location"] == "Harbour, Quay 4, 9000 Varna"


def calendar(mail: EmailMessage) -> icalendar.Calendar:
    [part] = list(mail.iter_attachments())
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", "pickup.ics")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return icalendar.Calendar.from_ical(content)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("locale", "subject", "direction"),
    [
        ("en", "is ready for you", "ltr"),
        ("ja-JP", "準備ができました", "ltr"),
        ("bg", "готова", "ltr"),
        ("es-MX", "listo", "ltr"),
        ("fa-IR", "آماده", "rtl"),
        ("xx", "is ready for you", "ltr"),
        ("", "is ready for you", "ltr"),
    ],
)
def test_a_mail_is_in_the_customers_language(
    app: Handcart,
    place: Place,
    run: Callable[[], None],
    post: Post,
    shop: Shop,
    locale: str,
    subject: str,
    direction: str,
) -> None:
    shop.contact = Contact(TO, locale)
    ready(app, place())
    run()
    [mail] = post.taken
    assert subject in mail["Subject"]
    body = mail.get_body(("html",))
    assert body is not None
    assert f'dir="{direction}"' in body.get_content()


def test_at_night_nobody_is_written_to_and_in_the_morning_only_of_what_is_still_so(
    app: Handcart, place: Place, clock: Moment, run: Callable[[], None], post: Post
) -> None:
    clock.now = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)  # 21:30 in Sofia
    stays, goes = place(1001), place(1002)
    for pickup in (stays, goes):
        ready(app, pickup)
    run()
    assert post.taken == []
    with app.db.writing() as work:
        service.hand_over(
            work,
            SHOP,
            goes.pickup_id,
            code=None,
            keyring=app.keyring,
            by="staff:1",
            at=clock.now,
        )
    clock.now = datetime(2026, 11, 24, 5, 59, tzinfo=UTC)
    run()
    assert post.taken == []
    clock.now = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    run()
    assert post.subjects == ["Order #1001 is ready for you at Harbour"]


def test_a_store_that_sends_no_mails_sends_none(
    app: Handcart, place: Place, run: Callable[[], None], post: Post
) -> None:
    with app.db.writing() as work:
        planning.set_rules(
            work, SHOP, HARBOUR, StoreRules(mails=False), by="staff:7", at=app.clock()
        )
    ready(app, place())
    run()
    assert (post.taken, ends(app)) == ([], [])


@pytest.mark.parametrize("contact", [None, Contact("", "en")])
def test_an_order_without_an_address_is_no_failure(
    app: Handcart,
    place: Place,
    run: Callable[[], None],
    post: Post,
    shop: Shop,
    contact: Contact | None,
) -> None:
    shop.contact = contact
    ready(app, place())
    run()
    assert (post.taken, ends(app)) == ([], [("ready", "nobody")])


def test_a_server_that_is_busy_is_asked_again_and_the_mail_goes_once(
    app: Handcart, place: Place, clock: Moment, run: Callable[[], None], post: Post
) -> None:
    post.answers += ["451 later", "421 later still"]
    ready(app, place())
    for _ in range(6):
        run()
        clock.pass_(minutes=10)
    assert len(post.taken) == 1
    assert ends(app) == [("ready", "sent")]


def test_an_address_that_the_server_will_never_take_is_not_tried_again(
    app: Handcart, place: Place, clock: Moment, run: Callable[[], None], post: Post
) -> None:
    post.answers += ["550 no such mailbox"]
    ready(app, place())
    for _ in range(3):
        run()
        clock.pass_(minutes=30)
    assert (post.taken, ends(app)) == ([], [("ready", "refused")])


def test_a_mail_that_was_sent_before_the_process_died_goes_again_as_the_same(
    app: Handcart,
    place: Place,
    clock: Moment,
    run: Callable[[], None],
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(name: str) -> None:
        if name == "mail_sent":
            raise RuntimeError("killed")
        crash_point(name)

    with monkeypatch.context() as patched:
        patched.setattr(sending, "crash_point", die)
        ready(app, place())
        run()
    assert (len(post.taken), ends(app)) == (1, [])
    clock.pass_(minutes=10)
    run()
    first, second = post.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert ends(app) == [("ready", "sent")]
    clock.pass_(minutes=10)
    run()
    assert len(post.taken) == 2


def test_nothing_personal_is_logged_or_kept_in_the_queue(
    app: Handcart,
    place: Place,
    clock: Moment,
    run: Callable[[], None],
    post: Post,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    post.answers += [f"451 <{TO}> later", f"550 <{TO}> unknown"]
    ready(app, place())
    run()
    clock.pass_(minutes=10)
    run()
    assert ends(app) == [("ready", "refused")]
    with app.db.reading() as view:
        kept = str(view.execute(select(tasks)).all())
    # The server of the test is talkative; it is not ours.
    logged = [f"{one.getMessage()} {one.exc_text}" for one in caplog.records]
    ours = [
        line for line, one in zip(logged, caplog.records, strict=True) if one.name != "mail.log"
    ]
    assert "mina.sato" not in f"{ours} {kept}"


def test_without_a_mail_server_nothing_waits(
    app: Handcart, place: Place, run: Callable[[], None], post: Post
) -> None:
    app.settings = replace(app.settings, smtp_url=None)
    ready(app, place())
    run()
    with app.db.reading() as view:
        waiting = view.execute(
            select(tasks.c.name).where(tasks.c.state != "done", tasks.c.due_at <= app.clock())
        ).all()
    assert waiting == []
    assert (post.taken, ends(app)) == ([], [])


def test_prolonging_takes_the_old_last_day_back(
    app: Handcart, place: Place, clock: Moment, run: Callable[[], None], post: Post
) -> None:
    pickup = place()
    ready(app, pickup)
    run()
    with app.db.writing() as work:
        acts.extend(work, SHOP, pickup.pickup_id, by="shopper", at=clock.now)
    for _ in range(8 * 24):
        clock.pass_(hours=1)
        run()
    assert [kind for kind, _ in ends(app)].count(MailKind.LAST_DAY.value) == 0
