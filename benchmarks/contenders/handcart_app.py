"""Handcart as it is served, with its worker threads or, to measure the receiver alone, without."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import uvicorn

from handcart import Handcart
from handcart.crew import Crew
from handcart.shops import service as shops
from handcart.shops.model import Tokens


def main() -> None:
    app = Handcart()
    if os.environ["BENCH_WORKERS"] == "0":
        app.__dict__["crew"] = Crew([])
    _install(app)
    options: Any = {"host": "127.0.0.1", "port": int(os.environ["PORT"])}
    uvicorn.run(app.asgi(), log_level="error", access_log=False, **options)
    app.close()


def _install(app: Handcart) -> None:
    tokens = Tokens(
        access_token="shpat_1",
        scopes="",
        expires_at=None,
        refresh_token=None,
        refresh_expires_at=None,
    )
    with app.db.writing() as work:
        at = datetime.now(UTC)
        shops.install(work, "juniper-tea.myshopify.com", tokens=tokens, keyring=app.keyring, at=at)


if __name__ == "__main__":
    main()
