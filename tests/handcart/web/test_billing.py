"""From an offer to a paid plan, between an app, a merchant and a local shop over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Blueprint, g
from flask.testing import FlaskClient

from handcart import Handcart
from handcart.errors import UserErrors
from handcart.localshop import tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.platform.shopify.charges import Offer, propose
from handcart.settings import Settings
from handcart.shops import billing
from handcart.web.billing import to_offer, to_plan_page
from handcart.web.embedded import merchant_required
from handcart.web.extensions import staff_required
from handcart.web.plan_required import open_without_plan

SHOP = "juniper-tea.myshopify.com"
TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
OFFER = Offer("Street", Decimal("29.90"), "EUR")
REAUTHORIZE = "X-Shopify-API-Request-Failure-Reauthorize-Url"


@pytest.fixture
def shop(settings: Settings) -> Iterator[LocalShop]:
    app = AppConfig.from_toml(TOML, app_url=settings.app_url, client_secret=SECRET)
    with LocalShop(seed(1, datetime.now(UTC)), replace(app, subscriptions=())) as running:
        tokens.install(running.world, app)
        yield running


@pytest.fixture
def late() -> list[timedelta]:
    """How much later than now the app believes it to be."""
    return [timedelta(0)]


@pytest.fixture
def app(shop: LocalShop, settings: Settings, late: list[timedelta]) -> Iterator[Handcart]:
    def clock() -> datetime:
        return datetime.now(UTC) + late[0]

    made = Handcart(replace(settings, platform_url=shop.url, api_secret=SECRET), clock=clock)
    pages = Blueprint("pages", __name__)

    @pages.get("/upgrade")
    @merchant_required
    def upgrade() -> Any:
        return to_offer(OFFER, test=True)

    @pages.get("/plans")
    @merchant_required
    def plans() -> Any:
        return to_plan_page(app_handle="handcart")

    @pages.route("/ready", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @merchant_required
    def ready() -> str:
        return f"done for {g.merchant.shop}"

    @pages.post("/till/ready")
    @staff_required
    def ready_at_the_till() -> str:
        return f"done for {g.merchant.shop}"

    @pages.post("/looked-up")
    @merchant_required
    @open_without_plan
    def look_up() -> str:
        return f"found for {g.merchant.shop}"

    @pages.post("/opened-in-vain")
    @open_without_plan
    @merchant_required
    def open_in_vain() -> str:
        return f"done for {g.merchant.shop}"

    made.flask.register_blueprint(pages)
    made.grants.ensure(SHOP, tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC)))
    yield made
    made.close()


@pytest.fixture
def browser(app: Handcart) -> Iterator[FlaskClient]:
    with app.flask.test_client() as client:
        yield client


def bearer(shop: LocalShop, later: timedelta = timedelta(0)) -> dict[str, str]:
    token = tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC) + later)
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def access(app: Handcart) -> billing.Access:
    with app.db.reading() as view:
        return billing.access_of(view, SHOP, at=app.clock())


def test_a_merchant_who_agrees_pays_and_one_who_declines_does_not(
    app: Handcart, shop: LocalShop, browser: FlaskClient
) -> None:
    for answer, plan in (("decline", None), ("agree", "Street")):
        question = browser.get("/upgrade", headers=bearer(shop)).headers[REAUTHORIZE]
        assert question.startswith(f"{shop.url}/admin/charges/")
        page = requests.get(question, timeout=10)
        assert "Approve Street?" in page.text
        assert "€29.90" in page.text
        assert "after 14 days free of charge" in page.text
        assert "nobody is charged" in page.text
        settled = requests.post(
            question, data={"answer": answer}, allow_redirects=False, timeout=10
        )
        back = urlsplit(settled.headers["Location"])
        assert back.path == f"/admin/apps/{app.settings.api_key}/billing/done"
        assert "charge_id" in parse_qs(back.query)
        assert requests.get(question, timeout=10).status_code == 404
        done = browser.get("/billing/done?charge_id=1", headers=bearer(shop))
        assert (done.status_code, done.headers["Location"]) == (302, "/?charge_id=1")
        assert access(app).plan == plan
    assert access(app).is_test


def test_the_platform_tells_of_each_step_and_the_last_word_counts(
    app: Handcart, shop: LocalShop, browser: FlaskClient
) -> None:
    emitted: list[tuple[str, Any]] = []
    shop.world.emit = lambda topic, body: emitted.append((topic, body))
    for _ in range(2):
        question = browser.get("/upgrade", headers=bearer(shop)).headers[REAUTHORIZE]
        requests.post(question, data={"answer": "agree"}, allow_redirects=False, timeout=10)
    told = [
        (topic, body["app_subscription"]["status"], body["app_subscription"]["price"])
        for topic, body in emitted
    ]
    topic = "app_subscriptions/update"
    assert told == [
        (topic, "ACTIVE", "29.90"),
        (topic, "CANCELLED", "29.90"),
        (topic, "ACTIVE", "29.90"),
    ]


def test_from_the_fifteenth_day_on_reading_is_free_and_writing_is_not(
    app: Handcart, shop: LocalShop, browser: FlaskClient, late: list[timedelta]
) -> None:
    writing = [
        *(("/ready", method) for method in ("POST", "PUT", "PATCH", "DELETE")),
        ("/till/ready", "POST"),
        ("/opened-in-vain", "POST"),
    ]
    for path, method in writing:
        answer = browser.open(path, method=method, headers=bearer(shop))
        assert answer.text == f"done for {SHOP}"
    late[0] = timedelta(days=14)
    for path, method in writing:
        refused = browser.open(path, method=method, headers=bearer(shop, late[0]))
        assert refused.status_code == 403
        assert refused.get_json()["error"]["code"] == "trial_over"
    assert browser.get("/ready", headers=bearer(shop, late[0])).text == f"done for {SHOP}"
    assert browser.post("/looked-up", headers=bearer(shop, late[0])).text == f"found for {SHOP}"
    nobody = browser.post("/ready", headers={"Accept": "application/json"})
    assert (nobody.status_code, nobody.get_json()["error"]["code"]) == (401, "token_missing")


def test_what_is_left_of_the_trial_stays_free(
    app: Handcart, shop: LocalShop, browser: FlaskClient, late: list[timedelta]
) -> None:
    late[0] = timedelta(days=10)
    shop.world.clock.advance(late[0].total_seconds())
    question = browser.get("/upgrade", headers=bearer(shop, late[0])).headers[REAUTHORIZE]
    assert "after 4 days free of charge" in requests.get(question, timeout=10).text


def test_the_platforms_own_page_of_plans_is_on_the_shops_address(
    shop: LocalShop, browser: FlaskClient
) -> None:
    answer = browser.get("/plans", headers=bearer(shop))
    assert answer.status_code == 401
    assert answer.headers[REAUTHORIZE] == f"{shop.url}/admin/charges/handcart/pricing_plans"


@pytest.mark.parametrize(
    ("offer", "field"),
    [(Offer(" ", Decimal(1), "EUR"), "name"), (Offer("Free", Decimal(0), "EUR"), "lineItems")],
)
def test_an_offer_that_the_platform_refuses_says_why(
    app: Handcart, offer: Offer, field: str
) -> None:
    with pytest.raises(UserErrors) as refused:
        propose(
            app.admin(SHOP), offer, return_url="https://x.example.com/", trial_days=0, test=True
        )
    assert refused.value.errors[0].field == (field,)


def test_a_charge_that_nobody_proposed_cannot_be_approved(shop: LocalShop) -> None:
    assert requests.get(f"{shop.url}/admin/charges/7/confirm", timeout=10).status_code == 404
    assert requests.post(f"{shop.url}/admin/charges/7/confirm", timeout=10).status_code == 404
