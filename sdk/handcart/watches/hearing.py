"""What the platform tells of products and stock, and who is written to because of it.

A product is told of whole, with the moment of its last change: what is older than what is known,
or as old, changes nothing, so that no delivery counts twice and none takes a newer one back. Of
variants that nobody watches nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from ..platform.port import Variant
from ..shops import service as shops
from ..stock import availability
from ..storage import add_task
from . import store
from .model import (
    PLENTY,
    SETTLE,
    MailKind,
    Seen,
    Watch,
    base_after,
    hundredths,
    is_cheaper,
    is_scarce,
)

MAIL = "watch_mail"
READ = "read_watched"


@dataclass(frozen=True, slots=True)
class ProductTold:
    """A product as a webhook tells of it; ``prices`` by variant, of at most the first hundred.

    ``variants`` are all of them; None when the webhook does not say.
    """

    product_id: int
    title: str
    handle: str
    on_sale: bool
    updated_at: datetime
    prices: Mapping[int, Decimal]
    titles: Mapping[int, str]
    variants: frozenset[int] | None


def product_told(work: Connection, shop: str, told: ProductTold, *, at: datetime) -> None:
    """The variants that are watched cost what the platform says, unless something newer is known.

    One that the product no longer has is forgotten, with whoever watched it.
    """
    for before in store.seen_of_product(work, shop, told.product_id):
        if told.updated_at <= before.told_at:
            continue
        price = told.prices.get(before.variant_id)
        if price is not None:
            now = _now(work, shop, before, told, price)
            _changed(work, shop, before, now, at=at)
        elif told.variants is not None and before.variant_id not in told.variants:
            store.drop_variant(work, shop, before.variant_id)
        else:
            about = {"variant_id": before.variant_id}
            add_task(work, shop, READ, about, at=at, kind="job")


def product_gone(work: Connection, shop: str, product_id: int) -> None:
    """The shop does not have the product any more; nobody watches it."""
    for seen in store.seen_of_product(work, shop, product_id):
        store.drop_variant(work, shop, seen.variant_id)


def variant_read(work: Connection, shop: str, read: Variant, *, at: datetime) -> bool:
    """What was read of a variant is believed unless something newer is known; True if news."""
    known = {one.variant_id: one for one in store.seen_of_product(work, shop, read.product_id)}
    before = known.get(read.variant_id)
    if before is None or read.updated_at < before.told_at:
        return False
    now = seen_in(work, shop, read)
    if now.price == before.price and now.currency == before.currency:
        now = replace(now, price_since=before.price_since)
    if now == before:
        return False
    _changed(work, shop, before, now, at=at)
    return (now.price, now.on_sale) != (before.price, before.on_sale)


def level_changed(work: Connection, shop: str, item_id: int, *, at: datetime) -> None:
    """Whoever watches the item will hear that it is scarce, if it is and they have not."""
    for seen in store.seen_of_item(work, shop, item_id):
        units = promised(work, shop, seen.variant_id, at=at)
        if units >= PLENTY:
            store.recovered(work, shop, seen.variant_id)
            continue
        for watch in store.of_variant(work, shop, seen.variant_id):
            if is_scarce(watch, seen, units):
                plan(work, shop, watch, MailKind.SCARCE, at=at)


def look_again(work: Connection, shop: str, watch: Watch, *, at: datetime) -> None:
    """What has come to be true while something else was decided will be told, too."""
    seen = store.seen(work, shop, watch.variant_id)
    if seen is None:
        return
    if is_cheaper(watch, seen):
        plan(work, shop, watch, MailKind.CHEAPER, at=at)
    if is_scarce(watch, seen, promised(work, shop, watch.variant_id, at=at)):
        plan(work, shop, watch, MailKind.SCARCE, at=at)


def plan(work: Connection, shop: str, watch: Watch, kind: MailKind, *, at: datetime) -> None:
    """The mail waits in the outbox, once for each thing that was decided about the watch."""
    add_task(
        work,
        shop,
        MAIL,
        {"watch_id": watch.watch_id, "kind": kind.value},
        at=at,
        kind="job",
        due_at=at if kind is MailKind.CONFIRM else at + SETTLE,
        key=f"watch:{watch.watch_id}:{kind}:{watch.version}",
        resource=f"watch:{watch.watch_id}",
    )


def promised(view: Connection, shop: str, variant_id: int, *, at: datetime) -> int:
    """How many units can still be sold online, in all locations together."""
    found = availability.in_all(view, shop, [variant_id], channel="online", at=at)
    return found.get(variant_id, 0)


def seen_in(view: Connection, shop: str, read: Variant) -> Seen:
    """The variant as it was read, in the shop's currency."""
    return Seen(
        variant_id=read.variant_id,
        product_id=read.product_id,
        item_id=read.inventory_item_id,
        title=read.title,
        handle=read.handle,
        price=hundredths(read.price),
        currency=shops.shop_of(view, shop).currency,
        on_sale=read.on_sale,
        price_since=read.updated_at,
        told_at=read.updated_at,
    )


def _now(work: Connection, shop: str, before: Seen, told: ProductTold, price: Decimal) -> Seen:
    minor, currency = hundredths(price), shops.shop_of(work, shop).currency
    same = (minor, currency) == (before.price, before.currency)
    name = told.titles.get(before.variant_id, "")
    return replace(
        before,
        title=f"{told.title} – {name}" if name and name != "Default Title" else told.title,
        handle=told.handle,
        price=minor,
        currency=currency,
        on_sale=told.on_sale,
        price_since=before.price_since if same else told.updated_at,
        told_at=told.updated_at,
    )


def _changed(work: Connection, shop: str, before: Seen, now: Seen, *, at: datetime) -> None:
    store.keep_seen(work, shop, now)
    for watch in store.of_variant(work, shop, now.variant_id):
        base = base_after(watch, before, now)
        after = replace(watch, base=base, currency=now.currency)
        if after != watch:
            store.save(work, shop, after, was=watch)
        if is_cheaper(after, now):
            plan(work, shop, after, MailKind.CHEAPER, at=at)
