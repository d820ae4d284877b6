"""One insert a request with SQLAlchemy, for the contenders in Flask.

SQLite is set as it must be to keep what it acknowledged: WAL with ``synchronous=FULL``.
"""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import JSON, Column, MetaData, String, Table, create_engine, event, insert
from sqlalchemy.exc import IntegrityError

metadata = MetaData()
webhooks = Table(
    "deliveries",
    metadata,
    Column("webhook_id", String(100), primary_key=True),
    Column("topic", String(100), nullable=False),
    Column("shop", String(255), nullable=False),
    Column("payload", JSON, nullable=False),
)
_URL = os.environ["HANDCART_DATABASE_URL"]
engine = create_engine(_URL.replace("postgresql:", "postgresql+psycopg:"), pool_size=16)

if engine.dialect.name == "sqlite":

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=5000")


metadata.create_all(engine)


def keep(webhook_id: str, *, topic: str, shop: str, payload: Any) -> None:
    """It is durable when this returns; a repetition changes nothing."""
    row = {"webhook_id": webhook_id, "topic": topic, "shop": shop, "payload": payload}
    try:
        with engine.begin() as connection:
            connection.execute(insert(webhooks).values(**row))
    except IntegrityError:
        pass
