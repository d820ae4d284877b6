"""Requests through the shop's app proxy, signed as the platform does."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from handcart import Handcart

SHOP = "juniper-tea.myshopify.com"


def signed_client(app: Handcart, at: datetime) -> Callable[..., Any]:
    """``ask(path, body=…, customer=…, **params)``: GET, or POST of ``body`` as JSON."""
    client = app.flask.test_client()

    def ask(
        path: str,
        *,
        shop: str = SHOP,
        secret: str = "hush",
        body: Any = None,
        customer: int | None = None,
        **params: str,
    ) -> Any:
        query = {
            **params,
            "shop": shop,
            "logged_in_customer_id": str(customer or ""),
            "path_prefix": "/apps/handcart",
            "timestamp": str(int(at.timestamp())),
        }
        text = "".join(sorted(f"{name}={value}" for name, value in query.items()))
        query["signature"] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        address = f"{path}?{urlencode(query)}"
        return client.get(address) if body is None else client.post(address, json=body)

    return ask
