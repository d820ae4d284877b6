"""In the committer's place: takes deliveries from any thread, answers once the broker has them.

One thread speaks to the broker. It sends whatever is offered without waiting for what it has sent
before, so many messages share each flush of the broker's disks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from amqp.exceptions import NotFound

from handcart.delivery import Delivery
from handcart.errors import SettingsError

from ..committer import Answer, Handed
from . import counters, topology
from .confirms import Confirms, Outcome
from .health import Health
from .link import LINK_ERRORS, Bell, Link
from .offers import NotConfirmed, Offer, Offers

log = logging.getLogger(__name__)

_TROUBLE: tuple[type[Exception], ...] = (*LINK_ERRORS, SettingsError)

PATIENCE = 3.0  # the platform waits five seconds, and part of them is already gone
ROOM = 2000
SPACE = 256 * 1024 * 1024
_UNDER_WAY = 1000
_REST = 0.25
_REFUSALS = 3


class Publisher:
    """``offer()`` and ``close()`` as the committer has them."""

    def __init__(self, address: str, *, patience: float = PATIENCE, room: int = ROOM) -> None:
        self._patience = patience
        self._offers = Offers(room=room, space=SPACE, patience=patience)
        self._health = Health(grace=patience)
        self._link = Link(address, blocked=self._health.blocked, unblocked=self._health.unblocked)
        self._bell = Bell()
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._opened_at = self._heard_at = 0.0
        self._connected = self._declared = False
        self._told = ""

    @property
    def ready(self) -> bool:
        """Whether there is a broker that reads what is published."""
        return self._connected and not self._health.is_blocked

    def start(self) -> None:
        """Look for a broker now rather than with the first delivery."""
        self._start()

    def offer(self, handed: Sequence[Handed]) -> None:
        """Take those that can be published in time; the others hear of a TimeoutError at once."""
        for delivery, answer in handed:
            if not self._take(delivery, answer):
                answer(TimeoutError())
        self._bell.ring()

    def _take(self, delivery: Delivery, answer: Answer) -> bool:
        if self._closing.is_set() or not self._health.may_try():
            return False
        taken = self._offers.add(delivery, answer)
        if taken:
            self._start()
        return taken

    def close(self) -> None:
        """Publish what waits, hear what becomes of it, and end; offers are refused from now on."""
        self._closing.set()
        self._bell.ring()
        for thread in self._threads:
            thread.join()
        self._bell.close()

    def _start(self) -> None:
        if self._threads:
            return
        with self._starting:
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._speak, name="publisher", daemon=True),
                    threading.Thread(target=self._watch, name="publisher-watch", daemon=True),
                ]
                for thread in self._threads:
                    thread.start()

    def _finished(self) -> bool:
        return self._closing.is_set() and not self._offers

    def _watch(self) -> None:
        """Nobody waits longer than they have time for, even if the broker holds us up."""
        while not self._finished():
            time.sleep(0.1)
            overdue = self._offers.give_up_overdue()
            if overdue:
                self._health.failed()
                counters.ended.labels("timed_out").inc(overdue)
                log.warning("the broker did not confirm %d deliveries in time", overdue)

    def _speak(self) -> None:
        while not self._finished():
            try:
                self._link.connect()
                self._publish()
            except Exception as error:  # nothing must end this thread but close()
                self._lost(error)
        self._link.close()
        self._connected = False
        counters.connected.set(0)

    def _publish(self) -> None:
        """On one connection; what it did not confirm will be published on the next.

        The inbox knows what it has seen. A channel that was open when the leader of a queue died
        may refuse everything for that queue from then on (seen with RabbitMQ 3.10), and a new one
        not, so the first refusals are taken for that.
        """
        channel = self._link.channel()
        self._declare(channel)
        confirms = Confirms(channel, self._ended)
        self._opened()
        try:
            while not self._finished():
                self._declare(channel)
                self._send(confirms)
                self._link.wait(self._bell, _REST)
                self._link.drain()
                self._link.beat()
                self._notice_silence(confirms)
                if confirms.refused and time.monotonic() - self._opened_at > _REST:
                    self._link.drop()
                    return
        finally:
            self._count_refusals(confirms.refused.values())
            self._offers.put_back(confirms.left())

    def _opened(self) -> None:
        self._opened_at = self._heard_at = time.monotonic()
        self._connected = True
        counters.connected.set(1)

    def _count_refusals(self, refused: Iterable[Offer]) -> None:
        for offer in refused:
            offer.refusals += 1
            if offer.refusals == _REFUSALS:
                self._ended(offer, "refused")

    def _declare(self, channel: Any) -> None:
        """Once is enough, until the broker says that something is missing."""
        if not self._declared:
            topology.declare(channel)
            self._declared = True
            self._told = ""

    def _send(self, confirms: Confirms) -> None:
        offers = self._offers.take(_UNDER_WAY - len(confirms))
        if offers and not confirms:
            self._heard_at = time.monotonic()
        for sent, offer in enumerate(offers):
            try:
                confirms.publish(offer)
            except LINK_ERRORS:
                self._offers.put_back(offers[sent:])
                raise
        counters.published.inc(len(offers))

    def _ended(self, offer: Offer, outcome: Outcome) -> None:
        if outcome == "confirmed":
            self._heard_at = time.monotonic()
            self._health.confirmed()
        else:
            self._declared = False  # something may be missing there
        failure = None if outcome == "confirmed" else NotConfirmed(outcome)
        if self._offers.answer(offer, failure):
            counters.ended.labels(outcome).inc()

    def _notice_silence(self, confirms: Confirms) -> None:
        """A broker that hangs closes nothing; another of the list may do better."""
        silent = time.monotonic() - self._heard_at
        if confirms and silent > self._patience / 2 and not self._health.is_blocked:
            raise ConnectionError("the broker confirms nothing")

    def _lost(self, error: Exception) -> None:
        """Let go of the connection and rest for a moment."""
        self._connected = False
        counters.connected.set(0)
        self._health.failed()
        if isinstance(error, NotFound) or not self._health.good:
            self._declared = False  # something may be missing there
        if str(error) != self._told:
            self._told = str(error)
            unexpected = not isinstance(error, _TROUBLE)
            log.warning("no broker: %s: %s", type(error).__name__, error, exc_info=unexpected)
        self._health.unblocked()
        self._link.drop()
        self._closing.wait(_REST)
