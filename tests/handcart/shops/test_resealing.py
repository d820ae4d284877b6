from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from handcart.errors import NotVerified
from handcart.keys import Keyring
from handcart.shops import service, staff_tokens, store
from handcart.shops.model import Tokens
from handcart.shops.resealing import Resealed, reseal
from handcart.shops.staff_tokens import StaffToken
from handcart.storage import Database

OLD = "a secret of the tests that is long enough"
NEW = "a newer secret of the tests, long enough"
PAIR = Tokens(access_token="shpat_1", scopes="", refresh_token="shprt_1")


def shop(number: int) -> str:
    return f"shop-{number:03}.myshopify.com"


def install(db: Database, keyring: Keyring, at: datetime, *shops: str) -> None:
    with db.writing() as work:
        for one in shops:
            service.install(work, one, tokens=PAIR, keyring=keyring, at=at)


def test_after_it_the_old_secret_is_not_needed_any_more(db: Database, at: datetime) -> None:
    shops = [shop(number) for number in range(205)]
    install(db, Keyring([OLD]), at, *shops)
    assert reseal(db, Keyring([NEW, OLD])) == Resealed(sealed=205)
    with db.reading() as view:
        for one in shops:
            kept = service.installation_of(view, one)
            assert service.access_token_of(kept, keyring=Keyring([NEW])) == "shpat_1"
            assert service.refresh_token_of(kept, keyring=Keyring([NEW])) == "shprt_1"
            with pytest.raises(NotVerified):
                service.access_token_of(kept, keyring=Keyring([OLD]))


def test_doing_it_again_changes_nothing(db: Database, at: datetime) -> None:
    install(db, Keyring([OLD]), at, shop(1))
    reseal(db, Keyring([NEW, OLD]))
    with db.reading() as view:
        before = service.installation_of(view, shop(1))
    assert reseal(db, Keyring([NEW, OLD])) == Resealed(current=1)
    with db.reading() as view:
        assert service.installation_of(view, shop(1)) == before


def test_a_shop_whose_tokens_no_secret_opens_is_named_and_left_as_it_is(
    db: Database, at: datetime
) -> None:
    install(db, Keyring(["a secret that was lost long ago, alas"]), at, shop(1))
    install(db, Keyring([OLD]), at, shop(2))
    assert reseal(db, Keyring([NEW, OLD])) == Resealed(sealed=1, unreadable=(shop(1),))


def test_a_shop_that_left_has_nothing_to_seal(db: Database, at: datetime) -> None:
    install(db, Keyring([OLD]), at, shop(1))
    with db.writing() as work:
        service.uninstalled(work, shop(1), happened_at=at, at=at)
    assert reseal(db, Keyring([NEW, OLD])) == Resealed()


def test_a_renewal_under_way_is_not_lost(db: Database, at: datetime) -> None:
    install(db, Keyring([OLD]), at, shop(1))
    with db.reading() as view:
        was = service.installation_of(view, shop(1))
    keyring = Keyring([NEW, OLD])
    reseal(db, keyring)
    renewed = replace(PAIR, access_token="shpat_2")
    with db.writing() as work:
        assert store.change(work, was, **service.sealed(shop(1), renewed, keyring=keyring))
        kept = service.installation_of(work, shop(1))
    assert service.access_token_of(kept, keyring=keyring) == "shpat_2"


def test_tokens_of_staff_are_dropped_with_the_old_secret(db: Database, at: datetime) -> None:
    install(db, Keyring([OLD]), at, shop(1))
    token = StaffToken(7, "shpat_7", "", at + timedelta(days=1))
    with db.writing() as work:
        staff_tokens.keep(work, shop(1), token, keyring=Keyring([OLD]))
    keyring = Keyring([NEW, OLD])
    reseal(db, keyring)
    with db.reading() as view:
        assert staff_tokens.find(view, shop(1), 7, keyring=keyring, at=at) is None
