from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Connection, select

from handcart.errors import NotFound
from handcart.platform.port import StockLevel, StoreLocation
from handcart.stock import service, store
from handcart.storage import Database
from handcart.storage.outbox import tasks
from tests import memory

SHOP = "juniper-tea.myshopify.com"
ITEM, OTHER_ITEM = 501, 502
VARIANT, OTHER_VARIANT = 41, 42
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as work:
        yield work


def location(location_id: int, name: str, **changes: bool) -> StoreLocation:
    return StoreLocation(
        location_id=location_id,
        name=name,
        address=f"{name} street 1",
        phone="",
        active=changes.get("active", True),
        offers_pickup=changes.get("offers_pickup", True),
        opening_hours="Mo-Fr 09:00-19:00",
    )


def level(location_id: int, available: int, at: datetime, *, item: int = ITEM) -> StockLevel:
    variant = VARIANT if item == ITEM else OTHER_VARIANT
    return StockLevel(item, variant, location_id, available, at)


STORES = (
    location(2, "Old Town"),
    location(1, "Harbour"),
    location(3, "Warehouse", offers_pickup=False),
    location(4, "Closed down", active=False),
)


@pytest.fixture
def mirrored(work: Connection, at: datetime) -> Connection:
    levels = [level(1, 5, at), level(2, -2, at), level(3, 90, at), level(4, 7, at)]
    service.mirror(work, SHOP, locations=STORES, levels=levels, at=at)
    return work


def told(work: Connection, available: int, updated_at: datetime, *, item: int = ITEM) -> None:
    service.level_changed(
        work,
        SHOP,
        inventory_item_id=item,
        location_id=1,
        available=available,
        updated_at=updated_at,
        at=updated_at,
    )


def seen(work: Connection, variant_id: int = VARIANT) -> list[tuple[str, int]]:
    found = service.available(work, SHOP, variant_id, at=NOW)
    return [(one.place.name, one.available) for one in found]


def facts(work: Connection) -> list[int]:
    rows = work.execute(select(tasks.c.payload).order_by(tasks.c.place))
    return [payload["available"] for (payload,) in rows]


def test_what_can_be_fetched_is_told_for_each_store_that_offers_pickup(
    mirrored: Connection,
) -> None:
    assert seen(mirrored) == [("Harbour", 5), ("Old Town", 0)]
    assert seen(mirrored, 999) == []
    assert service.available(mirrored, "other.myshopify.com", VARIANT, at=NOW) == ()


def test_newer_numbers_replace_older_and_older_undo_nothing(
    mirrored: Connection, at: datetime
) -> None:
    told(mirrored, 4, at + timedelta(seconds=2))
    told(mirrored, 9, at + timedelta(seconds=1))
    told(mirrored, 4, at + timedelta(seconds=2))
    assert seen(mirrored)[0] == ("Harbour", 4)
    assert facts(mirrored) == [4]


def test_of_two_numbers_from_one_second_the_smaller_is_believed(at: datetime) -> None:
    for numbers in permutations([4, 3, 8]):
        with memory.alone_at_it() as work:
            for number in numbers:
                told(work, number, at)
            known = store.level(work, SHOP, item_id=ITEM, location_id=1)
            assert known and known.available == 3


def test_a_level_of_an_unknown_item_waits_for_the_next_mirror(
    mirrored: Connection, at: datetime
) -> None:
    later = at + timedelta(seconds=5)
    told(mirrored, 6, later, item=OTHER_ITEM)
    assert seen(mirrored, OTHER_VARIANT) == []
    read = [level(1, 6, later, item=OTHER_ITEM), level(1, 5, at)]
    service.mirror(mirrored, SHOP, locations=STORES, levels=read, at=later)
    assert seen(mirrored, OTHER_VARIANT) == [("Harbour", 6)]


def test_mirroring_keeps_what_was_heard_while_reading_and_drops_what_is_gone(
    mirrored: Connection, at: datetime
) -> None:
    began = at + timedelta(minutes=1)
    told(mirrored, 2, began + timedelta(seconds=1))
    service.mirror(mirrored, SHOP, locations=STORES, levels=[level(1, 5, at)], at=began)
    assert seen(mirrored) == [("Harbour", 2)]
    assert set(store.all_levels(mirrored, SHOP)) == {(ITEM, 1)}


def test_mirroring_again_says_only_what_changed(mirrored: Connection, at: datetime) -> None:
    read = [level(1, 5, at), level(2, -2, at), level(3, 80, at), level(4, 7, at)]
    service.mirror(mirrored, SHOP, locations=STORES, levels=read, at=at)
    assert facts(mirrored) == [80]


def test_places_are_the_active_ones_and_any_can_be_looked_up(mirrored: Connection) -> None:
    names = [place.name for place in service.places(mirrored, SHOP)]
    assert names == ["Harbour", "Old Town", "Warehouse"]
    assert service.place(mirrored, SHOP, 4).name == "Closed down"
    with pytest.raises(NotFound):
        service.place(mirrored, "other.myshopify.com", 4)
