from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from handcart.shoppers import service
from handcart.shoppers.model import Visit
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"
MIRA, OTTO = 7, 8


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as work:
        yield work


def visit(
    work: Connection,
    at: datetime,
    device_id: str | None = None,
    customer_id: int | None = None,
    *,
    keep: bool = True,
    shop: str = SHOP,
) -> Visit:
    return service.visit(work, shop, device_id=device_id, customer_id=customer_id, keep=keep, at=at)


def test_a_guest_with_nothing_to_keep_gets_no_device(work: Connection, at: datetime) -> None:
    assert visit(work, at, keep=False) == Visit(None, None, left=False)


def test_a_guest_keeps_the_device_when_signing_in(work: Connection, at: datetime) -> None:
    guest = visit(work, at)
    signed_in = visit(work, at, guest.device_id, MIRA)
    assert signed_in == Visit(guest.device_id, MIRA, left=False)
    assert (guest.owner, signed_in.owner) == (f"device:{guest.device_id}", f"customer:{MIRA}")
    assert visit(work, at, guest.device_id, MIRA) == signed_in


@pytest.mark.parametrize("next_one", [None, OTTO])
def test_a_device_that_somebody_left_gets_a_new_name(
    work: Connection, at: datetime, next_one: int | None
) -> None:
    mira = visit(work, at, customer_id=MIRA)
    after = visit(work, at, mira.device_id, next_one)
    assert after.left
    assert after.customer_id == next_one
    assert after.device_id not in (None, mira.device_id)
    assert not visit(work, at, after.device_id, next_one).left


def test_a_guest_with_the_old_name_is_told_again_that_somebody_left(
    work: Connection, at: datetime
) -> None:
    mira = visit(work, at, customer_id=MIRA)
    first = visit(work, at, mira.device_id)
    second = visit(work, at, mira.device_id)
    assert first.left
    assert second.left
    assert second.device_id not in (mira.device_id, first.device_id)


def test_the_customer_with_the_old_name_gets_a_new_one_and_loses_nothing(
    work: Connection, at: datetime
) -> None:
    mira = visit(work, at, customer_id=MIRA)
    visit(work, at, mira.device_id)
    again = visit(work, at, mira.device_id, MIRA)
    assert not again.left
    assert again.device_id != mira.device_id


def test_a_device_of_one_shop_is_unknown_in_another(work: Connection, at: datetime) -> None:
    mira = visit(work, at, customer_id=MIRA)
    other = visit(work, at, mira.device_id, shop="other.myshopify.com")
    assert not other.left
    assert other.device_id != mira.device_id


def test_what_is_kept_of_a_customer_can_be_exported_and_forgotten(
    work: Connection, at: datetime
) -> None:
    mira, otto = visit(work, at, customer_id=MIRA), visit(work, at, customer_id=OTTO)
    visit(work, at + timedelta(hours=1), mira.device_id)
    [exported] = service.export_customer(work, SHOP, MIRA)["devices"]
    assert exported == {
        "device_id": mira.device_id,
        "created_at": "2026-11-23T09:00:00+00:00",
        "bound_at": "2026-11-23T09:00:00+00:00",
        "ended_at": "2026-11-23T10:00:00+00:00",
    }
    service.forget_customer(work, SHOP, MIRA, at=at)
    assert service.export_customer(work, SHOP, MIRA) == {"devices": []}
    kept = service.export_customer(work, SHOP, OTTO)["devices"]
    assert [device["device_id"] for device in kept] == [otto.device_id]
