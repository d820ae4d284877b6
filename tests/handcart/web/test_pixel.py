"""The door at which the shop's web pixel says how far shoppers come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from handcart import Handcart, Settings
from handcart.errors import BadInput
from handcart.funnel import service
from handcart.funnel.model import STEPS, DayOnTheWeb
from handcart.funnel.pace import Pace
from handcart.funnel.store import funnel_counts
from handcart.platform.port import ShopProfile
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.storage import metadata

SHOP, OTHER = "juniper-tea.myshopify.com", "other.myshopify.com"
# In Sofia it is the next day already.
LATE = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
Tell = Callable[..., TestResponse]


@pytest.fixture
def app(settings: Settings) -> Iterator[Handcart]:
    app = Handcart(settings, clock=lambda: LATE)
    app.flask.testing = True
    with app.db.writing() as work:
        metadata.create_all(work)
        for shop, zone in ((SHOP, "Europe/Sofia"), (OTHER, "UTC")):
            tokens = Tokens("shpat_of_the_test", "", expires_at=None)
            shops.install(work, shop, tokens=tokens, keyring=app.keyring, at=LATE)
            shops.mirror(work, shop, ShopProfile("A shop", zone, "EUR", "a@example.com"), at=LATE)
    yield app
    app.close()


@pytest.fixture
def tell(app: Handcart) -> Tell:
    client = app.flask.test_client()

    def post(step: Any = "cart_viewed", *, shop: str = SHOP, **changes: Any) -> TestResponse:
        told = {"ticket": service.seal_ticket(app.keyring, shop), "step": step, **changes}
        return client.post("/pixel", data=orjson.dumps(told), content_type="text/plain")

    return post


def counted(app: Handcart, shop: str = SHOP, days: int = 1) -> list[DayOnTheWeb]:
    with app.db.reading() as view:
        return list(service.last_days(view, shop, days=days, at=LATE))


def test_a_step_is_counted_on_the_shops_own_day_and_in_no_other_shop(
    app: Handcart, tell: Tell
) -> None:
    for step in ("cart_viewed", "cart_viewed", "checkout_completed"):
        answer = tell(step)
        assert (answer.status_code, answer.data) == (204, b"")
    tell("cart_viewed", shop=OTHER)
    assert counted(app, days=2) == [
        DayOnTheWeb(date(2026, 11, 24), {"cart_viewed": 2, "checkout_completed": 1}),
        DayOnTheWeb(date(2026, 11, 23)),
    ]
    assert counted(app, OTHER) == [DayOnTheWeb(date(2026, 11, 23), {"cart_viewed": 1})]


def test_nothing_is_kept_but_numbers(app: Handcart, tell: Tell) -> None:
    tell("checkout_started", customer="77", email="zoe@example.com")
    with app.db.reading() as view:
        rows = view.execute(select(funnel_counts)).all()
    assert rows == [(SHOP, date(2026, 11, 24), "checkout_started", 1)]


def test_any_origin_may_tell_and_no_cookie_is_set(app: Handcart, tell: Tell) -> None:
    answer = tell()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    asked = app.flask.test_client().options("/pixel", headers={"Origin": "null"})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"ticket": "forged"}, 401, "ticket_not_valid"),
    ({"ticket": None}, 400, "body_not_valid"),
    ({"step": "page_viewed"}, 400, "step_unknown"),
    ({"step": 7}, 400, "body_not_valid"),
    ({"more": "x" * 2000}, 413, "request_entity_too_large"),
]


def test_what_is_not_understood_is_said_and_not_counted(app: Handcart, tell: Tell) -> None:
    for changes, status, code in REFUSED:
        answer = tell(**{"step": "cart_viewed", **changes})
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for body in (b"", b"[]", b"{", b"\xff", b"null", b'"cart_viewed"', b"1e999"):
        answer = app.flask.test_client().post("/pixel", data=body)
        assert answer.status_code == 400
        assert answer.get_json()["error"]["code"] in ("body_not_json", "body_not_valid")
    assert counted(app) == [DayOnTheWeb(date(2026, 11, 24))]


def test_a_shop_that_left_is_not_counted_any_more(app: Handcart, tell: Tell) -> None:
    with app.db.writing() as work:
        shops.uninstalled(work, SHOP, happened_at=LATE, at=LATE)
    assert tell().status_code == 503
    assert counted(app) == [DayOnTheWeb(date(2026, 11, 24))]


def test_more_than_a_shop_has_shoppers_is_not_counted(app: Handcart, tell: Tell) -> None:
    app.flask.extensions["handcart_pixel_pace"] = Pace(lambda: 0.0, at_once=2)
    assert [tell().status_code for _ in range(4)] == [204, 204, 429, 429]
    assert tell(shop=OTHER).status_code == 204
    assert counted(app)[0].count("cart_viewed") == 2


def test_a_ticket_outlives_a_rotation_while_the_old_secret_is_listed(app: Handcart) -> None:
    ticket = service.seal_ticket(app.keyring, SHOP)
    assert service.open_ticket(app.keyring, ticket) == SHOP
    assert service.open_ticket(app.keyring, ticket + "x") is None
    # What was signed for something else is no ticket.
    assert service.open_ticket(app.keyring, app.keyring.serializer("live cart").dumps(SHOP)) is None


def test_a_step_nobody_counts_is_refused_beforehand(app: Handcart) -> None:
    with app.db.writing() as work, pytest.raises(BadInput):
        service.count(work, SHOP, "alert_displayed", at=LATE)
    assert len(STEPS) == 4


@settings_of(max_examples=40)
@given(
    pauses=st.lists(st.floats(0, 10, allow_nan=False), max_size=30),
    a_second=st.integers(1, 50),
    at_once=st.integers(1, 50),
)
def test_no_pace_is_ever_exceeded(pauses: list[float], a_second: int, at_once: int) -> None:
    now = 0.0
    pace = Pace(lambda: now, a_second=a_second, at_once=at_once)
    allowed = 0
    for pause in pauses:
        now += pause
        allowed += pace.allows(SHOP)
        assert allowed <= at_once + now * a_second + 1e-6
    assert allowed or not pauses
