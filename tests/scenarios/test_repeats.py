"""Each delivery comes a hundred times: at once, after a restart, and when a month has passed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from handcart import Settings
from handcart_webhooks.inbox import deliveries
from handcart_webhooks.retention import Retention

from .account import all_well
from .flood import trade
from .kept import Kept, kept
from .ledger import create_handcart, entries
from .sizes import size

pytestmark = pytest.mark.server
DISTINCT = size(40, 1000)


def test_a_hundred_times_the_same_is_once(tmp_path: Path) -> None:
    news = list(trade(1, DISTINCT))
    with kept(tmp_path) as app:
        app.process.start()
        first = app.flood(news * 50, connections=32, again=0).wait(seconds=600)
        app.settle()
        app.process.kill()
        app.process.start()
        second = app.flood(news * 49, connections=32, again=0).wait(seconds=600)
        app.settle()
        app.process.stop()
        a_month_passes(app)
        assert states(app) == {"shrunk": DISTINCT}
        app.process.start()
        third = app.flood(news, connections=32, again=0).wait()
        app.settle()
        assert states(app) == {"shrunk": DISTINCT}
        assert sum(flood.answers[200] for flood in (first, second, third)) == 100 * DISTINCT
        assert app.account() == all_well(DISTINCT)
        assert effects(app) == DISTINCT


def a_month_passes(app: Kept) -> None:
    """Whatever was done has been cleaned up; the app has slept meanwhile."""
    handcart = create_handcart(Settings.from_env(app.env))
    Retention(handcart, sleep=lambda _: None).clean_up(handcart.clock() + timedelta(days=31))
    handcart.close()


def states(app: Kept) -> dict[str, int]:
    counted = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    with app.looking() as db, db.reading() as view:
        return {row[0]: row[1] for row in view.execute(counted)}


def effects(app: Kept) -> int:
    with app.looking() as db, db.reading() as view:
        return view.scalar(select(func.count()).select_from(entries)) or 0
