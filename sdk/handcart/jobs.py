"""Who carries out the tasks of the outbox: the platform, our own jobs, the developer's handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .breaker import Breaker, PutOff
from .crash import crash_point
from .delivery import Delivery
from .events import read_event
from .injection import Offers, Wired
from .mails import sending as mail_sending
from .pickup_jobs import PICKUP_JOBS
from .pickups import checkout, mailing, offering, routing
from .platform.port import Admin, Platform
from .relay import no_such
from .shops import service as shops
from .shops.model import Shop
from .stock import adjusting, holds, sending
from .stock import service as stock
from .storage import Task
from .timetable import APP, Timer
from .turns import Turns
from .watches import hearing as watch_hearing
from .watches import sending as watch_sending

if TYPE_CHECKING:
    from .app import Handcart


class Hands:
    """Carries out one task at a time; raises when it could not, and the relay tries again."""

    def __init__(self, app: Handcart) -> None:
        self._app = app
        self._breaker = Breaker(app.clock)
        self._turns = Turns(app.settings.handler_seconds, clock=app.clock)

    def call(self, task: Task) -> None:
        """Call the method of the platform port that the task names; PutOff while it pauses."""
        with self._breaker.guarding(task.shop):
            platform = self._app.platform(task.shop)
            getattr(platform, task.name)(**task.payload, key=task.key)

    def job(self, task: Task) -> None:
        """Run one of Handcart's own jobs, or a job or timer of a developer's.

        For a shop that has left there is nothing to do: nobody would be served by it.
        """
        if task.name in JOBS:
            JOBS[task.name](self._app, task)
        elif task.shop == APP or self._is_installed(task.shop):
            wired, about = self._scheduled(task)
            self._turns.take(wired, {**self._anywhere(task.shop), **about})
            if task.kind == "timer":
                crash_point("timer_fired")

    def handlers_of(self, event: str) -> Sequence[str]:
        """The names of everybody who wants to hear of ``event``."""
        return [wired.name for wired in self._app.subscribers(event)]

    def handler(self, task: Task) -> None:
        """Call one developer's handler with its fact or its delivery."""
        about: Offers
        if "event" in task.payload:
            wired = _named(self._app.subscribers(task.payload["event"]), task.name)
            kind = self._app.event_kind(task.payload["event"])
            about = {kind: lambda: read_event(kind, task.payload["fields"])}
        else:
            wired = _named(self._app.webhooks.get(task.payload["topic"], ()), task.name)
            webhook_id = task.payload["webhook_id"]
            about = {Delivery: lambda: self._app.engine.delivery(task.shop, webhook_id)}
        self._turns.take(wired, {**self._anywhere(task.shop), **about})

    def _scheduled(self, task: Task) -> tuple[Wired, Offers]:
        if task.kind == "timer":
            due_at = datetime.fromisoformat(task.payload["due_at"])
            timer = Timer(task.key, task.payload["about"], due_at)
            return _named(self._app.timers, task.name, kind="timer"), {Timer: lambda: timer}
        return _named([job.wired for job in self._app.jobs], task.name, kind="job"), {}

    def _is_installed(self, shop: str) -> bool:
        with self._app.db.reading() as view:
            return shops.standing(view, shop) == "installed"

    def _anywhere(self, shop: str) -> dict[type, Callable[[], Any]]:
        return {
            Shop: lambda: self._shop(shop),
            Admin: lambda: self._app.admin(shop),
            Platform: lambda: self._app.platform(shop),
            datetime: self._app.clock,
        }

    def _shop(self, shop: str) -> Shop:
        with self._app.db.reading() as view:
            return shops.shop_of(view, shop)


def _named(handlers: Sequence[Wired], name: str, *, kind: str = "handler") -> Wired:
    for wired in handlers:
        if wired.name == name:
            return wired
    raise no_such(kind, name)


def _mirror_shop(app: Handcart, task: Task) -> None:
    """Copy what the shop was before we came: its profile, its locations, its stock."""
    # What a webhook tells while we read is newer than what we read.
    began = app.clock()
    platform = app.platform(task.shop)
    profile, locations = platform.profile(), platform.locations()
    levels = list(platform.levels())
    with app.db.writing() as work:
        shops.mirror(work, task.shop, profile, at=began)
        stock.mirror(work, task.shop, locations=locations, levels=levels, at=began)
    app.engine.shop_installed(task.shop)


def _mirror_places(app: Handcart, task: Task) -> None:
    """Copy what the shop's locations are now."""
    locations = app.platform(task.shop).locations()
    with app.db.writing() as work:
        stock.places_read(work, task.shop, locations)


def _pickup_mail(app: Handcart, task: Task) -> None:
    """Write to the shopper, after the quiet hours of the store."""
    quiet = mail_sending.quiet_until(app, task)
    if quiet is not None:
        raise PutOff(quiet)
    mail_sending.send(app, task)


def _watch_mail(app: Handcart, task: Task) -> None:
    """Write to who watches something, after the quiet hours and not too often."""
    quiet = watch_sending.quiet_until(app, task)
    if quiet is not None:
        raise PutOff(quiet)
    watch_sending.send(app, task)


def _find_pickups(app: Handcart, task: Task) -> None:
    """Ask the platform how an order is to be fulfilled, in case its routing was never told."""
    found = app.platform(task.shop).fulfillment_orders(task.payload["order_id"])
    with app.db.writing() as work:
        routing.told(work, task.shop, found, at=app.clock())


def _write_stock(app: Handcart, task: Task) -> None:
    """Staff counted or corrected, or goods moved: the platform is told."""
    platform = app.platform(task.shop)
    sending.send(app.db, platform, task.payload["write_id"], clock=app.clock)


def _release_hold(app: Handcart, task: Task) -> None:
    """A checkout has not come to its end in time."""
    with app.db.writing() as work:
        checkout.ran_out(work, task.shop, task.payload["hold_id"], at=app.clock())


def _forget_in_bodies(app: Handcart, task: Task) -> None:
    app.engine.forget_in_bodies(task.shop, task.payload["webhook_id"])


JOBS: Mapping[str, Callable[[Handcart, Task], None]] = {
    **PICKUP_JOBS,
    "find_pickups": _find_pickups,
    "mirror_shop": _mirror_shop,
    offering.MIRROR_PLACES: _mirror_places,
    mailing.MAIL: _pickup_mail,
    watch_hearing.MAIL: _watch_mail,
    watch_hearing.READ: watch_sending.read,
    adjusting.WRITE: _write_stock,
    holds.TIMER: _release_hold,
    "forget_in_bodies": _forget_in_bodies,
}
