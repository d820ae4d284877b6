from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from handcart.errors import NotInstalled, NotVerified, PlatformError, TokenRefused
from handcart.keys import Keyring
from handcart.shops import service, store
from handcart.shops.grants import Grants
from handcart.shops.model import Tokens
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"
MINUTE = timedelta(minutes=1)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Chain:
    """A token endpoint: each refresh token can be used once, the next one replaces it."""

    def __init__(self) -> None:
        self.number = 0
        self.asked: list[str] = []
        self.trouble: list[Exception] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def exchange(self, shop: str, id_token: str, *, at: datetime) -> Tokens:
        return self._next(f"id:{id_token}", at)

    def refresh(self, shop: str, refresh_token: str, *, at: datetime) -> Tokens:
        with self._lock:
            used = refresh_token != f"shprt_{self.number}"
        if used:
            raise TokenRefused("grant_refused")
        return self._next(refresh_token, at)

    def _next(self, asked: str, at: datetime) -> Tokens:
        with self._lock:
            self.asked.append(asked)
            if self.trouble:
                raise self.trouble.pop(0)
            self.number += 1
            number = self.number
        self.meanwhile()
        return Tokens(
            access_token=f"shpat_{number}",
            scopes="read_orders",
            expires_at=at + timedelta(hours=1),
            refresh_token=f"shprt_{number}",
            refresh_expires_at=at + timedelta(days=90),
        )


@pytest.fixture
def clock(at: datetime) -> Clock:
    return Clock(at)


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.fixture
def grants(db: Database, keyring: Keyring, clock: Clock, chain: Chain) -> Grants:
    return Grants(chain, db=db, keyring=keyring, clock=clock, sleep=lambda seconds: None)


@pytest.fixture
def installed(grants: Grants) -> None:
    grants.ensure(SHOP, "t")


def test_a_shop_seen_for_the_first_time_is_installed(
    grants: Grants, chain: Chain, db: Database
) -> None:
    grants.ensure(SHOP, "t")
    assert chain.asked == ["id:t"]
    assert grants.access_token(SHOP) == "shpat_1"
    with db.reading() as view:
        assert service.shop_of(view, SHOP).domain == SHOP


def test_a_shop_with_usable_tokens_is_left_alone(
    grants: Grants, chain: Chain, clock: Clock, installed: None
) -> None:
    grants.ensure(SHOP, "another")
    clock.now += timedelta(days=80)
    grants.ensure(SHOP, "yet another")
    assert chain.asked == ["id:t"]


def test_a_shop_whose_refresh_token_expired_is_exchanged_again(
    grants: Grants, chain: Chain, clock: Clock, installed: None
) -> None:
    clock.now += timedelta(days=90)
    with pytest.raises(TokenRefused):
        grants.access_token(SHOP)
    grants.ensure(SHOP, "again")
    assert chain.asked == ["id:t", "id:again"]
    assert grants.access_token(SHOP) == "shpat_2"


def test_a_shop_that_left_is_installed_by_opening_the_app(
    grants: Grants, db: Database, clock: Clock, installed: None
) -> None:
    clock.now += MINUTE
    with db.writing() as work:
        service.uninstalled(work, SHOP, happened_at=clock.now, at=clock.now)
    with pytest.raises(NotInstalled):
        grants.access_token(SHOP)
    clock.now += MINUTE
    grants.ensure(SHOP, "back")
    assert grants.access_token(SHOP) == "shpat_2"


def test_a_refused_id_token_installs_nothing(grants: Grants, chain: Chain, db: Database) -> None:
    chain.trouble = [NotVerified("invalid_subject_token")]
    with pytest.raises(NotVerified):
        grants.ensure(SHOP, "t")
    with db.reading() as view, pytest.raises(NotInstalled):
        service.shop_of(view, SHOP)
    grants.ensure(SHOP, "t")
    assert grants.access_token(SHOP) == "shpat_1"


def test_a_shop_nobody_knows_has_no_token(grants: Grants) -> None:
    with pytest.raises(NotInstalled):
        grants.access_token("nobody.myshopify.com")


@pytest.mark.parametrize(("minutes", "token"), [(54, "shpat_1"), (55, "shpat_2"), (61, "shpat_2")])
def test_a_token_is_renewed_five_minutes_before_it_ends(
    grants: Grants, clock: Clock, installed: None, minutes: int, token: str
) -> None:
    clock.now += MINUTE * minutes
    assert grants.access_token(SHOP) == token
    assert grants.access_token(SHOP) == token


def test_a_permanent_token_is_never_renewed(
    grants: Grants, chain: Chain, clock: Clock, db: Database, keyring: Keyring
) -> None:
    with db.writing() as work:
        permanent = Tokens(access_token="shpat_0", scopes="")
        service.install(work, SHOP, tokens=permanent, keyring=keyring, at=clock.now)
    clock.now += timedelta(days=400)
    assert grants.access_token(SHOP) == "shpat_0"
    assert chain.asked == []


def test_while_the_platform_is_down_the_old_token_serves_to_its_end(
    grants: Grants, chain: Chain, clock: Clock, installed: None
) -> None:
    chain.trouble = [PlatformError("tokens_unavailable")] * 2
    clock.now += MINUTE * 56
    assert grants.access_token(SHOP) == "shpat_1"
    clock.now += MINUTE * 5
    with pytest.raises(PlatformError) as failed:
        grants.access_token(SHOP)
    assert failed.value.code == "tokens_unavailable"
    assert grants.access_token(SHOP) == "shpat_2"


def test_a_lost_answer_is_asked_for_again_with_the_same_refresh_token(
    grants: Grants, chain: Chain, clock: Clock, installed: None
) -> None:
    chain.trouble = [PlatformError("tokens_unavailable")]
    clock.now += MINUTE * 61
    with pytest.raises(PlatformError):
        grants.access_token(SHOP)
    assert grants.access_token(SHOP) == "shpat_2"
    assert chain.asked == ["id:t", "shprt_1", "shprt_1"]


def test_a_dead_refresh_token_is_presented_once(
    grants: Grants, chain: Chain, clock: Clock, installed: None
) -> None:
    chain.trouble = [TokenRefused("grant_refused")]
    clock.now += MINUTE * 56
    assert grants.access_token(SHOP) == "shpat_1"
    clock.now += MINUTE * 5
    for _ in range(2):
        with pytest.raises(TokenRefused) as failed:
            grants.access_token(SHOP)
        assert failed.value.code == "token_dead"
    assert chain.asked == ["id:t", "shprt_1"]
    grants.ensure(SHOP, "again")
    assert grants.access_token(SHOP) == "shpat_2"


def test_a_token_the_platform_refused_is_renewed_before_its_time(
    grants: Grants, chain: Chain, installed: None
) -> None:
    grants.refused(SHOP, "shpat_1")
    assert grants.access_token(SHOP) == "shpat_2"
    grants.refused(SHOP, "shpat_1")
    assert grants.access_token(SHOP) == "shpat_2"
    assert chain.asked == ["id:t", "shprt_1"]


def test_a_token_no_key_of_ours_opens_is_replaced_by_opening_the_app(
    db: Database, clock: Clock, chain: Chain, installed: None
) -> None:
    stranger = Keyring(["a secret that is not the one of before"])
    grants = Grants(chain, db=db, keyring=stranger, clock=clock)
    with pytest.raises(TokenRefused) as failed:
        grants.access_token(SHOP)
    assert failed.value.code == "token_unreadable"
    grants.ensure(SHOP, "again")
    assert grants.access_token(SHOP) == "shpat_2"


def test_a_shop_that_leaves_while_its_token_is_renewed_stays_gone(
    grants: Grants, chain: Chain, clock: Clock, db: Database, installed: None
) -> None:
    def leave() -> None:
        with db.writing() as work:
            service.uninstalled(work, SHOP, happened_at=clock.now, at=clock.now)

    clock.now += MINUTE * 61
    chain.meanwhile = leave
    with pytest.raises(NotInstalled):
        grants.access_token(SHOP)


def test_a_lease_held_elsewhere_is_waited_for_and_what_it_brought_is_used(
    db: Database, keyring: Keyring, clock: Clock, chain: Chain, installed: None, at: datetime
) -> None:
    clock.now += MINUTE * 61
    with db.writing() as work:
        assert store.take_lease(work, SHOP, holder="another process", at=clock.now)

    def another_process_is_done(seconds: float) -> None:
        with db.writing() as work:
            was = service.installation_of(work, SHOP)
            tokens = Tokens("shpat_9", "", expires_at=clock.now + timedelta(hours=1))
            store.change(work, was, **service.sealed(SHOP, tokens, keyring=keyring))
            store.drop_lease(work, SHOP, holder="another process")

    grants = Grants(chain, db=db, keyring=keyring, clock=clock, sleep=another_process_is_done)
    assert grants.access_token(SHOP) == "shpat_9"
    assert chain.asked == ["id:t"]


def test_nobody_waits_for_a_lease_while_the_old_token_holds(
    grants: Grants, db: Database, clock: Clock, chain: Chain, installed: None
) -> None:
    clock.now += MINUTE * 56
    with db.writing() as work:
        store.take_lease(work, SHOP, holder="another process", at=clock.now)
    assert grants.access_token(SHOP) == "shpat_1"
    assert chain.asked == ["id:t"]


def test_a_lease_whose_holder_died_is_taken_over(
    grants: Grants, db: Database, clock: Clock, installed: None
) -> None:
    clock.now += MINUTE * 61
    with db.writing() as work:
        store.take_lease(work, SHOP, holder="a dead process", at=clock.now)
    with pytest.raises(PlatformError) as failed:
        grants.access_token(SHOP)
    assert failed.value.code == "tokens_busy"
    clock.now += store.LEASE
    assert grants.access_token(SHOP) == "shpat_2"


@pytest.mark.parametrize("databases", [1, 2])
def test_threads_and_processes_that_renew_at_once_spend_one_refresh_token(
    database_url: str,
    keyring: Keyring,
    clock: Clock,
    chain: Chain,
    installed: None,
    databases: int,
) -> None:
    """Two Database objects on one file stand for two processes: they share no lock in memory."""
    stores = [Database(database_url) for _ in range(databases)]
    several = [Grants(chain, db=one, keyring=keyring, clock=clock) for one in stores]
    for round_ in range(5):
        clock.now += timedelta(hours=2)
        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(one.access_token, SHOP) for one in several for _ in range(8)]
        assert {one.result() for one in asked} == {f"shpat_{round_ + 2}"}
    assert chain.asked == ["id:t", *(f"shprt_{n}" for n in range(1, 6))]
    for one in stores:
        one.close()


def test_pages_opened_at_once_exchange_one_id_token(grants: Grants, chain: Chain) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(grants.ensure, [SHOP] * 8, map(str, range(8))))
    assert len(chain.asked) == 1


def test_the_time_at_which_tokens_are_fresh_valid_and_usable(
    grants: Grants, db: Database, clock: Clock, installed: None, at: datetime
) -> None:
    with db.reading() as view:
        one = service.installation_of(view, SHOP)
    end = at + timedelta(hours=1)
    assert one.is_fresh(end - MINUTE * 6) and not one.is_fresh(end - MINUTE * 5)
    assert one.is_valid(end - MINUTE) and not one.is_valid(end)
    assert one.is_usable(end) and not one.is_usable(at + timedelta(days=90))
    assert not replace(one, uninstalled_at=at).is_usable(at)
