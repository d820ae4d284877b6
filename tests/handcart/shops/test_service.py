from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handcart.errors import NotInstalled, NotVerified
from handcart.keys import Keyring
from handcart.platform.port import ShopProfile
from handcart.shops import service, store
from handcart.shops.model import Shop, Tokens
from handcart.storage import Database, add_task
from handcart.storage.outbox import tasks

SHOP = "juniper-tea.myshopify.com"
OTHER = "other.myshopify.com"
DAY = timedelta(days=1)


@pytest.fixture
def work(db: Database) -> Iterator[Connection]:
    with db.writing() as connection:
        yield connection


@pytest.fixture
def pair(at: datetime) -> Tokens:
    return Tokens(
        access_token="shpat_1",
        scopes="read_orders",
        expires_at=at + timedelta(hours=1),
        refresh_token="shprt_1",
        refresh_expires_at=at + timedelta(days=90),
    )


def waiting(work: Connection, shop: str = SHOP) -> list[tuple[str, str]]:
    rows = select(tasks.c.kind, tasks.c.name).where(tasks.c.shop == shop).order_by(tasks.c.place)
    return [tuple(row) for row in work.execute(rows)]


def test_an_installed_shop_is_recorded_once_and_is_to_be_mirrored(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at + DAY)
    assert waiting(work) == [("event", "ShopInstalled"), ("job", "mirror_shop")]
    assert service.shop_of(work, SHOP).installed_at == at
    assert store.live_shops(work) == [SHOP]


def test_the_newest_tokens_are_kept_and_open_again(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    newer = replace(pair, access_token="shpat_2", refresh_token="shprt_2")
    service.install(work, SHOP, tokens=newer, keyring=keyring, at=at)
    installation = service.installation_of(work, SHOP)
    assert service.access_token_of(installation, keyring=keyring) == "shpat_2"
    assert service.refresh_token_of(installation, keyring=keyring) == "shprt_2"
    assert (installation.scopes, installation.generation) == ("read_orders", 2)


@pytest.mark.sqlite
def test_no_token_lies_in_the_database_in_clear(
    db: Database, keyring: Keyring, pair: Tokens, at: datetime, tmp_path: Path
) -> None:
    with db.writing() as work:
        service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SHOP.encode() in everything
    assert b"shpat_" not in everything
    assert b"shprt_" not in everything


def test_a_sealed_token_opens_in_no_other_shop_and_no_other_column(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    installation = service.installation_of(work, SHOP)
    for moved in (
        replace(installation, shop=OTHER),
        replace(installation, sealed_access=installation.sealed_refresh),
    ):
        with pytest.raises(NotVerified):
            service.access_token_of(moved, keyring=keyring)


def test_a_token_opens_after_the_keys_were_rotated(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    rotated = Keyring(
        ["a newer secret of the tests, long enough", "a secret of the tests that is long enough"]
    )
    installation = service.installation_of(work, SHOP)
    assert service.access_token_of(installation, keyring=rotated) == "shpat_1"


def test_an_uninstalled_shop_has_no_tokens_and_is_recorded_once(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    assert service.uninstalled(work, SHOP, happened_at=at + DAY, at=at + DAY)
    assert not service.uninstalled(work, SHOP, happened_at=at + DAY, at=at + DAY)
    assert waiting(work)[2:] == [("event", "ShopUninstalled")]
    gone = store.find(work, SHOP)
    assert gone is not None
    assert (gone.sealed_access, gone.sealed_refresh, gone.expires_at) == (None, None, None)
    assert store.live_shops(work) == []
    with pytest.raises(NotInstalled):
        service.installation_of(work, SHOP)
    assert service.shop_of(work, SHOP).domain == SHOP


def test_a_late_uninstall_does_not_wipe_a_fresh_install(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    left, back = at + DAY, at + DAY * 2
    service.uninstalled(work, SHOP, happened_at=left, at=left)
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=back)
    assert not service.uninstalled(work, SHOP, happened_at=left, at=back + DAY)
    assert service.installation_of(work, SHOP).installed_at == back


def test_a_late_uninstall_does_not_wipe_tokens_granted_after_it_either(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    # The shop left and came back before we heard that it had left.
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at + DAY * 2)
    assert not service.uninstalled(work, SHOP, happened_at=at + DAY, at=at + DAY * 3)
    assert service.installation_of(work, SHOP).is_usable(at)


def test_a_shop_that_comes_back_is_installed_anew(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    service.uninstalled(work, SHOP, happened_at=at + DAY, at=at + DAY)
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at + DAY * 2)
    names = [name for _, name in waiting(work)]
    assert names.count("ShopInstalled") == 2
    assert names.count("mirror_shop") == 2
    assert service.shop_of(work, SHOP).installed_at == at + DAY * 2


def test_uninstalls_and_reinstalls_in_any_order_of_arrival_end_alike(
    db: Database, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    def install(work: Connection, when: datetime) -> None:
        service.install(work, SHOP, tokens=pair, keyring=keyring, at=when)

    def uninstall(work: Connection, when: datetime) -> None:
        service.uninstalled(work, SHOP, happened_at=when, at=when)

    # Installs are seen as they happen; the two uninstalls may come at any time after theirs.
    story: list[tuple[Any, datetime]] = [
        (install, at),
        (uninstall, at + DAY),
        (install, at + DAY * 2),
        (uninstall, at + DAY),
        (uninstall, at + DAY),
    ]
    for order in permutations(story):
        if [what for what in order if what[0] is install] != [story[0], story[2]]:
            continue
        with db.writing() as work:
            store.erase(work, SHOP)
            for act, when in order:
                act(work, when)
            assert service.installation_of(work, SHOP).granted_at == at + DAY * 2, order


def test_an_uninstall_of_a_shop_nobody_knows_changes_nothing(
    work: Connection, at: datetime
) -> None:
    assert not service.uninstalled(work, SHOP, happened_at=at, at=at)
    assert waiting(work) == []


def test_a_mirrored_shop_is_called_as_its_profile_says(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    assert service.shop_of(work, SHOP) == Shop(
        domain=SHOP, name="juniper-tea", time_zone="UTC", currency="XXX", installed_at=at
    )
    profile = ShopProfile(
        name="Juniper Tea", time_zone="Europe/Sofia", currency="EUR", email="shop@example.com"
    )
    service.mirror(work, SHOP, profile, at=at)
    assert service.shop_of(work, SHOP) == Shop(
        domain=SHOP, name="Juniper Tea", time_zone="Europe/Sofia", currency="EUR", installed_at=at
    )


def test_a_shop_nobody_knows_is_not_installed(work: Connection) -> None:
    with pytest.raises(NotInstalled):
        service.shop_of(work, SHOP)
    with pytest.raises(NotInstalled):
        service.installation_of(work, SHOP)


def rows_of(work: Connection, shop: str) -> int:
    found = 0
    for table in store.metadata.sorted_tables:
        if "shop" in table.c:
            found += len(work.execute(select(table.c.shop).where(table.c.shop == shop)).all())
    return found


def test_redacting_a_shop_leaves_nothing_of_it_and_everything_of_the_others(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    for shop in (SHOP, OTHER):
        service.install(work, shop, tokens=pair, keyring=keyring, at=at)
        add_task(work, shop, "fulfil", {"order": 1}, at=at)
    service.uninstalled(work, SHOP, happened_at=at + DAY, at=at + DAY)
    before = rows_of(work, OTHER)
    assert service.redact_shop(work, SHOP, at=at + DAY * 3)
    assert rows_of(work, SHOP) == 0
    assert rows_of(work, OTHER) == before > 2


def test_redacting_after_the_row_of_the_shop_is_gone_still_erases_the_rest(
    work: Connection, at: datetime
) -> None:
    add_task(work, SHOP, "fulfil", {"order": 1}, at=at)
    assert service.redact_shop(work, SHOP, at=at)
    assert rows_of(work, SHOP) == 0
    assert service.redact_shop(work, SHOP, at=at)


def test_redacting_spares_a_shop_that_came_back(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    service.uninstalled(work, SHOP, happened_at=at + DAY, at=at + DAY)
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at + DAY * 2)
    asked_at = at + DAY * 3
    assert not service.redact_shop(work, SHOP, at=asked_at)
    # The same request replayed weeks later still knows when it was made.
    assert not service.redact_shop(work, SHOP, at=at + DAY * 30, happened_at=asked_at)
    assert service.installation_of(work, SHOP).is_live


def test_redacting_erases_a_shop_whose_uninstall_was_never_delivered(
    work: Connection, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    service.install(work, SHOP, tokens=pair, keyring=keyring, at=at)
    assert service.redact_shop(work, SHOP, at=at + DAY * 2)
    assert rows_of(work, SHOP) == 0


def test_the_whole_life_of_a_shop_in_any_order_of_arrival_ends_alike(
    db: Database, keyring: Keyring, pair: Tokens, at: datetime
) -> None:
    """It comes, leaves, comes back and leaves: each news may come late, twice, or out of order.

    Installs are seen as they happen. News of the first life may come any time after it; what is
    left in the end depends on the last install and the news after it, and on nothing else.
    """
    came, left, back, gone = (at + DAY * days for days in (0, 1, 2, 20))
    late = DAY * 2

    def install(work: Connection, when: datetime) -> None:
        service.install(work, SHOP, tokens=pair, keyring=keyring, at=when)

    def uninstall(work: Connection, when: datetime) -> None:
        service.uninstalled(work, SHOP, happened_at=when, at=at + DAY * 40)

    def redact(work: Connection, when: datetime) -> None:
        service.redact_shop(work, SHOP, at=at + DAY * 40, happened_at=when)

    first = [(uninstall, left), (redact, left + late), (uninstall, left)]
    second = [(uninstall, gone), (redact, gone + late)]
    for news, ends in ((first, "installed"), ([*first, *second], "unknown")):
        story = [(install, came), (install, back), *news]
        for order in set(permutations(range(len(story)))):
            if order.index(0) > order.index(1) or any(
                order.index(number) < order.index(1 if story[number][1] >= back + DAY else 0)
                for number in range(2, len(story))
            ):
                continue
            with db.writing() as work:
                store.erase(work, SHOP)
                for number in order:
                    act, when = story[number]
                    act(work, when)
                assert service.standing(work, SHOP) == ends, [story[number] for number in order]
                if ends == "installed":
                    kept = service.installation_of(work, SHOP)
                    assert service.access_token_of(kept, keyring=keyring) == "shpat_1"
