"""The same as plain Flask, with the platform's own Python package verifying."""

from __future__ import annotations

import os

from flask import Flask, request
from shopify_app import ShopifyApp

from .storing import keep

app = Flask(__name__)
verifier = ShopifyApp(
    client_id=os.environ["HANDCART_API_KEY"], client_secret=os.environ["HANDCART_API_SECRET"]
)


@app.post("/webhooks")
def receive() -> tuple[str, int]:
    answer = verifier.verify_webhook_req(
        {
            "method": request.method,
            "headers": dict(request.headers),
            "url": request.url,
            "body": request.get_data(as_text=True),
        }
    )
    if not answer.ok:
        return "", 401
    keep(
        request.headers["X-Shopify-Webhook-Id"],
        topic=request.headers["X-Shopify-Topic"],
        shop=request.headers["X-Shopify-Shop-Domain"],
        payload=request.get_json(),
    )
    return "", 200
