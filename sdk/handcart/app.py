"""Handcart: the one object a developer makes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeVar, overload

from click import Command
from flask import Blueprint, Flask
from sqlalchemy import Connection

from .carts.policy import Meeting, Rule
from .connection import Connections
from .crew import Crew, Step
from .delivery import Delivery
from .errors import WiringError
from .events import Event, event_name
from .heartbeat import Heartbeat
from .injection import Wired, wire
from .jobs import Hands
from .keys import Keyring
from .mails.model import WatchWriter, Writer
from .platform.port import Admin, Platform
from .relay import Relay
from .schedule import schedule
from .settings import Settings
from .shops import store as installations
from .shops.grants import Grants
from .shops.model import Shop
from .solitude import Solitude
from .storage import Database, add_task
from .storage.leases import BEAT, Leases
from .storage.outbox import cancel_task, outbox
from .storage.queue import Queue
from .storage.setback import Setback
from .subscriptions.declared import Declared, Format, Terms
from .timetable import Job, Timer, Timetable

Handler = TypeVar("Handler", bound=Callable[..., Any])
AsgiApp = Callable[..., Any]
_ANYWHERE: tuple[type, ...] = (Shop, Admin, Platform, datetime)


class Engine(Protocol):
    """What receives the platform's webhooks; ``handcart_webhooks`` is the one we ship."""

    @staticmethod
    def commands() -> Sequence[Command]:
        """What the command line offers beside Handcart's own."""
        ...

    def topics(self) -> Collection[str]:
        """The topics that Handcart's own handlers want to hear of."""
        ...

    def steps(self) -> Sequence[Step]:
        """What its worker threads do."""
        ...

    def start(self) -> None:
        """Begin what it does beside its steps."""
        ...

    def stop(self) -> None:
        """End that; it may be begun again."""
        ...

    def asgi(self, pages: Flask) -> AsgiApp:
        """The edge: webhooks in, ``pages`` behind it; it starts and stops the app."""
        ...

    def blueprint(self) -> Blueprint:
        """The same door for a Flask app behind a WSGI server."""
        ...

    def unfinished(self, view: Connection) -> int:
        """How many deliveries are due and have not had their effect."""
        ...

    def queues(self) -> Sequence[Queue]:
        """Where its work waits."""
        ...

    def take_back(self, work: Connection) -> None:
        """What a process that died had claimed may be claimed again."""
        ...

    def delivery(self, shop: str, webhook_id: str) -> Delivery:
        """A delivery it has accepted; raises NotFound."""
        ...

    def shop_installed(self, shop: str) -> None:
        """What came before the installation was known may be handled now."""
        ...

    def forget_in_bodies(self, shop: str, webhook_id: str) -> None:
        """No delivery names the customer any more who asked for that in this one."""
        ...


def utc_now() -> datetime:
    return datetime.now(UTC)


class Handcart:
    """An app for one platform and any number of shops.

    Settings come from the environment unless given, and are checked at once. ``clock`` tells the
    time to everything inside.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings or Settings.from_env()
        self.clock = clock
        self.keyring = Keyring(self.settings.secrets)
        self.db = Database(
            self.settings.database_url,
            known={"keyring": self.keyring, "seals_payloads": self.settings.encrypt_payloads},
        )
        self.webhooks: dict[str, list[Wired]] = {}
        self.subscriptions = Declared(lambda: self.engine.topics())
        self.jobs: list[Job] = []
        self.timers: list[Wired] = []
        self._adoption: Wired | None = None
        self.mail_writer: Writer | None = None
        self.watch_writer: WatchWriter | None = None
        self._subscribers: dict[str, list[Wired]] = {}
        self._events: dict[str, type[Event]] = {}
        self.leases = Leases()
        self.solitude = Solitude()
        self._heartbeat = Heartbeat(self._beat, every=BEAT)
        self._connections = Connections(
            self.settings, db=self.db, keyring=self.keyring, clock=self.clock
        )

    def on(self, kind: type[Event], *, limit: float | None = None) -> Callable[[Handler], Handler]:
        """Call the function after every commit that made a fact of this ``kind``.

        It runs at least once for each fact, apart from every other subscriber, and is retried
        when it raises or takes more than ``limit`` seconds (HANDCART_HANDLER_SECONDS unless
        given). It may ask for the fact, Shop, Admin, Platform and datetime (now).
        """

        def register(function: Handler) -> Handler:
            wired = wire(function, offered=(kind, *_ANYWHERE), limit=limit)
            self._events[event_name(kind)] = kind
            _add(self._subscribers.setdefault(event_name(kind), []), wired)
            return function

        return register

    def webhook(
        self,
        topic: str,
        *,
        filter: str = "",
        include_fields: Sequence[str] = (),
        format: Format = "JSON",
        limit: float | None = None,
    ) -> Callable[[Handler], Handler]:
        """Call the function for every verified delivery of ``topic`` (``products/update``).

        It runs after Handcart's own handler, at least once for each delivery, in the order of
        its resource, and is retried as ``on`` says. It may ask for the Delivery, Shop, Admin,
        Platform and datetime (now).

        ``filter``, ``include_fields`` and ``format`` are what the subscription asks the platform
        to send, and are the same for every handler of a topic; ``handcart sync`` tells the
        platform. Topics that Handcart handles itself have none of them. Of a delivery in XML
        there is the ``body``, and no ``payload``.
        """
        self.subscriptions.declare(topic, Terms(filter, tuple(include_fields), format))

        def register(function: Handler) -> Handler:
            wired = wire(function, offered=(Delivery, *_ANYWHERE), limit=limit)
            _add(self.webhooks.setdefault(topic, []), wired)
            return function

        return register

    def adoption(self, function: Handler) -> Handler:
        """Let the function decide what happens when a guest signs in and both carts hold something.

        It may ask for the Meeting, and says "usual", "larger", "sum", "mine" or "ask". It runs in
        the shopper's request and in its transaction: it looks at nothing else and is quick. Where
        it fails, carts are adopted the usual way.
        """
        wired = wire(function, offered=(Meeting,))
        if self._adoption is not None:
            raise WiringError("handler_twice", f"{self._adoption.name} decides that already")
        self._adoption = wired
        return function

    def adoption_policy(self, meeting: Meeting) -> Rule:
        """What the app's own policy says, or "usual"."""
        if self._adoption is None:
            return "usual"
        rule: Rule = self._adoption.call({Meeting: lambda: meeting})
        return rule

    def job(
        self,
        *,
        every: str | None = None,
        daily: str | None = None,
        zone: str | None = None,
        limit: float | None = None,
    ) -> Callable[[Handler], Handler]:
        """Call the function ``every="1h"`` (m, h, d), or ``daily="03:30"`` in a time zone.

        It may ask for Shop, Admin, Platform and datetime (now). If it asks for anything of a shop
        it runs for every shop that has the app installed, and a daily time is the shop's unless
        ``zone`` names another; otherwise it runs once, in UTC. Each slot runs once, whichever
        process does it, at least once if it fails; one that was slept through is made up for
        unless there is a later one.
        """
        plan = schedule(every=every, daily=daily, zone=zone)

        def register(function: Handler) -> Handler:
            wired = wire(function, offered=_ANYWHERE, limit=limit)
            _refuse_twice([job.wired for job in self.jobs], wired)
            self.jobs.append(Job(wired, plan))
            return function

        return register

    def mails(self, writer: Writer) -> Writer:
        """Let ``writer`` find the words of the mails to shoppers; without one none is sent.

        It is told a PickupMail and answers with Written. When a mail goes, and that it goes once,
        is not its concern.
        """
        self.mail_writer = writer
        return writer

    def watch_mails(self, writer: WatchWriter) -> WatchWriter:
        """Let ``writer`` find the words for who watches something; without one nobody can.

        It is told a WatchMail and answers with Written.
        """
        self.watch_writer = writer
        return writer

    @overload
    def timer(self, function: Handler) -> Handler: ...

    @overload
    def timer(self, *, limit: float | None = None) -> Callable[[Handler], Handler]: ...

    def timer(self, function: Handler | None = None, *, limit: float | None = None) -> Any:
        """Let ``later`` call the function; it may ask for Timer and what any handler may."""

        def register(function: Handler) -> Handler:
            _add(self.timers, wire(function, offered=(Timer, *_ANYWHERE), limit=limit))
            return function

        return register(function) if function else register

    def later(
        self,
        work: Connection,
        shop: str,
        function: Callable[..., Any],
        about: Mapping[str, Any],
        *,
        at: datetime,
    ) -> str:
        """Set a timer in this transaction and return its key; ``about`` is JSON.

        The function runs at ``at`` or as soon after it as can be, at least once, if the shop has
        the app installed then.
        """
        name = Wired(function, {}).name
        if name not in {timer.name for timer in self.timers}:
            raise WiringError("timer_unknown", f"{name} is not registered with @app.timer")
        payload = {"about": dict(about), "due_at": at.isoformat()}
        return add_task(work, shop, name, payload, at=self.clock(), kind="timer", due_at=at)

    def cancel(self, work: Connection, shop: str, key: str) -> bool:
        """The timer will not go off; False when it has, or is just going off."""
        return cancel_task(work, shop, key, at=self.clock())

    @property
    def grants(self) -> Grants:
        """The access tokens of every shop."""
        return self._connections.grants

    def admin(self, shop: str) -> Admin:
        """The Admin API of an installed shop."""
        return self._connections.admin(shop)

    def platform(self, shop: str) -> Platform:
        """What Handcart's rooms need from the shop's platform."""
        return self._connections.platform(shop)

    @cached_property
    def engine(self) -> Engine:
        """The receiver and worker of webhooks, found by its entry point."""
        found = list(entry_points(group="handcart.engines"))
        if len(found) != 1:
            raise WiringError("engine_missing", f"one webhook engine is needed, found {found}")
        engine: Engine = found[0].load()(self)
        return engine

    @cached_property
    def flask(self) -> Flask:
        """The pages and doors as one Flask application; add your own blueprints to it."""
        from .web import create_flask

        return create_flask(self)

    @cached_property
    def crew(self) -> Crew:
        """The worker threads of this process; ``asgi()`` starts and stops them."""
        relay = Relay(
            self.db,
            hands=Hands(self),
            clock=self.clock,
            leases=self.leases,
            solitude=self.solitude,
        )
        timetable = Timetable(self.db, jobs=lambda: self.jobs, clock=self.clock)
        steps = [*self.engine.steps(), relay.step, timetable.step]
        return Crew(steps, threads=self.settings.workers)

    def asgi(self) -> AsgiApp:
        """Edge, pages and worker threads as one ASGI application."""
        return self.engine.asgi(self.flask)

    def receiver(self) -> Blueprint:
        """``POST /webhooks`` for a Flask app of your own, behind a WSGI server.

        Call ``start()`` in the process that serves it, after any fork.
        """
        return self.engine.blueprint()

    def start(self) -> None:
        """Start the worker threads.

        An embedded database has one process, so whatever is leased was claimed by one that died:
        it is free again at once.
        """
        if self.db.embedded:
            with self.db.writing() as work:
                installations.drop_all_leases(work)
                outbox.take_back(work)
                self.engine.take_back(work)
        self._heartbeat.start()
        self.crew.start()
        self.engine.start()

    @cached_property
    def _setback(self) -> Setback:
        return Setback(self.db, [outbox, *self.engine.queues()])

    def _beat(self) -> None:
        self.leases.renew(self.db, at=self.clock())
        self._setback.look(self.clock())

    def stop(self) -> None:
        """Finish what is in hand and stop the worker threads."""
        self.engine.stop()
        self.crew.stop()
        self._heartbeat.stop()

    def unfinished(self) -> int:
        """How many deliveries and tasks are due now and not done."""
        with self.db.reading() as view:
            return outbox.count_due(view, at=self.clock()) + self.engine.unfinished(view)

    def topics(self) -> frozenset[str]:
        """Every topic that somebody handles, Handcart or the app."""
        return frozenset({*self.engine.topics(), *self.webhooks})

    def subscribers(self, event: str) -> Sequence[Wired]:
        """Who asked to hear of this kind of fact."""
        return self._subscribers.get(event, ())

    def event_kind(self, event: str) -> type[Event]:
        return self._events[event]

    def close(self) -> None:
        """Stop the threads and let go of the database."""
        if "engine" in self.__dict__:
            self.engine.stop()
        if "crew" in self.__dict__:
            self.crew.stop()
        self._heartbeat.stop()
        self._connections.close()
        self.db.close()


def _add(handlers: list[Wired], wired: Wired) -> None:
    _refuse_twice(handlers, wired)
    handlers.append(wired)


def _refuse_twice(handlers: Sequence[Wired], wired: Wired) -> None:
    if any(known.name == wired.name for known in handlers):
        raise WiringError("handler_twice", f"{wired.name} is registered already")
