"""Flask and SQLAlchemy, one insert a request: what most tutorials arrive at."""

from __future__ import annotations

import base64
import hmac
import os

from flask import Flask, request

from .storing import keep

SECRET = os.environ["HANDCART_API_SECRET"].encode()
app = Flask(__name__)


def is_genuine(body: bytes) -> bool:
    digest = base64.b64encode(hmac.digest(SECRET, body, "sha256"))
    given = request.headers.get("X-Shopify-Hmac-Sha256", "")
    return hmac.compare_digest(digest, given.encode())


@app.post("/webhooks")
def receive() -> tuple[str, int]:
    if not is_genuine(request.get_data()):
        return "", 401
    keep(
        request.headers["X-Shopify-Webhook-Id"],
        topic=request.headers["X-Shopify-Topic"],
        shop=request.headers["X-Shopify-Shop-Domain"],
        payload=request.get_json(),
    )
    return "", 200
