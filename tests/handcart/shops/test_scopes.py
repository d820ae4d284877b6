from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from handcart.errors import NotInstalled
from handcart.keys import Keyring
from handcart.shops import service, store
from handcart.shops.model import Tokens
from handcart.shops.scopes import covered, missing, read_scopes, written
from handcart.storage import Database
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
HOUR = timedelta(hours=1)


@pytest.fixture
def work(db: Database, keyring: Keyring, at: datetime) -> Iterator[Connection]:
    with db.writing() as connection:
        tokens = Tokens(access_token="shpat_1", scopes="read_products,write_orders")
        service.install(connection, SHOP, tokens=tokens, keyring=keyring, at=at)
        yield connection


def told(work: Connection) -> list[dict[str, list[str]]]:
    found = work.execute(select(tasks.c.payload).where(tasks.c.name == "ScopesChanged"))
    return [dict(payload) for payload in found.scalars()]


def test_who_may_write_may_read() -> None:
    granted = read_scopes("write_orders, read_products unauthenticated_write_checkouts")
    assert covered(granted) == {
        "read_orders",
        "read_products",
        "unauthenticated_read_checkouts",
        "unauthenticated_write_checkouts",
        "write_orders",
    }
    assert missing(["read_orders", "write_products"], granted=granted) == ("write_products",)
    assert written(granted) == "read_products,unauthenticated_write_checkouts,write_orders"


def test_scopes_that_change_are_kept_and_told(work: Connection, at: datetime) -> None:
    now = ["read_products", "write_inventory"]
    assert service.scopes_changed(work, SHOP, scopes=now, happened_at=at + HOUR, at=at + HOUR)
    assert service.scopes_of(work, SHOP) == {"read_products", "read_inventory", "write_inventory"}
    assert told(work) == [{"granted": ["write_inventory"], "revoked": ["write_orders"]}]


def test_the_same_scopes_again_are_no_news(work: Connection, at: datetime) -> None:
    same = ["write_orders", "read_products"]
    assert not service.scopes_changed(work, SHOP, scopes=same, happened_at=at + HOUR, at=at)
    assert told(work) == []


def test_older_news_of_scopes_changes_nothing(work: Connection, at: datetime) -> None:
    service.scopes_changed(work, SHOP, scopes=["read_a"], happened_at=at + HOUR * 2, at=at)
    assert not service.scopes_changed(
        work, SHOP, scopes=["read_b"], happened_at=at + HOUR, at=at + HOUR * 3
    )
    assert service.scopes_of(work, SHOP) == {"read_a"}
    assert len(told(work)) == 1


def test_news_of_scopes_from_before_the_grant_changes_nothing(
    work: Connection, at: datetime
) -> None:
    assert not service.scopes_changed(work, SHOP, scopes=[], happened_at=at - HOUR, at=at)
    assert "write_orders" in service.scopes_of(work, SHOP)


def test_a_renewal_under_way_outlives_a_change_of_scopes(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    was = service.installation_of(work, SHOP)
    service.scopes_changed(work, SHOP, scopes=["read_a"], happened_at=at + HOUR, at=at)
    renewed = Tokens(access_token="shpat_2", scopes="read_a")
    assert store.change(work, was, **service.sealed(SHOP, renewed, keyring=keyring))


def test_a_shop_that_left_has_no_scopes(work: Connection, at: datetime) -> None:
    service.uninstalled(work, SHOP, happened_at=at + HOUR, at=at + HOUR)
    assert not service.scopes_changed(work, SHOP, scopes=[], happened_at=at + HOUR * 2, at=at)
    with pytest.raises(NotInstalled):
        service.scopes_of(work, SHOP)
