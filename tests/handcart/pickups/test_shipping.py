"""What is missing is sent instead: asked for, kept, placed by the platform, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart.errors import BadInput, Denied, InvalidTransition, RuleBroken
from handcart.keys import Keyring
from handcart.pickups import Pickup, State, acts, service, shipments, shipping, store
from handcart.pickups.shipments import Shipment
from handcart.pickups.tables import pickup_shipments
from handcart.platform.port import FulfillmentLine, FulfillmentOrder
from handcart.stock import holds
from handcart.storage import Database
from handcart.storage.outbox import tasks
from tests.handcart.stock.shelves import GYOKURO, HARBOUR, OLD_TOWN, SENCHA, SHOP, stocked

Routed = Callable[..., FulfillmentOrder]
ID = "9001"
HOME = shipping.postal_address(
    name="Mina Sato", street="Elm street 1", town="Varna", country="BG", postcode="9000"
)


@pytest.fixture
def work(db: Database, at: datetime, routed: Routed) -> Iterator[Connection]:
    """Of two Gyokuro and one Sencha at the Harbour the Sencha was put aside, the others miss."""
    with db.writing() as work:
        stocked(work, at)
        lines = (
            FulfillmentLine(71, 501, "Gyokuro", "GYO", 2, 2),
            FulfillmentLine(72, 502, "Sencha", "SEN", 1, 1),
        )
        service.request_pickup(work, SHOP, routed(lines=lines), at=at)
        acts.pack(work, SHOP, ID, units={72: 1}, by="staff:7", at=at)
        acts.report_missing(work, SHOP, ID, units={71: 2}, reason="not_found", by="staff:7", at=at)
        yield work


def ship(
    work: Connection,
    keyring: Keyring,
    at: datetime,
    *,
    by: str = "shopper",
    everything: bool = False,
) -> Pickup:
    return shipping.ship(
        work, SHOP, ID, address=HOME, everything=everything, keyring=keyring, by=by, at=at
    )


def held(work: Connection) -> dict[tuple[int, int], int]:
    return dict(holds.units_of(work, SHOP, f"shipment:{ID}"))


def asked(work: Connection, pickup: Pickup) -> Shipment:
    found = shipping.wanted(work, SHOP, ID, pickup.version)
    assert found is not None
    return found


def jobs(work: Connection) -> list[dict[str, Any]]:
    return list(work.scalars(select(tasks.c.payload).where(tasks.c.name == shipping.SEND)))


@pytest.mark.parametrize("by", ["shopper", "staff:7"])
def test_what_is_missing_is_kept_where_it_is_and_the_platform_is_told(
    work: Connection, keyring: Keyring, at: datetime, by: str
) -> None:
    waits = ship(work, keyring, at, by=by)
    assert waits.state is State.SENDING
    assert held(work) == {(GYOKURO, OLD_TOWN): 2}
    shipment = asked(work, waits)
    assert (shipment.goods, shipment.lines, shipment.left) == (((501, 2),), {"71": 2}, {"71": 0})
    version = waits.version
    told = {"pickup_id": ID, "version": version, "fulfillment_order_id": 9001, "order_id": 1001}
    assert jobs(work) == [told]


def test_all_of_it_is_sent_and_what_was_put_aside_goes_back(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    waits = ship(work, keyring, at, everything=True)
    assert held(work) == {(GYOKURO, OLD_TOWN): 2, (SENCHA, OLD_TOWN): 1}
    assert [(line.missing, line.packed) for line in waits.lines] == [(2, 0), (1, 0)]
    shipments.placed(work, SHOP, asked(work, waits), 5001)
    sent = shipping.sent(work, SHOP, ID, at=at)
    assert sent and (sent.state, sent.units, sent.open) == (State.SENT, 0, False)
    names = list(work.scalars(select(tasks.c.name).where(tasks.c.kind == "event")))
    assert names[-1] == "PickupSent"
    assert "PickupCancelled" not in names


def test_the_rest_is_ready_once_what_was_missing_is_sent(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    waits = ship(work, keyring, at)
    shipments.placed(work, SHOP, asked(work, waits), 5001)
    for _ in range(2):
        now = shipping.sent(work, SHOP, ID, at=at)
        assert now and now.state is State.READY
    assert [(line.asked, line.dropped) for line in now.lines] == [(0, 2), (1, 0)]
    # No money goes back for what is sent.
    calls = list(work.scalars(select(tasks.c.name).where(tasks.c.kind == "call")))
    assert calls == []


def test_the_address_is_sealed_and_gone_once_the_platform_has_it(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    shipment = asked(work, ship(work, keyring, at))
    (sealed,) = work.scalars(select(pickup_shipments.c.address))
    assert "Elm" not in sealed and "Sato" not in sealed
    assert shipments.address_of(keyring, SHOP, shipment) == HOME
    assert "Elm" not in repr(HOME) + str(jobs(work))
    shipments.drafted(work, SHOP, shipment, 77)
    assert list(work.scalars(select(pickup_shipments.c.address))) == [None]


def test_nobody_knows_where_a_forgotten_customer_lives(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    waits = ship(work, keyring, at)
    service.forget_customer(work, SHOP, 77, at=at)
    assert shipments.address_of(keyring, SHOP, asked(work, waits)) is None


def test_what_the_platform_refuses_is_missing_again(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    waits = ship(work, keyring, at)
    again = shipping.not_sent(work, SHOP, asked(work, waits), at=at)
    assert again and again.state is State.SHORT
    assert (held(work), shipping.wanted(work, SHOP, ID, waits.version)) == ({}, None)
    assert ship(work, keyring, at).state is State.SENDING


def test_what_the_merchant_gave_back_meanwhile_is_not_sent_too(
    work: Connection, routed: Routed, keyring: Keyring, at: datetime
) -> None:
    waits = ship(work, keyring, at)
    later = at + timedelta(seconds=5)
    rest = (FulfillmentLine(72, 502, "Sencha", "SEN", 1, 1),)
    service.request_pickup(work, SHOP, routed(lines=rest, updated_at=later), at=later)
    assert store.get(work, SHOP, ID).state is State.READY
    assert shipping.wanted(work, SHOP, ID, waits.version) is None


def test_what_an_order_sends_already_still_has_to_leave_the_first_one(
    work: Connection, routed: Routed, keyring: Keyring, at: datetime
) -> None:
    waits = ship(work, keyring, at, everything=True)
    shipments.placed(work, SHOP, asked(work, waits), 5001)
    later = at + timedelta(seconds=5)
    service.request_pickup(work, SHOP, routed(lines=(), updated_at=later), at=later)
    assert store.get(work, SHOP, ID).state is State.SENT
    assert asked(work, waits).order_id == 5001


def test_what_no_other_store_has_is_not_sent(
    db: Database, routed: Routed, keyring: Keyring, at: datetime
) -> None:
    with db.writing() as work:
        stocked(work, at, {(GYOKURO, OLD_TOWN): 1})
        lines = (FulfillmentLine(71, 501, "Gyokuro", "GYO", 2, 2),)
        service.request_pickup(work, SHOP, routed(lines=lines), at=at)
        acts.report_missing(work, SHOP, ID, units={71: 2}, reason="damaged", by="staff:7", at=at)
        with pytest.raises(RuleBroken) as caught:
            ship(work, keyring, at)
        assert caught.value.code == "stock_short"
        assert (held(work), jobs(work)) == ({}, [])
        assert (GYOKURO, HARBOUR) not in held(work)


def test_a_person_who_is_sent_has_nothing_sent_and_nobody_touches_what_is_to_be(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    with pytest.raises(InvalidTransition):
        ship(work, keyring, at, by="proxy:1")
    ship(work, keyring, at)
    refused: list[Callable[[], object]] = [
        lambda: ship(work, keyring, at),
        lambda: acts.pack(work, SHOP, ID, units={71: 2}, by="staff:7", at=at),
        lambda: service.cancel(work, SHOP, ID, reason="other", by="manager:7", at=at),
        lambda: acts.drop_missing(work, SHOP, ID, by="shopper", at=at),
    ]
    for act in refused:
        with pytest.raises((InvalidTransition, Denied)):
            act()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"street": ""},
        {"town": ""},
        {"country": "Bulgaria"},
        {"country": ""},
        {"country": "QQ"},
        {"region": "<script>"},
        {"phone": "call me"},
        {"street": "x" * 101},
    ],
)
def test_an_address_that_is_none_is_refused(wrong: dict[str, str]) -> None:
    right = {"name": "Mina", "street": "Elm 1", "town": "Varna", "country": "BG"}
    with pytest.raises(BadInput) as caught:
        shipping.postal_address(**right | wrong)
    assert caught.value.code == "address_malformed"


def test_an_address_is_one_line_each() -> None:
    given = shipping.postal_address(
        name=" Mina \n Sato ", street="Elm 1", town="Austin", country="US", region="tx"
    )
    assert (given.name, given.region) == ("Mina Sato", "TX")
