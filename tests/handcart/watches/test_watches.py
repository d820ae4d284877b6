"""Who is told what of prices and stock, and when not: the rules, through the doors' functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from handcart.errors import BadInput, NotFound, RuleBroken
from handcart.keys import Keyring
from handcart.platform.port import ShopProfile, StockLevel, StoreLocation, Variant
from handcart.shops import service as shops
from handcart.shops.model import Tokens
from handcart.stock import service as stock
from handcart.storage import Database
from handcart.storage.outbox import tasks
from handcart.watches import hearing, retention, service, store
from handcart.watches.hearing import ProductTold
from handcart.watches.model import (
    MOST_ASKED,
    MOST_WATCHES,
    STANDS,
    Seen,
    Watch,
    base_after,
    hundredths,
    is_cheaper,
)

SHOP = "juniper-tea.myshopify.com"
MIRA, OTTO = 7, 8
PRODUCT, TEA, CADDY, ITEM, STORE = 50, 501, 502, 701, 31


@dataclass
class Shop:
    """The shop as its platform tells of it, and what follows."""

    work: Connection
    now: datetime

    def read(self, price: str = "12.50", variant_id: int = TEA, **other: Any) -> Variant:
        read = Variant(
            variant_id, PRODUCT, ITEM, "Gyokuro", "gyokuro", Decimal(price), True, self.now
        )
        return replace(read, **other)

    def ask(self, customer: int = MIRA, price: str = "12.50", **wish: Any) -> Watch:
        by = service.by_customer(self.work, SHOP, customer)
        wanted = {"variant_id": TEA, "cheaper": True, "scarce": True, "locale": "en"} | wish
        read = self.read(price, wanted["variant_id"])
        return service.ask(self.work, SHOP, service.Wish(**wanted), by=by, read=read, at=self.now)

    def tell(self, price: str, *, after: timedelta = timedelta(0), **other: Any) -> None:
        """``products/update`` comes, of what the product was ``after`` now."""
        told = ProductTold(
            product_id=PRODUCT,
            title="Gyokuro",
            handle="gyokuro",
            on_sale=True,
            updated_at=self.now + after,
            prices={TEA: Decimal(price)},
            titles={TEA: "50 g"},
            variants=frozenset({TEA}),
        )
        hearing.product_told(self.work, SHOP, replace(told, **other), at=self.now)

    def stock(self, units: int) -> None:
        self.now += timedelta(seconds=1)
        stock.level_changed(
            self.work,
            SHOP,
            inventory_item_id=ITEM,
            location_id=STORE,
            available=units,
            updated_at=self.now,
            at=self.now,
        )
        hearing.level_changed(self.work, SHOP, ITEM, at=self.now)

    def mails(self) -> list[str]:
        """What waits to be mailed, in its order."""
        rows = self.work.execute(
            select(tasks.c.payload).where(tasks.c.name == hearing.MAIL).order_by(tasks.c.due_at)
        )
        return [one.payload["kind"] for one in rows]

    def seen(self) -> Seen:
        found = store.seen(self.work, SHOP, TEA)
        assert found
        return found

    def watch(self, watch: Watch) -> Watch:
        found = store.find(self.work, SHOP, watch.watch_id)
        assert found
        return found


@pytest.fixture
def shop(db: Database, keyring: Keyring, at: datetime) -> Iterator[Shop]:
    """One store with ten of the tea."""
    place = StoreLocation(STORE, "Harbour", "", "", True, True, "")
    with db.writing() as work:
        tokens = Tokens("shpat_of_the_test", "read_products", expires_at=None)
        shops.install(work, SHOP, tokens=tokens, keyring=keyring, at=at)
        profile = ShopProfile("Juniper Tea", "Europe/Sofia", "EUR", "owner@example.com")
        shops.mirror(work, SHOP, profile, at=at)
        level = StockLevel(ITEM, TEA, STORE, 10, at)
        stock.mirror(work, SHOP, locations=[place], levels=[level], at=at)
        yield Shop(work, at)


SECOND = timedelta(seconds=1)


def test_a_price_that_falls_is_told_and_one_that_rises_is_not(shop: Shop) -> None:
    watch = shop.ask()
    shop.tell("13.00", after=SECOND)
    assert shop.mails() == []
    shop.tell("12.00", after=2 * SECOND)
    assert shop.mails() == ["cheaper"]
    assert (shop.seen().price, shop.watch(watch).base) == (1200, 1250)


def test_what_comes_twice_late_or_out_of_order_tells_nothing_twice_and_undoes_nothing(
    shop: Shop,
) -> None:
    shop.ask()
    shop.tell("11.00", after=5 * SECOND)
    for _ in range(2):
        shop.tell("11.00", after=5 * SECOND)
        shop.tell("12.50", after=2 * SECOND)
        shop.tell("9.00", after=4 * SECOND)
    assert shop.mails() == ["cheaper"]
    assert shop.seen().price == 1100


def test_the_delivery_of_what_was_read_when_it_was_asked_says_nothing_new(shop: Shop) -> None:
    shop.ask(price="12.50")
    shop.tell("11.00")
    assert (shop.mails(), shop.seen().price) == ([], 1250)


def test_a_product_that_is_not_on_sale_is_not_told(shop: Shop) -> None:
    shop.ask()
    shop.tell("9.00", after=SECOND, on_sale=False)
    assert shop.mails() == []
    shop.tell("9.00", after=2 * SECOND)
    assert shop.mails() == ["cheaper"]


def test_only_what_was_wished_for_is_told(shop: Shop) -> None:
    shop.ask(cheaper=False)
    shop.ask(OTTO, scarce=False)
    shop.stock(2)
    assert shop.mails() == ["scarce"]
    shop.tell("9.00", after=SECOND)
    assert shop.mails() == ["scarce", "cheaper"]


def test_scarce_is_told_once_until_there_was_plenty_again(shop: Shop) -> None:
    shop.ask()
    shop.stock(4)
    assert shop.mails() == []
    for units in (3, 2, 4, 3, 0, 1):
        shop.stock(units)
    assert shop.mails() == ["scarce"]


def test_what_is_scarce_when_it_is_asked_is_no_news_until_it_has_recovered(shop: Shop) -> None:
    shop.stock(2)
    watch = shop.ask()
    shop.stock(1)
    assert (shop.mails(), shop.watch(watch).told_scarce) == ([], True)
    shop.stock(6)
    assert not shop.watch(watch).told_scarce
    shop.stock(3)
    assert shop.mails() == ["scarce"]


def test_nothing_left_is_not_scarce(shop: Shop) -> None:
    shop.ask()
    shop.stock(0)
    assert shop.mails() == []


def test_a_variant_that_the_product_lost_is_watched_by_nobody(shop: Shop) -> None:
    watch = shop.ask()
    shop.tell("9.00", after=-SECOND, prices={}, variants=frozenset())
    assert shop.watch(watch)
    shop.tell("9.00", after=SECOND, prices={}, variants=frozenset({CADDY}))
    assert store.find(shop.work, SHOP, watch.watch_id) is None
    assert store.seen(shop.work, SHOP, TEA) is None


def test_a_variant_that_the_webhook_leaves_out_is_read_from_the_platform(shop: Shop) -> None:
    shop.ask()
    shop.tell("9.00", after=SECOND, prices={}, variants=frozenset({TEA, CADDY}))
    asked = select(tasks.c.payload).where(tasks.c.name == hearing.READ)
    assert shop.work.execute(asked).scalars().all() == [{"variant_id": TEA}]


def test_a_deleted_product_is_watched_by_nobody(shop: Shop) -> None:
    watch = shop.ask()
    hearing.product_gone(shop.work, SHOP, PRODUCT + 1)
    assert shop.watch(watch)
    hearing.product_gone(shop.work, SHOP, PRODUCT)
    assert store.of_owner(shop.work, SHOP, watch.owner) == []


def test_what_is_read_again_is_believed_and_told_once(shop: Shop) -> None:
    shop.ask()
    shop.now += timedelta(hours=1)
    assert hearing.variant_read(shop.work, SHOP, shop.read("11.00"), at=shop.now)
    assert not hearing.variant_read(shop.work, SHOP, shop.read("11.00"), at=shop.now)
    older = shop.read("12.50", updated_at=shop.now - SECOND)
    assert not hearing.variant_read(shop.work, SHOP, older, at=shop.now)
    assert (shop.mails(), shop.seen().price) == (["cheaper"], 1100)


def test_nothing_is_kept_of_variants_that_nobody_watches(shop: Shop) -> None:
    shop.tell("9.00", after=SECOND)
    assert not hearing.variant_read(shop.work, SHOP, shop.read(), at=shop.now)
    assert store.seen(shop.work, SHOP, TEA) is None


def test_asked_again_the_wish_is_as_it_was_said_last_and_there_is_one(shop: Shop) -> None:
    first = shop.ask()
    again = shop.ask(scarce=False, locale="fa")
    assert (again.watch_id, again.scarce, again.locale) == (first.watch_id, False, "fa")
    assert len(store.of_owner(shop.work, SHOP, first.owner)) == 1
    with pytest.raises(BadInput) as refused:
        shop.ask(cheaper=False, scarce=False)
    assert refused.value.code == "watch_of_nothing"


def test_nobody_watches_more_than_can_be_looked_through(shop: Shop) -> None:
    for number in range(MOST_WATCHES):
        shop.ask(variant_id=TEA + number)
    with pytest.raises(RuleBroken) as refused:
        shop.ask(variant_id=9)
    assert refused.value.code == "too_many_watches"
    shop.ask(OTTO, variant_id=9)


def test_another_ones_watch_is_neither_confirmed_nor_ended(shop: Shop) -> None:
    watch = shop.ask()
    service.end(shop.work, SHOP, watch.watch_id, owner=f"customer:{OTTO}")
    with pytest.raises(NotFound):
        service.confirm(shop.work, SHOP, watch.watch_id, owner=f"customer:{OTTO}", at=shop.now)
    assert shop.watch(watch)
    for _ in range(2):
        service.end(shop.work, SHOP, watch.watch_id, owner=watch.owner)
    assert store.seen(shop.work, SHOP, TEA) is None


def test_an_address_is_asked_first_and_told_only_then(shop: Shop, keyring: Keyring) -> None:
    watch = by_mail(shop, keyring)
    shop.tell("9.00", after=SECOND)
    assert shop.mails() == ["confirm"]
    assert "guest" not in repr(watch) + watch.owner + str(watch.address)
    service.confirm(shop.work, SHOP, watch.watch_id, owner=watch.owner, at=shop.now)
    assert shop.mails() == ["confirm", "cheaper"]
    assert service.address_of(keyring, SHOP, watch) == "guest@example.com"


def test_an_address_gets_few_questions(shop: Shop, keyring: Keyring) -> None:
    for number in range(MOST_ASKED):
        by_mail(shop, keyring, variant_id=TEA + number)
    with pytest.raises(RuleBroken) as refused:
        by_mail(shop, keyring, "GUEST@example.com", variant_id=99)
    assert refused.value.code == "too_many_asked"
    by_mail(shop, keyring, "another@example.com")


@pytest.mark.parametrize(
    "text",
    ["", "guest", "guest@shop", "@example.com", "a b@example.com", "a@b.c\nBcc: d@e.f", "a" * 255],
)
def test_what_is_no_address_is_refused(keyring: Keyring, text: str) -> None:
    with pytest.raises(BadInput) as refused:
        service.by_address(keyring, SHOP, text)
    assert refused.value.code == "address_not_valid"


def test_who_is_merged_watches_on_and_nothing_twice(shop: Shop) -> None:
    shop.ask(MIRA)
    shop.ask(OTTO)
    shop.ask(OTTO, variant_id=CADDY)
    service.merge_customer(shop.work, SHOP, kept_id=MIRA, gone_id=OTTO, at=shop.now)
    mine = service.look(shop.work, SHOP, f"customer:{MIRA}", at=shop.now)
    assert sorted(one.watch.variant_id for one in mine) == [TEA, CADDY]
    assert service.look(shop.work, SHOP, f"customer:{OTTO}", at=shop.now) == ()


def test_a_customer_reads_what_is_known_and_is_forgotten(shop: Shop) -> None:
    shop.ask(MIRA)
    shop.ask(OTTO)
    [told] = service.export_customer(shop.work, SHOP, MIRA)["watches"]
    assert (told["title"], told["cheaper_than"], told["scarce"]) == ("Gyokuro", 1250, True)
    assert service.forget_customer(shop.work, SHOP, MIRA, at=shop.now) == {"watches": 1}
    assert service.export_customer(shop.work, SHOP, MIRA) == {"watches": []}
    assert len(service.export_customer(shop.work, SHOP, OTTO)["watches"]) == 1


def test_what_nobody_confirmed_or_looked_at_goes_in_time(shop: Shop, keyring: Keyring) -> None:
    asked, kept = by_mail(shop, keyring), shop.ask()
    found = retention.find_unconfirmed(shop.work, before=shop.now + SECOND, limit=9)
    assert found == [(SHOP, asked.watch_id)]
    store.remove(shop.work, found)
    service.look(shop.work, SHOP, kept.owner, at=shop.now + timedelta(days=300))
    year = shop.now + retention.UNTOUCHED
    assert retention.find_untouched(shop.work, before=year - timedelta(days=90), limit=9) == []
    later = year + timedelta(days=1)
    assert retention.find_untouched(shop.work, before=later, limit=9) == [(SHOP, kept.watch_id)]


PRICES = st.lists(
    st.tuples(st.integers(500, 1500), st.integers(1, 20 * 86_400)), min_size=1, max_size=12
)


@settings(max_examples=60)
@given(PRICES)
def test_nobody_is_told_of_a_price_that_is_not_lower_than_the_last_one_told(
    steps: list[tuple[int, int]],
) -> None:
    """Unless a higher one had stood for so long that it was the price."""
    at = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    seen = Seen(TEA, PRODUCT, ITEM, "Gyokuro", "gyokuro", 1000, "EUR", True, at, at)
    watch = Watch("w", "customer:7", TEA, True, False, 1000, "EUR", False, "en", at, at, at)
    told, stood = 1000, at
    for price, seconds in steps:
        at += timedelta(seconds=seconds)
        since = at if price != seen.price else seen.price_since
        now = replace(seen, price=price, price_since=since, told_at=at)
        if price != seen.price and at - stood >= STANDS:
            told = max(told, seen.price)
        watch = replace(watch, base=base_after(watch, seen, now))
        assert is_cheaper(watch, now) == (price < told)
        stood = at if price != seen.price else stood
        seen = now
        if is_cheaper(watch, now):
            told = price
            watch = replace(watch, base=price)


@pytest.mark.parametrize(
    ("price", "counted"), [("19.99", 1999), ("1200", 120_000), ("0.005", 1), ("0", 0)]
)
def test_prices_are_counted_in_hundredths(price: str, counted: int) -> None:
    assert hundredths(Decimal(price)) == counted


def by_mail(
    shop: Shop, keyring: Keyring, address: str = "guest@example.com", variant_id: int = TEA
) -> Watch:
    wish = service.Wish(variant_id, cheaper=True, scarce=True, locale="en")
    by = service.by_address(keyring, SHOP, address)
    read = shop.read(variant_id=variant_id)
    return service.ask(shop.work, SHOP, wish, by=by, read=read, at=shop.now)
