"""The platform takes every call and answers none: webhooks have their effect all the same."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from handcart import Settings
from handcart.storage import add_task
from handcart.storage.outbox import tasks
from handcart.testing.street import until

from .account import all_well
from .flood import trade
from .kept import Kept, kept
from .ledger import SHOP, create_handcart
from .sizes import size

pytestmark = pytest.mark.server
CALLS = 30


@contextmanager
def sink() -> Iterator[int]:
    """A port at which everybody is let in and nobody is answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listening:
        yield listening.getsockname()[1]


def call_the_platform(app: Kept) -> None:
    handcart = create_handcart(Settings.from_env(app.env))
    with handcart.db.writing() as work:
        for number in range(CALLS):
            lines = {"fulfillment_order_id": number}
            add_task(work, SHOP, "prepare_for_pickup", lines, at=handcart.clock())
    handcart.close()


def calls(app: Kept) -> dict[str, int]:
    counted = select(tasks.c.state, func.count()).where(tasks.c.kind == "call")
    with app.looking() as db, db.reading() as view:
        return {row[0]: row[1] for row in view.execute(counted.group_by(tasks.c.state))}


def tried(app: Kept) -> int:
    with app.looking() as db, db.reading() as view:
        return view.scalar(select(func.max(tasks.c.attempts)).where(tasks.c.kind == "call")) or 0


def test_a_platform_that_answers_nothing_holds_up_no_webhook_and_loses_no_call(
    tmp_path: Path,
) -> None:
    with sink() as port, kept(tmp_path, HANDCART_PLATFORM_URL=f"http://127.0.0.1:{port}") as app:
        call_the_platform(app)
        app.process.start()
        until(lambda: tried(app) > 0, "nobody calls")
        count = size(400, 10_000)
        flood = app.flood(list(trade(1, count)), rate=150).wait(seconds=600)
        app.settle()
        assert app.account(flood) == all_well(count)
        assert flood.late == 0
        assert calls(app) == {"waiting": CALLS}
