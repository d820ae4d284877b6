from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from handcart.stock import sending
from handcart.stock.tables import stock_writes
from handcart.storage import Database

from .shelves import SHOP, Shelves, stocked


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as work:
        yield work


@pytest.fixture
def shelves(db: Database, at: datetime) -> Shelves:
    """The platform, with 10 of each tea in each store; so are we."""
    shelves = Shelves(at)
    with db.writing() as work:
        stocked(work, at)
    for item in (701, 702):
        for place in (31, 32):
            shelves.available[item, place] = 10
            shelves.updated[item, place] = at
    return shelves


@pytest.fixture
def send(db: Database, shelves: Shelves) -> Callable[[], None]:
    """Whatever waits to be told to the platform is told, in its order."""

    def all_of_it() -> None:
        table = stock_writes.c
        with db.reading() as view:
            waiting = view.scalars(
                select(table.write_id)
                .where(table.shop == SHOP, table.state.in_(("waiting", "heard")))
                .order_by(table.added_at)
            ).all()
        for write_id in waiting:
            sending.send(db, shelves, write_id, clock=lambda: shelves.at)  # type: ignore[arg-type]

    return all_of_it


@pytest.fixture
def send_all(send: Callable[[], None]) -> Callable[[], None]:
    return send
