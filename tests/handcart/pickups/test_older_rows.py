"""Rows that the version before wrote are read as they were meant, and it can read ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection, insert, select, update

from handcart.pickups import Act, Phase, Stage, State, service, store
from handcart.pickups.tables import pickup_changes, pickup_lines, pickups
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as work:
        yield work


def older(work: Connection, state: str, *, collected: int = 0, at: datetime) -> None:
    """A pickup as version 0.1.0 wrote it: the columns that it knew, and no others."""
    work.execute(
        insert(pickups).values(
            shop=SHOP,
            pickup_id="9001",
            fulfillment_order_id=9001,
            order_id=1001,
            order_name="#1001",
            location_id=31,
            customer_name="",
            covers_order=True,
            state=state,
            requested_at=at,
            changed_at=at,
            version=1,
            generation=1,
            work_status="open",
            work_updated_at=at,
            code_tries=0,
        )
    )
    work.execute(
        insert(pickup_lines).values(
            shop=SHOP,
            pickup_id="9001",
            line_id=71,
            place=0,
            title="Gyokuro",
            sku="GYO",
            quantity=2,
            collected=collected,
        )
    )
    work.execute(
        insert(pickup_changes).values(
            shop=SHOP,
            pickup_id="9001",
            version=1,
            at=at,
            by="staff:7",
            start="requested",
            wanted="ready",
            why="prepared",
        )
    )


@pytest.mark.parametrize(
    ("written", "collected", "state", "packed"),
    [
        ("requested", 0, State.REQUESTED, 0),
        ("ready", 0, State.READY, 2),
        ("collected", 2, State.COLLECTED, 2),
        ("cancelled", 0, State.CANCELLED, 0),
    ],
)
def test_a_row_of_the_version_before_means_what_it_meant(
    written: str, collected: int, state: State, packed: int, work: Connection, at: datetime
) -> None:
    older(work, written, collected=collected, at=at)
    read = store.get(work, SHOP, "9001")
    assert (read.state, read.lines[0].packed) == (state, packed)
    [change] = store.changes(work, SHOP, "9001")
    assert (change.act, change.start, change.wanted) == (None, State.REQUESTED, State.READY)


def test_an_older_pickup_lives_on(work: Connection, at: datetime) -> None:
    older(work, "requested", at=at)
    ready = service.mark_ready(work, SHOP, "9001", by="staff:7", at=at)
    assert ready == store.get(work, SHOP, "9001")
    assert (ready.state, ready.stage) == (State.READY, Stage.PICKING)
    assert store.changes(work, SHOP, "9001")[-1].act is Act.PACK


def test_the_version_before_finds_only_words_that_it_knows(work: Connection, at: datetime) -> None:
    older(work, "ready", at=at)
    service.cancel(work, SHOP, "9001", reason="other", by="manager:7", at=at)
    known = {phase.value for phase in Phase}
    assert set(work.execute(select(pickups.c.state)).scalars()) <= known
    told = work.execute(select(pickup_changes.c.start, pickup_changes.c.wanted)).all()
    assert {word for row in told for word in row} <= known


def test_what_the_version_before_did_to_a_newer_row_is_believed(
    work: Connection, at: datetime
) -> None:
    """Both run beside each other for a while: the older one changes what it knows of."""
    older(work, "ready", at=at)
    service.mark_ready(work, SHOP, "9001", by="staff:7", at=at)
    work.execute(update(pickups).values(state="collected", version=2))
    work.execute(update(pickup_lines).values(collected=2))
    read = store.get(work, SHOP, "9001")
    assert (read.state, read.lines[0].collected) == (State.COLLECTED, 2)
