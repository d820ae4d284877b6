"""Shopify's Python packages by ``https://juniper-tea.myshopify.com``, in namespaces of their own.

Prints what each was told; status 77 and the reason where that domain cannot be led here.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shopify
from shopify_app import ShopifyApp

from handcart.localshop import tokens
from handcart.localshop.config import AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from tests.platform.shop_domain_here import NotToBeHad, https_at, lead_here

SHOP = "juniper-tea.myshopify.com"
APP_URL = "http://127.0.0.1:9931"
SECRET = "shpss_0123456789abcdef0123456789abcdef"
TOML = Path(__file__).parents[2] / "example_app" / "shopify.app.toml"
QUESTION = "{ shop { name } }"
NOT_HERE = 77


def main() -> int:
    app = AppConfig.from_toml(TOML, app_url=APP_URL, client_secret=SECRET)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            lead_here(SHOP, folder)
        except NotToBeHad as reason:
            print(reason)
            return NOT_HERE
        with (
            LocalShop(seed(1, datetime.now(UTC)), app) as shop,
            https_at(SHOP, leads_to=shop.url, folder=folder) as authority,
        ):
            tokens.install(shop.world, shop.app)
            os.environ["SSL_CERT_FILE"] = str(authority)
            token, answer = shopifyapp(shop)
            print(json.dumps({"shopifyapp": answer, "ShopifyAPI": shopify_api(token)}))
    return 0


def shopifyapp(shop: LocalShop) -> tuple[str, Any]:
    theirs = ShopifyApp(client_id=shop.app.client_id, client_secret=SECRET)
    got = theirs.exchange_using_client_credentials(shop="juniper-tea")
    assert got.ok, got.log
    token = got.access_token.token
    asked = theirs.admin_graphql_request(
        QUESTION, shop="juniper-tea", access_token=token, api_version="2026-10"
    )
    assert asked.ok, asked.log
    return token, asked.data


def shopify_api(token: str) -> Any:
    with shopify.Session.temp(SHOP, "2026-10", token):
        return json.loads(shopify.GraphQL().execute(QUESTION))["data"]


if __name__ == "__main__":
    sys.exit(main())
