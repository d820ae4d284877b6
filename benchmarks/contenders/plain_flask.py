"""Flask and SQLAlchemy, one insert a request: what most tutorials arrive at."""

from __future__ import annotations

import base64
import hmac
import os

from flask import Flask, request
from sqlalchemy import JSON, Column, MetaData, String, Table, create_engine, event, insert
from sqlalchemy.exc import IntegrityError

SECRET = os.environ["HANDCART_API_SECRET"]
metadata = MetaData()
webhooks = Table(
    "deliveries",
    metadata,
    Column("webhook_id", String(100), primary_key=True),
    Column("topic", String(100), nullable=False),
    Column("shop", String(255), nullable=False),
    Column("payload", JSON, nullable=False),
)
engine = create_engine(os.environ["HANDCART_DATABASE_URL"], pool_size=16)


@event.listens_for(engine, "connect")
def configure(connection, record):  # type: ignore[no-untyped-def]
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=5000")


metadata.create_all(engine)
app = Flask(__name__)


def is_genuine(body: bytes) -> bool:
    digest = hmac.digest(SECRET.encode(), body, "sha256")
    given = request.headers.get("X-Shopify-Hmac-Sha256", "")
    return hmac.compare_digest(base64.b64encode(digest), given.encode())


def keep() -> None:
    row = {
        "webhook_id": request.headers["X-Shopify-Webhook-Id"],
        "topic": request.headers["X-Shopify-Topic"],
        "shop": request.headers["X-Shopify-Shop-Domain"],
        "payload": request.get_json(),
    }
    try:
        with engine.begin() as connection:
            connection.execute(insert(webhooks).values(**row))
    except IntegrityError:
        pass


@app.post("/webhooks")
def receive() -> tuple[str, int]:
    if not is_genuine(request.get_data()):
        return "", 401
    keep()
    return "", 200
