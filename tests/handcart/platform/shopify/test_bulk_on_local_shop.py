"""Bulk operations from the app's call to the local shop's file, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from handcart.connection import new_session
from handcart.errors import PlatformError, UserErrors
from handcart.localshop import tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.platform.shopify import bulk
from handcart.platform.shopify.admin import ShopifyAdmin
from handcart.platform.shopify.documents import document

SHOP = "juniper-tea.myshopify.com"
TOML = Path(__file__).parents[4] / "example_app" / "shopify.app.toml"
PRODUCTS = """
{ products { edges { node { id title variants(first: 1) { edges { node { id sku } } } } } } }
"""
NOTHING = "{ orders { edges { node { id } } } }"
SET = """
mutation Set($owner: ID!, $value: String!) {
  metafieldsSet(metafields: [{ownerId: $owner, namespace: "handcart", key: "opening_hours",
    type: "single_line_text_field", value: $value}]) {
    metafields { value } userErrors { field message code }
  }
}
"""


@pytest.fixture
def shop() -> Iterator[LocalShop]:
    app = AppConfig.from_toml(TOML, app_url="http://127.0.0.1:9", client_secret="s" * 32)
    with LocalShop(seed(1, datetime.now(UTC)), app) as running:
        grant = tokens.install(running.world, app)
        grant.scopes = (*grant.scopes, "write_locations")
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as session:
        yield session


@pytest.fixture
def admin(shop: LocalShop, session: requests.Session) -> ShopifyAdmin:
    grant = shop.world.grants[shop.app.client_id]
    body = {
        "client_id": shop.app.client_id,
        "client_secret": shop.app.client_secret,
        "grant_type": "client_credentials",
    }
    status, answer = tokens.token_endpoint(shop.world, body)
    assert (status, bool(grant.access)) == (200, True)
    token = str(answer["access_token"])
    return ShopifyAdmin(SHOP, shop.url, lambda: token, "2026-10", session)


def test_every_product_and_variant_comes_whatever_page_size_was_asked_for(
    shop: LocalShop, admin: ShopifyAdmin, session: requests.Session
) -> None:
    told: list[tuple[str, Any]] = []
    shop.world.emit = lambda topic, body: told.append((topic, body))
    heard: list[str] = []
    operation = bulk.run_query(admin, PRODUCTS)
    done = bulk.wait(
        admin,
        operation,
        progress=lambda state: heard.append(state.status),
        sleep=lambda seconds: None,
    )
    assert heard == ["RUNNING", "COMPLETED"]
    rows = list(bulk.rows(done.url, session=session))
    world = shop.world
    assert done.rows == len(rows) == len(world.products) + len(world.variants)
    parents = {row.value["id"] for row in rows if row.parent is None}
    assert len(parents) == len(world.products)
    assert {row.parent for row in rows if row.parent} == parents
    assert [topic for topic, _ in told] == ["bulk_operations/finish"]
    assert told[0][1]["admin_graphql_api_id"] == operation
    assert told[0][1]["status"] == "completed"


def test_a_list_longer_than_a_page_comes_whole(
    admin: ShopifyAdmin, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[Any]:
        done = bulk.wait(admin, bulk.run_query(admin, PRODUCTS), sleep=lambda seconds: None)
        return [row.value["id"] for row in bulk.rows(done.url, session=session)]

    at_once = found()
    monkeypatch.setattr("handcart.localshop.admin_api.bulk_query._PAGE", 5)
    assert found() == at_once


def test_a_result_can_be_gone_on_with_from_any_row(
    admin: ShopifyAdmin, session: requests.Session
) -> None:
    done = bulk.wait(admin, bulk.run_query(admin, PRODUCTS), sleep=lambda seconds: None)
    rows = list(bulk.rows(done.url, session=session))
    for place in (0, len(rows) // 2, len(rows) - 1):
        rest = list(bulk.rows(done.url, session=session, after=rows[place].end))
        assert rest == rows[place + 1 :]


def test_a_query_that_finds_nothing_has_no_file(
    admin: ShopifyAdmin, session: requests.Session
) -> None:
    done = bulk.wait(admin, bulk.run_query(admin, NOTHING), sleep=lambda seconds: None)
    assert (done.rows, done.url) == (0, None)
    assert list(bulk.rows(done.url, session=session)) == []


def test_a_mutation_is_carried_out_for_each_line(
    shop: LocalShop, admin: ShopifyAdmin, session: requests.Session
) -> None:
    places = [f"gid://shopify/Location/{number}" for number in shop.world.locations]
    lines = ({"owner": place, "value": "Mo-Fr 09:00-18:00"} for place in places)
    operation = bulk.run_mutation(admin, SET, lines, session=session, key="hours")
    done = bulk.wait(admin, operation, sleep=lambda seconds: None)
    rows = [row.value for row in bulk.rows(done.url, session=session)]
    assert [row["__lineNumber"] for row in rows] == list(range(len(places)))
    for row in rows:
        assert row["data"]["metafieldsSet"] == {
            "metafields": [{"value": "Mo-Fr 09:00-18:00"}],
            "userErrors": [],
        }


def test_a_sixth_operation_at_once_is_refused_and_a_cancelled_one_makes_room(
    admin: ShopifyAdmin,
) -> None:
    begun = [bulk.run_query(admin, NOTHING) for _ in range(5)]
    with pytest.raises(UserErrors) as refused:
        bulk.run_query(admin, NOTHING)
    assert refused.value.errors[0].code == "LIMIT_REACHED"
    bulk.cancel(admin, begun[0])
    with pytest.raises(PlatformError) as ended:
        bulk.wait(admin, begun[0], sleep=lambda seconds: None)
    assert ended.value.code == "bulk_canceled"
    bulk.run_query(admin, NOTHING)


@pytest.mark.parametrize("query", ["{ shop { name } }", "{ nothingLikeThis }", "{", ""])
def test_a_query_that_cannot_be_run_in_bulk_says_why(admin: ShopifyAdmin, query: str) -> None:
    with pytest.raises(UserErrors) as refused:
        bulk.run_query(admin, query)
    assert refused.value.errors[0].code == "INVALID"


def test_a_mutation_over_a_file_that_is_not_there_is_refused(
    admin: ShopifyAdmin, session: requests.Session
) -> None:
    variables = {"mutation": SET, "path": "tmp/elsewhere", "key": "k"}
    with pytest.raises(UserErrors) as refused:
        admin.execute(document("bulk_run_mutation"), variables)
    assert refused.value.errors[0].code == "NO_SUCH_FILE"
