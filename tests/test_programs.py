"""The smallest program of each surface, as the docs show it, does what the docs say."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from handcart import Handcart, Settings
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.storage import metadata
from tests.handcart.platform.shopify.verify.proxies import platform_pairs, query
from tests.handcart.platform.shopify.verify.tokens import claims, token

DOCS = Path(__file__).parent.parent / "docs"
SHOP = "juniper-tea.myshopify.com"
ALONE = [
    DOCS / "reference" / f"{name}.md"
    for name in ("admin", "billing", "embedded", "installations", "privacy", "verification")
] + [DOCS / "howto" / "subscriptions.md"]
Start = Callable[[str, str], FlaskClient]


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python[^\n]*\n(.*?)^```", page.read_text(), re.M | re.S)


def program(page: str, title: str) -> dict[str, Any]:
    """What the block of that title defines."""
    text = (DOCS / "reference" / f"{page}.md").read_text()
    (body,) = re.findall(rf'^```python title="{title}"\n(.*?)^```', text, re.M | re.S)
    scope: dict[str, Any] = {"__name__": "program"}
    exec(compile(body, title, "exec"), scope)
    return scope


@pytest.mark.parametrize("page", ALONE, ids=lambda page: page.stem)
def test_every_block_of_a_surfaces_page_runs_by_itself(page: Path) -> None:
    assert blocks(page)
    for number, block in enumerate(blocks(page)):
        exec(compile(block, f"{page.name}:{number}", "exec"), {"__name__": "block"})


@pytest.fixture
def start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Runs a program of the docs in a shop that has the app installed."""
    monkeypatch.setattr(Settings, "from_env", lambda *_: settings)
    with ExitStack() as stack:

        def run(page: str, title: str) -> FlaskClient:
            app: Handcart = program(page, title)["create"]()
            stack.callback(app.close)
            at = app.clock()
            with app.db.writing() as work:
                metadata.create_all(work)
                tokens = Tokens("shpat_of_the_test", "", expires_at=at + timedelta(hours=1))
                shops.install(work, SHOP, tokens=tokens, keyring=app.keyring, at=at)
            return app.flask.test_client()

        yield run


def id_token(settings: Settings, **changes: Any) -> str:
    said = claims(datetime.now(UTC).timestamp(), aud=settings.api_key, **changes)
    return token(said, secret=settings.api_secret)


@pytest.mark.parametrize("page", ["embedded", "installations"])
def test_a_page_in_the_admin_greets_the_shop_without_a_cookie(
    start: Start, settings: Settings, page: str
) -> None:
    title = "pages.py" if page == "embedded" else "page.py"
    client = start(page, title)
    found = client.get("/", query_string={"id_token": id_token(settings), "shop": SHOP})
    assert (found.status_code, found.text) == (200, f"Hello, {SHOP}")
    assert "Set-Cookie" not in found.headers
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 302


def test_the_till_and_the_account_are_told_who_they_are(start: Start, settings: Settings) -> None:
    client = start("embedded", "extensions.py")

    def ask(method: str, path: str, text: str) -> Any:
        return client.open(path, method=method, headers={"Authorization": f"Bearer {text}"})

    staff = ask("POST", "/till/lookup", id_token(settings))
    assert (staff.status_code, staff.get_json()["shop"]) == (200, SHOP)
    shopper = id_token(settings, iss=None, dest=SHOP, sub="gid://shopify/Customer/7")
    assert ask("GET", "/account/pickups", shopper).get_json() == {"customer": 7}
    assert ask("POST", "/till/lookup", shopper).status_code == 401


def test_a_shopper_is_answered_through_the_app_proxy(start: Start, settings: Settings) -> None:
    client = start("embedded", "proxy.py")
    pairs = platform_pairs(datetime.now(UTC).timestamp(), customer="7")
    signed = query(pairs, secret=settings.api_secret).decode()
    assert client.get(f"/proxy/hello?{signed}").get_json() == {"shop": SHOP, "customer": 7}
    assert client.get("/proxy/hello").status_code == 401


def test_a_flow_action_knows_its_shop(start: Start, settings: Settings) -> None:
    client = start("embedded", "flow.py")
    body = orjson.dumps({"shopify_domain": SHOP, "properties": {}})
    digest = hmac.digest(settings.api_secret.encode(), body, "sha256")
    headers = {"X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode()}
    assert client.post("/flow/note", data=body, headers=headers).get_json() == {"shop": SHOP}
    refused = client.post("/flow/note", data=body + b" ", headers=headers)
    assert (refused.status_code, refused.get_json()) == (
        401,
        {"error": {"code": "signature_wrong"}},
    )
