"""What users of other systems complained about at the counter, thread by thread.

Each test is a complaint turned around; the docstring says where it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart.errors import Denied
from handcart.keys import Keyring
from handcart.pickups import State, acts, service, store
from handcart.pickups.life import Clock
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from handcart.storage import Database
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
Routed = Callable[..., FulfillmentOrder]


@pytest.fixture
def work(db: Database, routed: Routed, at: datetime) -> Iterator[Connection]:
    with db.writing() as work:
        service.request_pickup(work, SHOP, routed(), at=at)
        yield work


def told(work: Connection, kind: str = "call") -> list[tuple[str, Any]]:
    rows = work.execute(select(tasks).where(tasks.c.kind == kind).order_by(tasks.c.place))
    return [(row.name, row.payload) for row in rows]


def facts(work: Connection) -> list[tuple[str, Any]]:
    return [(name, payload.get("whole")) for name, payload in told(work, "event")]


def test_goods_that_lie_there_are_ready_wherever_the_stock_is_said_to_be(
    work: Connection, at: datetime
) -> None:
    """magento/inventory#2785: no "ready" for an order while the stock was booked elsewhere."""
    assert service.mark_ready(work, SHOP, "9001", by="staff:7", at=at).state is State.READY
    assert told(work) == [("prepare_for_pickup", {"fulfillment_order_id": 9001})]


def test_a_bundle_is_made_ready_like_anything_else(
    work: Connection, routed: Routed, at: datetime
) -> None:
    """magento/inventory#3116: orders with bundles could not be notified."""
    bundle = (
        FulfillmentLine(81, None, "Gift box", "", 1),
        FulfillmentLine(82, 501, "Gyokuro, in the gift box", "GYO-50", 1),
    )
    service.request_pickup(work, SHOP, routed(fulfillment_order_id=9002, lines=bundle), at=at)
    assert service.mark_ready(work, SHOP, "9002", by="staff:7", at=at).state is State.READY


def test_completion_is_told_only_when_nothing_is_left(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    """hotwax/bopis#739: the completion mail went out with the first of several groups."""
    service.mark_ready(work, SHOP, "9001", by="staff:7", at=at)
    for units in ({71: 1}, {71: 1, 72: 1}):
        service.hand_over(
            work, SHOP, "9001", code=None, keyring=keyring, by="staff:7", at=at, units=units
        )
    handed = [whole for name, whole in facts(work) if name == "PickupCollected"]
    assert handed == [False, True]


def test_a_part_can_be_refused_and_the_rest_goes_on(work: Connection, at: datetime) -> None:
    """hotwax/bopis#285: an order could be rejected as a whole only."""
    acts.report_missing(work, SHOP, "9001", units={71: 1}, reason="damaged", by="staff:7", at=at)
    rest = acts.drop_missing(work, SHOP, "9001", by="shopper", at=at)
    assert (rest.open, rest.units) == (True, 2)
    assert [(name, payload["lines"]) for name, payload in told(work)] == [("refund", {"71": 1})]


def test_what_lies_ready_is_cancelled_by_a_manager_and_by_nobody_less(
    work: Connection, at: datetime
) -> None:
    """hotwax/bopis#472 and #557: no cancelling after "ready"; then by anybody."""
    ready = service.mark_ready(work, SHOP, "9001", by="staff:7", at=at)
    with pytest.raises(Denied) as caught:
        service.cancel(work, SHOP, "9001", reason="other", by="staff:7", at=at)
    assert caught.value.code == "manager_needed"
    assert store.get(work, SHOP, "9001") == ready
    gone = service.cancel(work, SHOP, "9001", reason="other", by="manager:8", at=at)
    assert gone.state is State.CANCELLED


def test_what_is_missing_is_not_sent_another_way_behind_the_shoppers_back(
    work: Connection, at: datetime
) -> None:
    """hotwax/bopis#251: rejected pickups were routed again, as shipments."""
    short = acts.report_missing(
        work, SHOP, "9001", units={71: 2}, reason="not_found", by="staff:7", at=at
    )
    assert (short.state, short.location_id) == (State.SHORT, 31)
    assert told(work) == []


def test_ready_is_a_state_of_its_own_and_is_told_once(work: Connection, at: datetime) -> None:
    """nopSolutions/nopCommerce#5162: orders to be picked up had no "ready"."""
    for _ in range(2):
        service.mark_ready(work, SHOP, "9001", by="staff:7", at=at)
    assert facts(work).count(("PickupReady", True)) == 1


def test_an_order_that_the_store_forgets_is_shown_as_late(work: Connection, at: datetime) -> None:
    """coopcycle/coopcycle-web#2173: the store forgot to accept, and nobody noticed."""
    due = store.get(work, SHOP, "9001").escalates_at
    assert due is not None
    late = acts.clock_went_off(work, SHOP, "9001", clock=Clock.ESCALATE, at=due)
    assert late and late.state is State.ESCALATED
    assert facts(work)[-1][0] == "PickupEscalated"
    assert acts.accept(work, SHOP, "9001", by="staff:7", at=due).state is State.ACCEPTED


def test_nobody_came_and_a_part_was_fetched_are_no_dead_ends(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    """acmucsd/membership-portal#225: missed and partial pickups had to be mended by hand."""
    service.mark_ready(work, SHOP, "9001", by="staff:7", at=at)
    part = service.hand_over(
        work, SHOP, "9001", code=None, keyring=keyring, by="staff:7", at=at, units={71: 1}
    )
    assert part.state is State.PARTLY_COLLECTED
    later = at + timedelta(days=8)
    assert acts.clock_went_off(work, SHOP, "9001", clock=Clock.EXPIRE, at=later)
    back = acts.restock(work, SHOP, "9001", by="staff:7", at=later)
    # What was taken was taken; what was not is back on the shelf and paid back.
    assert (back.state, back.units) == (State.COLLECTED, 1)
    name, payload = told(work)[-1]
    assert (name, payload["lines"]) == ("refund", {"71": 1, "72": 1})
