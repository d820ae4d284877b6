"""A substitute for what is missing: offered by staff, taken by the shopper, edited in or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart.errors import BadInput, Denied, HandcartError, InvalidTransition, RuleBroken
from handcart.pickups import Pickup, State, acts, exchanging, service, store, substitutes
from handcart.platform.port import FulfillmentLine, FulfillmentOrder, Swap
from handcart.stock import holds, sales
from handcart.stock import service as stock
from handcart.storage import Database
from handcart.storage.outbox import tasks
from tests.handcart.stock.shelves import (
    GYOKURO,
    HARBOUR,
    SENCHA,
    SHOP,
    known,
    stocked,
    summed,
)

Routed = Callable[..., FulfillmentOrder]
ID = "9001"
SWAP = Swap(line_id=71, variant_id=502, units=2)
HELD = {(SENCHA, HARBOUR): 2}


@pytest.fixture
def work(db: Database, at: datetime, routed: Routed) -> Iterator[Connection]:
    """Of three Gyokuro at the Harbour one was put aside, two are missing, Sencha is offered."""
    with db.writing() as work:
        stocked(work, at)
        order = routed(lines=(FulfillmentLine(71, 501, "Gyokuro", "GYO", 3, 3),))
        sales.routed(work, SHOP, order, at=at)
        service.request_pickup(work, SHOP, order, at=at)
        acts.pack(work, SHOP, ID, units={71: 1}, by="staff:7", at=at)
        missed(work, at, instead={71: ["SKU-702"]})
        yield work


def missed(work: Connection, at: datetime, **more: Any) -> Pickup:
    return acts.report_missing(
        work, SHOP, ID, units={71: 2}, reason="not_found", by="staff:7", at=at, **more
    )


def accept(work: Connection, at: datetime, *, by: str = "shopper", variant_id: int = 502) -> Pickup:
    return exchanging.accept(work, SHOP, ID, line_id=71, variant_id=variant_id, by=by, at=at)


def offered(work: Connection, at: datetime) -> list[tuple[int, int, str, int]]:
    found = substitutes.offers(work, SHOP, store.get(work, SHOP, ID), at=at)
    return [(one.line_id, one.variant_id, one.title, one.units) for one in found]


def held(work: Connection) -> dict[tuple[int, int], int]:
    return dict(holds.units_of(work, SHOP, f"substitute:{ID}"))


def exchanges(work: Connection) -> list[dict[str, Any]]:
    wanted = tasks.c.name == exchanging.EXCHANGE
    return list(work.scalars(select(tasks.c.payload).where(wanted)))


def edited(routed: Routed, at: datetime) -> FulfillmentOrder:
    """The fulfillment order after the platform took the two for two of the other tea."""
    lines = (
        FulfillmentLine(71, 501, "Gyokuro", "GYO", 1, 1),
        FulfillmentLine(73, 502, "Sencha – 100 g", "SKU-702", 2, 2),
    )
    return routed(lines=lines, updated_at=at)


def test_what_is_offered_is_what_there_is_enough_of(work: Connection, at: datetime) -> None:
    assert offered(work, at) == [(71, 502, "Sencha – 100 g", 2)]
    sold = {"inventory_item_id": SENCHA, "location_id": HARBOUR}
    later = at + timedelta(seconds=1)
    stock.level_changed(work, SHOP, **sold, available=1, updated_at=later, at=later)
    assert offered(work, later) == []
    with pytest.raises(RuleBroken) as caught:
        accept(work, later)
    assert caught.value.code == "substitute_gone"


@pytest.mark.parametrize("code", ["SKU-702", "sku-702", "400702", " sencha "])
def test_it_is_named_by_what_is_printed_on_it(work: Connection, at: datetime, code: str) -> None:
    substitutes.keep(work, SHOP, store.get(work, SHOP, ID), {71: [code]}, by="staff:7", at=at)
    assert [one[1] for one in offered(work, at)] == [502]


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({71: ["SKU-999"]}, "substitute_unknown"),
        ({71: ["SKU-70"]}, "substitute_unknown"),
        ({71: [" "]}, "substitute_unknown"),
        ({71: ["SKU-701"]}, "substitute_same"),
        ({72: ["SKU-702"]}, "nothing_missing"),
    ],
)
def test_what_cannot_be_a_substitute_is_refused(
    work: Connection, at: datetime, named: dict[int, list[str]], code: str
) -> None:
    with pytest.raises(BadInput) as caught:
        substitutes.keep(work, SHOP, store.get(work, SHOP, ID), named, by="staff:7", at=at)
    assert caught.value.code == code
    assert offered(work, at) == [(71, 502, "Sencha – 100 g", 2)]


@pytest.mark.parametrize("by", ["shopper", "staff:7"])
def test_whoever_takes_it_has_it_held_and_the_platform_is_told(
    work: Connection, at: datetime, by: str
) -> None:
    assert accept(work, at, by=by).state is State.SUBSTITUTING
    assert held(work) == HELD
    assert exchanges(work) == [
        {
            "pickup_id": ID,
            "version": 4,
            "fulfillment_order_id": 9001,
            "order_id": 1001,
            "swap": {"line_id": 71, "variant_id": 502, "units": 2},
            "left": {"71": 1},
        }
    ]
    assert offered(work, at) == []


def test_a_person_who_is_sent_takes_no_substitute(work: Connection, at: datetime) -> None:
    with pytest.raises(InvalidTransition):
        accept(work, at, by="proxy:1")
    assert (held(work), exchanges(work)) == ({}, [])


def test_nobody_takes_what_was_not_offered(work: Connection, at: datetime) -> None:
    with pytest.raises(RuleBroken) as caught:
        accept(work, at, variant_id=501)
    assert caught.value.code == "substitute_gone"
    assert (held(work), exchanges(work)) == ({}, [])


def test_until_the_platform_has_answered_nobody_else_touches_it(
    work: Connection, at: datetime
) -> None:
    accept(work, at)
    refused: list[Callable[[], object]] = [
        lambda: accept(work, at),
        lambda: acts.pack(work, SHOP, ID, units={71: 2}, by="staff:7", at=at),
        lambda: acts.drop_missing(work, SHOP, ID, by="shopper", at=at),
        lambda: service.cancel(work, SHOP, ID, reason="other", by="manager:7", at=at),
    ]
    for act in refused:
        with pytest.raises((InvalidTransition, Denied)):
            act()
    assert (held(work), len(exchanges(work))) == (HELD, 1)


def test_once_the_order_is_edited_the_substitute_is_a_line_like_any_other(
    work: Connection, routed: Routed, at: datetime
) -> None:
    accept(work, at)
    later = at + timedelta(seconds=5)
    order = edited(routed, later)
    sales.routed(work, SHOP, order, at=later)
    service.request_pickup(work, SHOP, order, at=later)
    exchanging.exchanged(work, SHOP, ID, at=later)
    pickup = store.get(work, SHOP, ID)
    assert pickup.state is State.PARTLY_READY
    assert [(one.line_id, one.asked, one.packed) for one in pickup.lines] == [
        (71, 1, 1),
        (73, 2, 0),
    ]
    acts.pack(work, SHOP, ID, units={73: 2}, by="staff:7", at=later)
    assert store.get(work, SHOP, ID).state is State.READY


def test_goods_are_counted_once_while_one_takes_the_place_of_the_other(
    work: Connection, routed: Routed, at: datetime
) -> None:
    accept(work, at)
    later = at + timedelta(seconds=5)
    order = edited(routed, later)
    sales.routed(work, SHOP, order, at=later)
    service.request_pickup(work, SHOP, order, at=later)
    # The order has them; until their level is told nobody else can have them either.
    assert held(work) == HELD
    for item, available in ((GYOKURO, 9), (SENCHA, 8)):
        where = {"inventory_item_id": item, "location_id": HARBOUR}
        told = at + timedelta(seconds=6)
        stock.level_changed(work, SHOP, **where, available=available, updated_at=told, at=told)
        there = known(work, item)
        assert summed(work, item) == (there.available, there.set_aside)
        assert there.available + there.set_aside == 10
    assert held(work) == {}


def test_what_the_platform_refuses_is_missing_again_and_offered_no_more(
    work: Connection, at: datetime
) -> None:
    version = accept(work, at).version
    assert not exchanging.is_called_off(work, SHOP, ID, since=version)
    for _ in range(2):
        again = exchanging.not_exchanged(work, SHOP, ID, SWAP, at=at)
        assert again and again.state is State.SHORT
    assert (held(work), offered(work, at)) == ({}, [])
    assert exchanging.is_called_off(work, SHOP, ID, since=version)
    history = [(change.act, change.by) for change in store.changes(work, SHOP, ID)][-2:]
    assert history == [("substitute", "shopper"), ("call_off", "platform")]


def test_what_else_is_missing_is_asked_about_again(
    db: Database, routed: Routed, at: datetime
) -> None:
    with db.writing() as work:
        stocked(work, at)
        lines = (
            FulfillmentLine(71, 501, "Gyokuro", "GYO", 2, 2),
            FulfillmentLine(72, 503, "Bancha", "BAN", 1, 1),
        )
        service.request_pickup(work, SHOP, routed(lines=lines), at=at)
        acts.report_missing(
            work,
            SHOP,
            ID,
            units={71: 2, 72: 1},
            reason="damaged",
            by="staff:7",
            at=at,
            instead={71: ["SKU-702"]},
        )
        accept(work, at)
        later = at + timedelta(seconds=5)
        new = (
            FulfillmentLine(72, 503, "Bancha", "BAN", 1, 1),
            FulfillmentLine(73, 502, "Sencha", "SKU-702", 2, 2),
        )
        order = routed(lines=new, updated_at=later)
        assert service.request_pickup(work, SHOP, order, at=later).state is State.SUBSTITUTING  # type: ignore[union-attr]
        again = exchanging.exchanged(work, SHOP, ID, at=later)
        assert again and again.state is State.SHORT
        assert [(one.line_id, one.missing) for one in again.lines] == [(71, 0), (72, 1), (73, 0)]
        assert [one.dropped for one in again.lines] == [2, 0, 0]


def test_an_order_that_is_cancelled_meanwhile_lets_the_substitute_go(
    work: Connection, routed: Routed, at: datetime
) -> None:
    accept(work, at)
    later = at + timedelta(seconds=5)
    service.request_pickup(work, SHOP, routed(status="cancelled", updated_at=later), at=later)
    assert (store.get(work, SHOP, ID).state, held(work)) == (State.CANCELLED, {})
    assert exchanging.exchanged(work, SHOP, ID, at=later) == store.get(work, SHOP, ID)


def test_staff_who_name_one_while_nothing_is_missing_are_told(
    work: Connection, at: datetime
) -> None:
    acts.drop_missing(work, SHOP, ID, by="staff:7", at=at)
    with pytest.raises(HandcartError) as caught:
        missed(work, at, instead={71: ["SKU-702"]})
    assert caught.value.code == "units_too_many"
