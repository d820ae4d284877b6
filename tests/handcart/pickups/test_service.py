from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart.errors import BadInput, Denied, InvalidTransition, NotFound, StaleWrite, TooManyTries
from handcart.keys import Keyring
from handcart.pickups import Act, OrderSeen, Pickup, State, code_for, life, service, store
from handcart.pickups.how import How
from handcart.platform.port import FulfillmentOrder
from handcart.storage import Database
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
Routed = Callable[..., FulfillmentOrder]
Seen = Callable[..., OrderSeen]


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as work:
        yield work


def said(work: Connection, kind: str = "call") -> list[tuple[str, Any]]:
    """What the outbox holds of a kind, in order: what the platform or our listeners will hear."""
    rows = work.execute(select(tasks).where(tasks.c.kind == kind).order_by(tasks.c.place))
    return [(row.name, row.payload) for row in rows]


def facts(work: Connection) -> list[str]:
    return [name for name, _ in said(work, "event")]


def history(work: Connection, pickup_id: str = "9001") -> list[tuple[str | None, str, str, str]]:
    return [
        (change.start, change.wanted, change.by, change.why)
        for change in store.changes(work, SHOP, pickup_id)
    ]


@pytest.fixture
def requested(work: Connection, routed: Routed, at: datetime) -> Pickup:
    pickup = service.request_pickup(work, SHOP, routed(), at=at)
    assert pickup
    return pickup


@pytest.fixture
def ready(work: Connection, requested: Pickup, at: datetime) -> Pickup:
    return service.mark_ready(work, SHOP, requested.pickup_id, by="staff:7", at=at)


@pytest.fixture
def code(keyring: Keyring, ready: Pickup) -> str:
    return code_for(keyring, SHOP, ready.pickup_id, generation=1)


def hand_over(
    work: Connection, keyring: Keyring, *, code: str | None, at: datetime, shop: str = SHOP
) -> Pickup:
    return service.hand_over(work, shop, "9001", code=code, keyring=keyring, by="staff:7", at=at)


def test_an_open_pick_up_order_waits_once_however_often_it_is_told(
    work: Connection, routed: Routed, at: datetime
) -> None:
    first = service.request_pickup(work, SHOP, routed(), at=at)
    again = service.request_pickup(work, SHOP, routed(), at=at + timedelta(minutes=1))
    assert first == again == store.get(work, SHOP, "9001")
    assert first and first.state is State.REQUESTED
    assert [(line.title, line.quantity) for line in first.lines] == [
        ("Gyokuro, 50 g", 2),
        ("Gift wrap", 1),
    ]
    assert facts(work) == ["PickupRequested"]
    assert said(work) == []
    assert history(work) == [(None, "requested", "platform", "order_routed")]


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "shipping"},
        {"method": "retail"},
        {"location_id": None},
        {"status": "on_hold"},
        {"status": "scheduled"},
    ],
)
def test_goods_that_go_another_way_or_wait_elsewhere_are_no_pickup(
    changes: dict[str, Any], work: Connection, routed: Routed, at: datetime
) -> None:
    assert service.request_pickup(work, SHOP, routed(**changes), at=at) is None
    with pytest.raises(NotFound):
        store.get(work, SHOP, "9001")
    assert facts(work) == []


def test_ready_is_told_to_the_platform_once(work: Connection, ready: Pickup, at: datetime) -> None:
    later = at + timedelta(minutes=5)
    again = service.mark_ready(work, SHOP, "9001", by="staff:8", at=later)
    assert again == ready
    assert said(work) == [("prepare_for_pickup", {"fulfillment_order_id": 9001})]
    assert facts(work) == ["PickupRequested", "PickupReady"]
    assert history(work)[-1] == ("requested", "ready", "staff:7", "prepared")


def test_the_right_code_hands_over_once(
    work: Connection, ready: Pickup, code: str, keyring: Keyring, at: datetime
) -> None:
    collected = hand_over(work, keyring, code=code.lower(), at=at)
    again = hand_over(work, keyring, code=code, at=at + timedelta(minutes=1))
    assert collected == again
    assert collected.state is State.COLLECTED
    assert said(work)[1:] == [
        (
            "fulfil",
            {
                "fulfillment_order_id": 9001,
                "lines": {"71": 2, "72": 1},
                "left": {"71": 0, "72": 0},
            },
        )
    ]
    assert facts(work) == ["PickupRequested", "PickupReady", "PickupCollected"]
    assert history(work)[-1] == ("ready", "collected", "staff:7", "code")


def test_an_identity_check_hands_over_without_a_code_and_is_written_down(
    work: Connection, ready: Pickup, keyring: Keyring, at: datetime
) -> None:
    assert hand_over(work, keyring, code=None, at=at).state is State.COLLECTED
    assert history(work)[-1] == ("ready", "collected", "staff:7", "identity")


def test_a_wrong_code_hands_nothing_over(
    work: Connection, ready: Pickup, keyring: Keyring, at: datetime
) -> None:
    with pytest.raises(Denied) as caught:
        hand_over(work, keyring, code="00000000", at=at)
    assert caught.value.code == "code_wrong"
    assert store.get(work, SHOP, "9001") == ready
    assert [name for name, _ in said(work)] == ["prepare_for_pickup"]


def test_goods_that_are_not_ready_are_not_handed_over_even_with_the_code(
    work: Connection, requested: Pickup, keyring: Keyring, at: datetime
) -> None:
    code = code_for(keyring, SHOP, "9001", generation=1)
    with pytest.raises(InvalidTransition):
        hand_over(work, keyring, code=code, at=at)
    assert store.get(work, SHOP, "9001") == requested


def test_five_wrong_codes_lock_the_sixth_and_the_right_one_for_fifteen_minutes(
    db: Database, routed: Routed, keyring: Keyring, at: datetime
) -> None:
    code = code_for(keyring, SHOP, "9001", generation=1)
    with db.writing() as work:
        service.request_pickup(work, SHOP, routed(), at=at)
        service.mark_ready(work, SHOP, "9001", by="staff:7", at=at)

    def tried(typed: str, *, minutes: int = 0) -> tuple[bool, int, bool]:
        moment = at + timedelta(minutes=minutes)
        with db.writing() as work:
            check = service.check_code(work, SHOP, "9001", code=typed, keyring=keyring, at=moment)
        return check.right, check.tries_left, check.locked_until is not None

    assert [tried("WRONG000") for _ in range(5)] == [
        (False, 4, False),
        (False, 3, False),
        (False, 2, False),
        (False, 1, False),
        (False, 0, True),
    ]
    assert tried(code) == (False, 0, True)
    with db.writing() as work, pytest.raises(TooManyTries):
        hand_over(work, keyring, code=code, at=at + timedelta(minutes=14))
    assert tried(code, minutes=15) == (True, 5, False)


def test_a_right_code_forgives_the_wrong_ones_before(
    work: Connection, ready: Pickup, code: str, keyring: Keyring, at: datetime
) -> None:
    def tries_left(typed: str) -> int:
        check = service.check_code(work, SHOP, "9001", code=typed, keyring=keyring, at=at)
        return check.tries_left

    wrong = "WRONG000"
    assert [tries_left(typed) for typed in (wrong, wrong, code, wrong)] == [4, 3, 5, 4]
    assert store.get(work, SHOP, "9001") == ready


@pytest.mark.parametrize(
    ("by", "reason", "told"),
    [
        ("shopper", "changed_mind", "customer"),
        ("staff:7", "customer_asked", "customer"),
        ("staff:7", "out_of_stock", "staff"),
    ],
)
def test_cancelling_the_whole_order_is_told_as_such(
    by: str, reason: str, told: str, work: Connection, requested: Pickup, at: datetime
) -> None:
    cancelled = service.cancel(work, SHOP, "9001", reason=reason, by=by, at=at)
    again = service.cancel(work, SHOP, "9001", reason=reason, by=by, at=at)
    assert cancelled == again
    assert cancelled.state is State.CANCELLED
    assert said(work) == [("cancel_order", {"order_id": 1001, "reason": told})]
    assert facts(work) == ["PickupRequested", "PickupCancelled"]
    assert history(work)[-1] == ("requested", "cancelled", by, reason)


def test_cancelling_a_part_of_an_order_leaves_the_rest_alone(
    work: Connection, routed: Routed, at: datetime
) -> None:
    service.request_pickup(work, SHOP, routed(covers_order=False), at=at)
    service.cancel(work, SHOP, "9001", reason="changed_mind", by="shopper", at=at)
    assert said(work) == [
        (
            "refund",
            {
                "fulfillment_order_id": 9001,
                "lines": {"71": 2, "72": 1},
                "left": {"71": 0, "72": 0},
            },
        )
    ]


def test_what_the_platform_cancelled_is_not_told_to_the_platform(
    work: Connection, ready: Pickup, at: datetime
) -> None:
    service.cancel(work, SHOP, "9001", reason="order_cancelled", by="platform", at=at)
    assert [name for name, _ in said(work)] == ["prepare_for_pickup"]


def test_nothing_is_cancelled_after_collection(
    work: Connection, ready: Pickup, code: str, keyring: Keyring, at: datetime
) -> None:
    collected = hand_over(work, keyring, code=code, at=at)
    for by, reason in [("staff:7", "other"), ("shopper", "changed_mind")]:
        with pytest.raises(InvalidTransition):
            service.cancel(work, SHOP, "9001", reason=reason, by=by, at=at)
    assert store.get(work, SHOP, "9001") == collected


def test_a_shopper_cannot_give_a_reason_of_the_staff(
    work: Connection, requested: Pickup, at: datetime
) -> None:
    with pytest.raises(BadInput):
        service.cancel(work, SHOP, "9001", reason="out_of_stock", by="shopper", at=at)
    assert store.get(work, SHOP, "9001") == requested


def test_our_own_handover_coming_back_changes_nothing(
    work: Connection,
    ready: Pickup,
    code: str,
    keyring: Keyring,
    routed: Routed,
    seen: Seen,
    at: datetime,
) -> None:
    collected = hand_over(work, keyring, code=code, at=at)
    before = said(work), facts(work), history(work)
    later = at + timedelta(seconds=2)
    service.order_seen(work, SHOP, order=seen(fulfilled=True, updated_at=later), at=later)
    service.request_pickup(work, SHOP, routed(status="closed", updated_at=later), at=later)
    assert store.get(work, SHOP, "9001") == collected
    assert (said(work), facts(work), history(work)) == before


def test_our_own_cancelling_coming_back_changes_nothing(
    work: Connection, ready: Pickup, routed: Routed, seen: Seen, at: datetime
) -> None:
    cancelled = service.cancel(work, SHOP, "9001", reason="damaged", by="manager:7", at=at)
    before = said(work), facts(work), history(work)
    later = at + timedelta(seconds=2)
    service.order_seen(work, SHOP, order=seen(cancelled_at=later, updated_at=later), at=later)
    service.request_pickup(work, SHOP, routed(status="cancelled", updated_at=later), at=later)
    assert store.get(work, SHOP, "9001") == cancelled
    assert (said(work), facts(work), history(work)) == before


def test_an_order_fulfilled_elsewhere_is_collected_and_told_to_nobody_there(
    work: Connection, requested: Pickup, seen: Seen, at: datetime
) -> None:
    service.order_seen(work, SHOP, order=seen(fulfilled=True), at=at)
    assert store.get(work, SHOP, "9001").state is State.COLLECTED
    assert said(work) == []
    assert facts(work) == ["PickupRequested", "PickupCollected"]
    assert history(work)[-1] == ("requested", "collected", "platform", "order_fulfilled")


def test_older_news_of_an_order_never_undoes_newer(
    work: Connection, requested: Pickup, seen: Seen, at: datetime
) -> None:
    cancelled = seen(cancelled_at=at, updated_at=at + timedelta(seconds=5))
    service.order_seen(work, SHOP, order=cancelled, at=at)
    service.order_seen(work, SHOP, order=seen(), at=at)
    assert store.get(work, SHOP, "9001").state is State.CANCELLED


def test_an_order_cancelled_before_its_pickup_is_seen_never_waits(
    work: Connection, routed: Routed, seen: Seen, at: datetime
) -> None:
    service.order_seen(work, SHOP, order=seen(cancelled_at=at), at=at)
    assert service.request_pickup(work, SHOP, routed(), at=at) is None
    assert store.get(work, SHOP, "9001").state is State.CANCELLED
    assert store.waiting(work, SHOP, 31) == ()
    assert facts(work) == []


def test_a_closed_fulfillment_order_waits_in_nobodys_way_until_its_order_is_known(
    work: Connection, routed: Routed, seen: Seen, at: datetime
) -> None:
    service.request_pickup(work, SHOP, routed(), at=at)
    later = at + timedelta(seconds=3)
    service.request_pickup(work, SHOP, routed(status="closed", updated_at=later), at=later)
    assert store.get(work, SHOP, "9001").state is State.REQUESTED
    assert store.waiting(work, SHOP, 31) == ()
    assert store.open_counts(work, SHOP) == {}
    service.order_seen(work, SHOP, order=seen(updated_at=later), at=later)
    assert store.get(work, SHOP, "9001").state is State.COLLECTED


def test_two_who_change_the_same_version_do_not_both_succeed(
    work: Connection, requested: Pickup, at: datetime
) -> None:
    mine = life.done(requested, Act.PACK, How("staff:7", at))
    yours = life.done(requested, Act.CANCEL, How("staff:8", at))
    store.save(work, SHOP, mine, was=1)
    with pytest.raises(StaleWrite):
        store.save(work, SHOP, yours, was=1)
    assert store.get(work, SHOP, "9001") == mine


def test_another_shop_sees_and_changes_nothing(
    work: Connection, ready: Pickup, code: str, keyring: Keyring, at: datetime
) -> None:
    other = "other.myshopify.com"
    with pytest.raises(NotFound):
        hand_over(work, keyring, code=code, at=at, shop=other)
    with pytest.raises(NotFound):
        service.cancel(work, other, "9001", reason="other", by="staff:7", at=at)
    assert store.waiting(work, other, 31) == ()
    assert store.waiting(work, SHOP, 31) == (ready,)


def test_the_queue_of_a_store_is_oldest_first_and_its_stamp_follows_it(
    work: Connection, routed: Routed, at: datetime
) -> None:
    stamps = [store.waiting_stamp(work, SHOP, 31)]
    for number in (3, 1, 2):
        order = routed(fulfillment_order_id=number, order_id=number, location_id=31)
        service.request_pickup(work, SHOP, order, at=at + timedelta(minutes=number))
        stamps.append(store.waiting_stamp(work, SHOP, 31))
    elsewhere = routed(fulfillment_order_id=4, order_id=4, location_id=32)
    service.request_pickup(work, SHOP, elsewhere, at=at)
    assert store.waiting_stamp(work, SHOP, 31) == stamps[-1]
    service.mark_ready(work, SHOP, "1", by="staff:7", at=at + timedelta(minutes=4))
    stamps.append(store.waiting_stamp(work, SHOP, 31))
    assert [pickup.pickup_id for pickup in store.waiting(work, SHOP, 31)] == ["1", "2", "3"]
    assert len(set(stamps)) == 5
    assert store.open_counts(work, SHOP) == {
        (31, State.REQUESTED): 2,
        (31, State.READY): 1,
        (32, State.REQUESTED): 1,
    }


def test_the_holder_of_the_order_token_finds_the_open_pickup(
    work: Connection, ready: Pickup, routed: Routed, seen: Seen, at: datetime
) -> None:
    service.order_seen(work, SHOP, order=seen(), at=at)
    service.request_pickup(work, SHOP, routed(fulfillment_order_id=9000), at=at - timedelta(days=1))
    service.cancel(work, SHOP, "9000", reason="other", by="staff:7", at=at)
    found = service.find_by_order_token(work, SHOP, seen().order_token)
    assert found and found.pickup_id == "9001"
    assert service.find_by_order_token(work, SHOP, "1001") is None
    assert service.find_by_order_token(work, SHOP, "") is None
    assert service.find_by_order_token(work, "other.myshopify.com", seen().order_token) is None


def test_a_forgotten_customer_leaves_pickups_without_a_name(
    work: Connection, ready: Pickup, seen: Seen, at: datetime
) -> None:
    service.order_seen(work, SHOP, order=seen(), at=at)
    exported = service.export_customer(work, SHOP, 77)
    assert exported["orders"] == [{"order_id": 1001, "name": "#1001", "customer_name": "Mina Sato"}]
    assert exported["pickups"][0]["items"][0] == {"title": "Gyokuro, 50 g", "quantity": 2}
    service.forget_customer(work, SHOP, 77, at=at)
    service.order_seen(work, SHOP, order=seen(), at=at)
    left = store.get(work, SHOP, "9001")
    assert (left.customer_id, left.customer_name, left.state) == (None, "", State.READY)
    assert service.export_customer(work, SHOP, 77) == {"orders": [], "pickups": []}
    assert service.find_by_order_token(work, SHOP, seen().order_token) is None
