"""An app in which every effect leaves an entry in a ledger, so that none is doubled unseen.

``python -m tests.scenarios.ledger`` serves it with its settings from the environment. An entry is
written in the transaction of the effect and has no key: an effect that happens twice has two.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, insert

from handcart import Handcart, Settings, logs
from handcart.delivery import Delivery
from handcart.serving import run
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.storage import attempts, engines, one_writer, queue
from handcart_webhooks.handlers import HANDLERS, Apply, Told

SHOP = "juniper-tea.myshopify.com"
entries = Table(
    "ledger",
    MetaData(),
    Column("entry", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("webhook_id", String(100), nullable=False),
    Column("told", Integer, nullable=False),
)
DEADLY = "themes/publish"
SLOW = "themes/update"
# What kills does so a little later than it begins, and long before what is slow ends.
TAKES = {"LEDGER_DEADLY": 0.2, "LEDGER_SLOW": 1.0}


def create_handcart(settings: Settings | None = None) -> Handcart:
    """Handcart with a ledger; one shop has it installed already, and a developer listens in."""
    for topic, handler in HANDLERS.items():
        if not hasattr(handler.apply, "enters"):
            entering = replace(
                handler,
                parse=_taking_its_time(handler.parse, topic),
                apply=_entering(handler.apply, topic),
            )
            cast(dict[str, Any], HANDLERS)[topic] = entering
    if synchronous := os.environ.get("LEDGER_SYNCHRONOUS"):
        engines.WRITER["synchronous"] = synchronous
    if largest_wal := os.environ.get("LEDGER_LARGEST_WAL"):
        one_writer.LARGEST_WAL = int(largest_wal)
    if most := os.environ.get("LEDGER_ATTEMPTS"):
        attempts.MAX_ATTEMPTS = queue.MAX_ATTEMPTS = int(most)
    app = Handcart(settings)

    @app.webhook("collections/update")
    def told(delivery: Delivery) -> None:
        with app.db.writing() as work:
            work.execute(insert(entries).values(webhook_id=delivery.webhook_id, told=1))

    @app.webhook(DEADLY)
    def killed(delivery: Delivery) -> None:
        time.sleep(TAKES["LEDGER_DEADLY"])
        os.kill(os.getpid(), signal.SIGKILL)

    @app.webhook(SLOW)
    def dawdled(delivery: Delivery) -> None:
        time.sleep(TAKES["LEDGER_SLOW"])
        told(delivery)

    return app


def furnish(app: Handcart) -> None:
    """The tables are there and the shop is installed, with tokens for a year and no work to do."""
    app.db.migrate()
    at = datetime.now(UTC)
    tokens = Tokens("shpat_1", "read_orders", at + timedelta(days=365), None, None)
    with app.db.writing() as work:
        entries.create(work, checkfirst=True)
        if shops.standing(work, SHOP) != "installed":
            shops.install(work, SHOP, tokens=tokens, keyring=app.keyring, at=at)
            work.exec_driver_sql("DELETE FROM tasks")


def _taking_its_time(parse: Callable[[bytes], Any], topic: str) -> Callable[[bytes], Any]:
    seconds = sum(takes for name, takes in TAKES.items() if os.environ.get(name) == topic)

    def parsed(body: bytes) -> Any:
        time.sleep(seconds)
        return parse(body)

    return parsed if seconds else parse


def _entering(apply: Apply, topic: str) -> Apply:
    def entered(work: Connection, told: Sequence[Told], at: datetime) -> None:
        if topic == os.environ.get("LEDGER_DEADLY"):
            os.kill(os.getpid(), signal.SIGKILL)
        apply(work, told, at)
        rows = [{"webhook_id": one.delivery.webhook_id, "told": 0} for one in told]
        work.execute(insert(entries), rows)

    entered.enters = True  # type: ignore[attr-defined]
    return entered


def main() -> None:
    logs.configure("console")
    app = create_handcart()
    try:
        run(app.asgi(), host="127.0.0.1", port=int(os.environ["PORT"]))
    finally:
        app.close()


if __name__ == "__main__":
    main()
