"""Ask the platform what its webhooks may not have told, and give it the same effect.

Webhooks are lost: the platform promises no delivery and gives up after some hours (shopify.dev,
"Best practices for webhooks"). So whatever changed is read again by its date, with an overlap, and
handed to the code that a webhook would have called, under the same guards. Each page is one
transaction that also writes down how far the sweep has come; a process that dies goes on there.

A sweep of a shop's carts is not possible: the platform shows them to the storefront only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from handcart.injection import LONGEST_LIMIT
from handcart.pickups import locking
from handcart.platform.port import Page, Platform
from handcart.shops import service as shops
from handcart.shops.model import Shop
from handcart.timetable import Timer
from handcart.watches.hearing import variant_read

from . import counters, sweeps
from .handlers.fulfillment_orders import fulfillment_order_read
from .handlers.inventory_levels import level_read
from .handlers.orders import order_read
from .sweeps import Sweep

if TYPE_CHECKING:
    from handcart.app import Handcart

log = logging.getLogger(__name__)

# The platform's search index lags behind, and its transactions overtake each other.
OVERLAP = timedelta(minutes=10)
# What changed just now is left to its webhook, which is on its way.
GRACE = timedelta(minutes=2)
NIGHTLY = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one resource is read, and what one of it changes: True when that was news.

    ``of_orders``: it is an order, or a part of one; a page of them is had alone first.
    """

    read: Callable[[Platform, datetime, str | None], Page[Any]]
    apply: Callable[..., bool]
    of_orders: bool = False


# Orders come first: they say how a pickup ended, fulfillment orders only that it did.
KINDS: Mapping[str, Kind] = {
    "orders": Kind(
        lambda platform, since, after: platform.orders_changed(since=since, after=after),
        order_read,
        of_orders=True,
    ),
    "fulfillment_orders": Kind(
        lambda platform, since, after: platform.fulfillment_orders_changed(
            since=since, after=after
        ),
        fulfillment_order_read,
        of_orders=True,
    ),
    "inventory_levels": Kind(
        lambda platform, since, after: platform.levels_changed(since=since, after=after),
        level_read,
    ),
    "variants": Kind(
        lambda platform, since, after: platform.variants_changed(since=since, after=after),
        variant_read,
    ),
}


class Reconciliation:
    """The sweeps of one app: hourly from where the last ended, nightly over two days."""

    def __init__(self, app: Handcart) -> None:
        self._app = app

    def schedule(self) -> None:
        """From now on the app sweeps by itself."""
        self._app.job(every="1h")(self.hourly)
        self._app.job(daily="03:30")(self.nightly)
        self._app.timer(limit=LONGEST_LIMIT)(self.next_page)

    def hourly(self, shop: Shop, now: datetime) -> None:
        """Everything since the last sweep, however long ago that was."""
        with self._app.db.writing() as work:
            for resource in KINDS:
                since = _since_last(work, shop.domain, resource)
                self._start(work, shop.domain, resource, since=since, at=now)

    def nightly(self, shop: Shop, now: datetime) -> None:
        """The last two days again, in case a sweep saw something before it could be found."""
        with self._app.db.writing() as work:
            for resource in KINDS:
                since = min(now - NIGHTLY, _since_last(work, shop.domain, resource))
                self._start(work, shop.domain, resource, since=since, at=now)

    def next_page(self, timer: Timer, shop: Shop) -> None:
        """One page of a sweep; another timer for what follows it."""
        with self._app.db.reading() as view:
            sweep = sweeps.get(view, shop.domain, timer.about["sweep_id"])
        if sweep.pages == timer.about["pages"] and sweep.ended_at is None:
            self._read_page(sweep, then=self._go_on)

    def now(self, shop: str, *, since: datetime | None = None) -> Iterator[Sweep]:
        """Sweep every resource here and now, up to this moment; yields after each page."""
        for resource in KINDS:
            with self._app.db.writing() as work:
                start = since or _since_last(work, shop, resource)
                at = self._app.clock()
                sweep = sweeps.add(work, shop, resource, since=start, until=None, at=at)
            while sweep.ended_at is None:
                sweep = self._read_page(sweep)
                yield sweep

    def _start(
        self, work: Connection, shop: str, resource: str, *, since: datetime, at: datetime
    ) -> None:
        sweep = sweeps.add(work, shop, resource, since=since, until=at - GRACE, at=at)
        self._go_on(work, sweep)

    def _go_on(self, work: Connection, sweep: Sweep) -> None:
        about = {"sweep_id": sweep.sweep_id, "pages": sweep.pages}
        self._app.later(work, sweep.shop, self.next_page, about, at=self._app.clock())

    def _read_page(
        self, sweep: Sweep, *, then: Callable[[Connection, Sweep], None] | None = None
    ) -> Sweep:
        kind = KINDS[sweep.resource]
        page = kind.read(self._app.platform(sweep.shop), sweep.since, sweep.after)
        found = [one for one in page.found if sweep.until is None or one.updated_at < sweep.until]
        at = self._app.clock()
        with self._app.db.writing() as work:
            if kind.of_orders:
                locking.of_orders(work, [(sweep.shop, one.order_id) for one in found])
            news = sum(kind.apply(work, sweep.shop, one, at=at) for one in found)
            now = _after_page(sweep, found, news=news, after=page.after)
            if page.after is None:
                now = replace(now, ended_at=at)
                _move_cursor(work, now)
            elif then:
                then(work, now)
            sweeps.save(work, now, was=sweep)
        counters.reconciled.labels(sweep.resource, "found").inc(len(found))
        counters.reconciled.labels(sweep.resource, "repaired").inc(news)
        if now.ended_at:
            _report(now)
        return now


def _since_last(view: Connection, shop: str, resource: str) -> datetime:
    return _known_until(view, shop, resource) - OVERLAP


def _known_until(view: Connection, shop: str, resource: str) -> datetime:
    """Where the last sweep ended; what was before the shop came was read when it did."""
    known = sweeps.known_until(view, shop, resource)
    return known or shops.shop_of(view, shop).installed_at


def _after_page(sweep: Sweep, found: Sequence[Any], *, news: int, after: str | None) -> Sweep:
    dates = [one.updated_at for one in found]
    return replace(
        sweep,
        pages=sweep.pages + 1,
        after=after,
        found=sweep.found + len(found),
        repaired=sweep.repaired + news,
        newest=max([*dates, sweep.newest] if sweep.newest else dates, default=None),
    )


def _move_cursor(work: Connection, sweep: Sweep) -> None:
    """Whatever changed before the sweep began is known, if it began where the last one ended.

    The cursor is a date of the platform's, so that a clock of ours that is late does no harm.
    """
    whole = sweep.since <= _known_until(work, sweep.shop, sweep.resource)
    if sweep.newest and whole:
        moment = min(sweep.newest, sweep.started_at)
        sweeps.know_until(work, sweep.shop, sweep.resource, moment)


def _report(sweep: Sweep) -> None:
    level = logging.WARNING if sweep.repaired else logging.INFO
    log.log(
        level,
        "%s: of %d %s changed since %s, %d had not been told by webhooks",
        sweep.shop,
        sweep.found,
        sweep.resource,
        f"{sweep.since:%Y-%m-%d %H:%M}",
        sweep.repaired,
    )
