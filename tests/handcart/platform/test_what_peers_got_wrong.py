"""Failures that other SDKs really had, each as a test of ours with a name of its own.

Some are proved at more length elsewhere; here they are together, so that none is forgotten.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from sqlalchemy import Connection

from handcart.errors import PlatformError
from handcart.keys import Keyring
from handcart.platform.shopify.admin import ShopifyAdmin
from handcart.platform.shopify.auth import Auth
from handcart.platform.shopify.shop_domain import shop_domain
from handcart.platform.shopify.verify import find_signature, verify_proxy, verify_webhook
from handcart.settings import Settings
from handcart.shops import service
from handcart.shops.grants import Grants
from handcart.shops.model import Tokens
from handcart.storage import Database
from handcart.subscriptions.model import Held, Wanted, plan
from handcart_webhooks.handlers import HANDLERS
from tests.handcart.platform.shopify.ticking import Ticking
from tests.handcart.platform.shopify.verify.proxies import platform_pairs, query

SHOP = "juniper-tea.myshopify.com"
ADMIN = f"https://{SHOP}/admin/api/2026-10/graphql.json"
TOKENS = f"https://{SHOP}/admin/oauth/access_token"
BODY = b'{"id":1}'
GOOD = {"data": {"shop": {"name": "Juniper Tea"}}}
THROTTLED = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}


def signed(body: bytes, secret: str = "hush") -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def there() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def admin(there: responses.RequestsMock, clock: Ticking) -> Iterator[ShopifyAdmin]:
    with requests.Session() as session:
        yield ShopifyAdmin(
            SHOP,
            f"https://{SHOP}",
            lambda: "shpat_1",
            "2026-10",
            session,
            clock.sleep,
            now=clock.now,
        )


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as connection:
        yield connection


PAIR = Tokens(access_token="shpat_1", scopes="", refresh_token="shprt_1")
DAY = timedelta(days=1)


# --- signatures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("signature", ["é".encode() * 22, b"\xff" * 44, b"x", b"A" * 500])
def test_a_signature_that_is_not_ascii_or_of_the_wrong_length_is_401(signature: bytes) -> None:
    verdict = verify_webhook(signature=signature, body=BODY, secrets=["hush"])
    assert (verdict.ok, verdict.status) == (False, 401)


def test_an_absent_signature_is_401_on_webhooks_and_on_the_app_proxy(at: datetime) -> None:
    assert verify_webhook(signature=None, body=BODY, secrets=["hush"]).status == 401
    assert verify_proxy(b"shop=" + SHOP.encode(), secrets=["hush"], at=at).status == 401
    assert verify_proxy(b"", secrets=["hush"], at=at).status == 401


def test_a_signature_in_the_newer_header_alone_is_found() -> None:
    headers = {b"Shopify-Hmac-Sha256": signed(BODY)}
    assert verify_webhook(signature=find_signature(headers), body=BODY, secrets=["hush"]).ok


@pytest.mark.parametrize(
    "extra",
    [
        [("a", "1"), ("a", "2")],
        [("empty", ""), ("logged_in", "")],
        [("ids[]", "2"), ("ids[0][b]", "1")],
        [("consented", "1"), ("consentGiven", "2")],
        [("item", "1"), ("item2", "2")],
        [("a", "x"), ("a-b", "y")],
    ],
    ids=["repeated", "empty", "bracketed", "mixed case", "prefix", "prefix with a dash"],
)
def test_every_shape_of_query_key_keeps_the_proxys_signature(
    at: datetime, extra: list[tuple[str, str]]
) -> None:
    raw = query([*extra, *platform_pairs(at.timestamp())])
    assert verify_proxy(raw, secrets=["hush"], at=at).ok


def test_a_body_that_is_not_utf_8_is_verified_as_the_bytes_it_is() -> None:
    body = b"\xff\xfe\x00{}"
    assert verify_webhook(signature=signed(body), body=body, secrets=["hush"]).ok


@pytest.mark.parametrize(
    "name",
    [
        "a.myshopify.com.evil.com",
        "evil.com/x.myshopify.com",
        "evil.com#.myshopify.com",
        "x@a.myshopify.com",
        "a.myshopify.com\n",
        "admin.shopify.com/store/a",
    ],
)
def test_a_name_that_only_looks_like_a_shops_is_none(name: str) -> None:
    assert shop_domain(name) is None


# --- calls --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
@pytest.mark.parametrize("value", ["2", "2.0"])
def test_retry_after_is_seconds_whole_or_not_in_any_case(
    admin: ShopifyAdmin, there: responses.RequestsMock, clock: Ticking, name: str, value: str
) -> None:
    there.post(ADMIN, status=429, headers={name: value})
    there.post(ADMIN, json=GOOD)
    admin.execute("{ shop { name } }")
    assert 2.0 <= sum(clock.slept) <= 3.1


def test_without_retry_after_a_pause_of_our_own_is_made(
    admin: ShopifyAdmin, there: responses.RequestsMock, clock: Ticking
) -> None:
    there.post(ADMIN, status=429)
    there.post(ADMIN, json=GOOD)
    admin.execute("{ shop { name } }")
    assert 0 < sum(clock.slept) <= 1


@pytest.mark.parametrize("data", [None, {"shop": None, "orders": None}, {"shop": {"name": None}}])
def test_throttled_inside_a_200_is_tried_again_also_beside_partial_data(
    admin: ShopifyAdmin, there: responses.RequestsMock, data: Any
) -> None:
    there.post(ADMIN, json={"data": data, "errors": [THROTTLED]})
    there.post(ADMIN, json=GOOD)
    assert admin.execute("{ shop { name } }") == GOOD["data"]


# --- tokens -------------------------------------------------------------------------------------


def test_one_refresh_answer_without_expires_in_does_not_end_refreshing(
    there: responses.RequestsMock, settings: Settings, at: datetime
) -> None:
    there.post(TOKENS, json={"access_token": "shpat_2", "refresh_token": "shprt_2"})
    with requests.Session() as session:
        tokens = Auth(settings, session).refresh(SHOP, "shprt_1", at=at)
    assert tokens.expires_at == at + timedelta(hours=1)
    assert tokens.refresh_token == "shprt_2"


def test_two_workers_that_refresh_at_once_spend_one_token(
    db: Database, keyring: Keyring, at: datetime
) -> None:
    """The long form is ``tests/handcart/shops/test_one_refresh_chain.py``."""

    class Endpoint:
        asked = 0

        def refresh(self, shop: str, refresh_token: str, *, at: datetime) -> Tokens:
            self.asked += 1
            end = at + timedelta(hours=1)
            return Tokens(f"shpat_{self.asked}", "", end, f"shprt_{self.asked}")

    endpoint: Any = Endpoint()
    with db.writing() as work:
        old = Tokens("shpat_0", "", at, "shprt_0")
        service.install(work, SHOP, tokens=old, keyring=keyring, at=at)
    grants = Grants(endpoint, db=db, keyring=keyring, clock=lambda: at)
    with ThreadPoolExecutor(8) as threads:
        got = set(threads.map(grants.access_token, [SHOP] * 8))
    assert (got, endpoint.asked) == ({"shpat_1"}, 1)


def test_an_uninstall_delivered_after_the_reinstall_leaves_the_fresh_token(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    service.install(work, SHOP, tokens=PAIR, keyring=keyring, at=at)
    service.install(work, SHOP, tokens=PAIR, keyring=keyring, at=at + DAY * 2)
    assert not service.uninstalled(work, SHOP, happened_at=at + DAY, at=at + DAY * 3)
    kept = service.installation_of(work, SHOP)
    assert service.access_token_of(kept, keyring=keyring) == "shpat_1"


def test_a_redact_after_the_row_of_the_shop_is_gone_is_no_error(
    work: Connection, at: datetime
) -> None:
    assert service.redact_shop(work, SHOP, at=at)


# --- subscriptions ------------------------------------------------------------------------------


def test_a_subscription_that_we_do_not_know_is_not_deleted() -> None:
    foreign = Held("gid://1", "another-tool", "orders/create", "https://elsewhere.example.com/")
    changes = plan([Wanted("orders/create", "https://app.example.com/webhooks")], [foreign])
    assert [(one.kind, one.held) for one in changes] == [("create", None)]


def test_a_filter_that_was_changed_by_hand_is_noticed() -> None:
    wanted = Wanted("orders/create", "https://app.example.com/webhooks")
    held = Held("gid://1", wanted.name, wanted.topic, wanted.uri, filter="id:1")
    assert [one.why for one in plan([wanted], [held])] == [("filter: id:1 → none",)]


# --- what one part of a package expects of another ----------------------------------------------


def test_every_topic_that_is_handled_has_a_subscription_and_a_payload_we_can_read() -> None:
    """Ours are checked against each other: a peer's generator and its library were not."""
    for topic, handler in HANDLERS.items():
        with pytest.raises(Exception) as refused:
            handler.parse(b"[]")
        assert getattr(refused.value, "code", "") in {"payload_invalid", "payload_not_json"}, topic


def test_an_error_beside_an_answer_is_raised_and_not_printed(
    admin: ShopifyAdmin, there: responses.RequestsMock, capsys: pytest.CaptureFixture[str]
) -> None:
    there.post(ADMIN, body=json.dumps({"errors": [{"message": "gone wrong"}]}))
    with pytest.raises(PlatformError):
        admin.execute("{ shop { name } }")
    assert capsys.readouterr() == ("", "")
