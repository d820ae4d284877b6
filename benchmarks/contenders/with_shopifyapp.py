"""The same as plain Flask, with the platform's own Python package verifying."""

from __future__ import annotations

import os

from flask import request
from shopify_app import ShopifyApp

from .plain_flask import SECRET, app, keep

verifier = ShopifyApp(client_id=os.environ["HANDCART_API_KEY"], client_secret=SECRET)


@app.post("/verified")
def receive_verified() -> tuple[str, int]:
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
    keep()
    return "", 200
