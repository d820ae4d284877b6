from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Connection, select, update

from handcart.errors import Denied, NotInstalled
from handcart.keys import Keyring
from handcart.shops import billing, service, store
from handcart.shops.billing import PlanNews
from handcart.shops.model import Tokens
from handcart.storage import Database
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
DAY = timedelta(days=1)
PAIR = Tokens(access_token="shpat_1", scopes="")


@pytest.fixture
def work(db: Database, keyring: Keyring, at: datetime) -> Iterator[Connection]:
    with db.writing() as connection:
        service.install(connection, SHOP, tokens=PAIR, keyring=keyring, at=at)
        yield connection


def news(status: str, at: datetime, *, number: int = 1, test: bool = False) -> PlanNews:
    return PlanNews(f"gid://shopify/AppSubscription/{number}", "Street", status, at, test)


def standing(work: Connection, at: datetime) -> str:
    return billing.access_of(work, SHOP, at=at).standing


def told(work: Connection) -> list[str]:
    found = work.execute(select(tasks.c.payload).where(tasks.c.name == "PlanChanged"))
    return [payload["status"] for payload in found.scalars()]


@pytest.mark.parametrize(
    ("after", "expected", "left"),
    [
        (timedelta(0), "trial", 14),
        (timedelta(seconds=1), "trial", 14),
        (DAY, "trial", 13),
        (DAY * 13, "trial", 1),
        (DAY * 14 - timedelta(seconds=1), "trial", 1),
        (DAY * 14, "read_only", 0),
        (DAY * 400, "read_only", 0),
    ],
)
def test_everything_is_free_for_fourteen_days_and_read_only_from_the_fifteenth(
    work: Connection, at: datetime, after: timedelta, expected: str, left: int
) -> None:
    access = billing.access_of(work, SHOP, at=at + after)
    assert (access.standing, access.days_left(at + after)) == (expected, left)
    assert access.may_write is (expected != "read_only")
    assert access.trial_ends_at == at + DAY * 14


def test_who_may_not_write_is_told_so_and_loses_nothing(work: Connection, at: datetime) -> None:
    billing.check_writable(work, SHOP, at=at + DAY * 13)
    with pytest.raises(Denied) as refused:
        billing.check_writable(work, SHOP, at=at + DAY * 14)
    assert refused.value.code == "trial_over"
    assert service.installation_of(work, SHOP).is_live


def test_whoever_pays_may_write_for_good(work: Connection, at: datetime) -> None:
    assert billing.plan_told(work, SHOP, news("ACTIVE", at + DAY), at=at + DAY)
    access = billing.access_of(work, SHOP, at=at + DAY * 400)
    assert (access.standing, access.plan, access.is_test) == ("paid", "Street", False)
    assert told(work) == ["active"]


@pytest.mark.parametrize("status", ["CANCELLED", "DECLINED", "EXPIRED", "FROZEN", "PENDING"])
def test_only_an_active_plan_is_paid_for(work: Connection, at: datetime, status: str) -> None:
    billing.plan_told(work, SHOP, news("ACTIVE", at), at=at)
    billing.plan_told(work, SHOP, news(status, at + DAY), at=at)
    assert standing(work, at + DAY) == "trial"
    assert standing(work, at + DAY * 14) == "read_only"


def test_older_news_and_the_same_news_again_change_nothing(work: Connection, at: datetime) -> None:
    assert billing.plan_told(work, SHOP, news("CANCELLED", at + DAY * 2), at=at)
    assert not billing.plan_told(work, SHOP, news("CANCELLED", at + DAY * 2), at=at)
    assert not billing.plan_told(work, SHOP, news("ACTIVE", at + DAY), at=at)
    assert standing(work, at + DAY * 20) == "read_only"
    assert told(work) == ["cancelled"]


def test_news_of_a_change_of_plan_ends_alike_in_any_order(
    db: Database, keyring: Keyring, at: datetime
) -> None:
    story = [
        news("PENDING", at),
        news("ACTIVE", at + DAY),
        news("CANCELLED", at + DAY * 2),
        news("PENDING", at + DAY, number=2),
        news("ACTIVE", at + DAY * 2, number=2),
    ]
    for order in permutations(story):
        with db.writing() as work:
            store.erase(work, SHOP)
            service.install(work, SHOP, tokens=PAIR, keyring=keyring, at=at)
            for one in order:
                billing.plan_told(work, SHOP, one, at=at)
            assert standing(work, at + DAY * 20) == "paid", order


def test_a_test_charge_is_shown_as_one(work: Connection, at: datetime) -> None:
    billing.plan_told(work, SHOP, news("active", at, test=True), at=at)
    assert billing.access_of(work, SHOP, at=at).is_test
    billing.plan_told(work, SHOP, news("active", at, number=2), at=at)
    assert not billing.access_of(work, SHOP, at=at).is_test


def test_installing_again_begins_no_other_trial(
    work: Connection, keyring: Keyring, at: datetime
) -> None:
    service.uninstalled(work, SHOP, happened_at=at + DAY * 10, at=at + DAY * 10)
    service.install(work, SHOP, tokens=PAIR, keyring=keyring, at=at + DAY * 12)
    assert service.shop_of(work, SHOP).installed_at == at + DAY * 12
    assert billing.trial_days_left(work, SHOP, at=at + DAY * 12) == 2
    assert standing(work, at + DAY * 14) == "read_only"


def test_a_shop_from_before_trials_were_counted_tries_from_its_install(
    work: Connection, at: datetime
) -> None:
    work.execute(update(store.installations).values(first_installed_at=None))
    assert billing.access_of(work, SHOP, at=at).trial_ends_at == at + DAY * 14


def test_a_shop_that_was_redacted_leaves_no_plan(work: Connection, at: datetime) -> None:
    billing.plan_told(work, SHOP, news("active", at), at=at)
    service.redact_shop(work, SHOP, at=at + DAY * 5)
    assert work.execute(select(billing.app_subscriptions)).all() == []
    with pytest.raises(NotInstalled):
        billing.access_of(work, SHOP, at=at)
