"""From the broker into the inbox: many messages in one transaction, acknowledged after its commit.

While the database is away the messages in hand are held and tried again; they are not given back,
for giving back counts as a try, and after twenty a message is dead-lettered. If the process dies
meanwhile, the broker gives them to another one, and the inbox knows what it has seen.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import kombu
from sqlalchemy.exc import DataError

from handcart.crash import crash_point
from handcart.delivery import Delivery
from handcart.errors import BadInput, SettingsError

from . import counters, topology
from .link import LINK_ERRORS, Bell, Link
from .message import read_delivery

log = logging.getLogger(__name__)

_TROUBLE: tuple[type[Exception], ...] = (*LINK_ERRORS, SettingsError)

PREFETCH = 32  # of each queue
_GROUP = 500
_REST = 1.0
# Keeps deliveries durably and returns how many of them it had not seen before.
Keep = Callable[[Sequence[Delivery]], int]


@dataclass(frozen=True, slots=True)
class _Taken:
    tag: int
    delivery: Delivery


class Consumer:
    """Reads from ``start()`` to ``stop()``; of several on one broker each queue has one at work."""

    def __init__(self, address: str, *, keep: Keep, kept: Callable[[], Any]) -> None:
        self._keep = keep
        self._kept = kept
        self._link = Link(address)
        self._bell = Bell()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="consumer", daemon=True)
        self._channel: Any = None
        self._taken: list[_Taken] = []
        self._told = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the group in hand and end; what was not acknowledged stays on the broker."""
        self._stopping.set()
        self._bell.ring()
        if self._thread.is_alive():
            self._thread.join()
        self._bell.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._link.connect()
                self._consume()
            except Exception as error:  # nothing must end this thread but stop()
                self._lost(error)
        self._link.close()

    def _consume(self) -> None:
        self._taken.clear()
        self._channel = self._link.channel()
        topology.declare(self._channel)
        consumer = kombu.Consumer(
            self._channel,
            topology.queues,
            prefetch_count=PREFETCH,
            auto_declare=False,
            on_message=self._take,
        )
        consumer.consume()
        self._told = ""
        while not self._stopping.is_set():
            self._link.wait(self._bell, _REST)
            self._link.drain(most=_GROUP)
            self._link.beat()
            self._move()

    def _take(self, message: Any) -> None:
        try:
            delivery = read_delivery(
                message.properties.get("type"), message.headers, bytes(message.body)
            )
        except BadInput as error:
            self._bury(message.delivery_tag, str(error))
        else:
            self._taken.append(_Taken(message.delivery_tag, delivery))

    def _move(self) -> None:
        """What has been read is in the inbox and, then, off the broker."""
        group, self._taken = self._taken, []
        if not group:
            return
        crash_point("taken")
        new = self._insist(group)
        if new is None:
            return
        crash_point("moved")
        if group:
            self._channel.basic_ack(group[-1].tag, multiple=True)
        counters.consumed.labels("kept").inc(new)
        counters.consumed.labels("known").inc(len(group) - new)
        self._kept()

    def _insist(self, group: list[_Taken]) -> int | None:
        """Keep the group, however long the database is away; None when told to stop before."""
        while not self._stopping.is_set():
            try:
                return self._keep([each.delivery for each in group])
            except DataError:
                return self._keep_one_by_one(group)
            except Exception:
                log.exception("%d deliveries could not be kept; they are tried again", len(group))
            self._stopping.wait(_REST)
            self._stay_connected()
        return None

    def _keep_one_by_one(self, group: list[_Taken]) -> int:
        """What the database cannot hold leaves the group, and does not hold up the others."""
        new = 0
        for each in list(group):
            try:
                new += self._keep([each.delivery])
            except DataError as error:
                group.remove(each)
                self._bury(each.tag, type(error.orig).__name__)
        return new

    def _stay_connected(self) -> None:
        """If the broker gives us up, others get the messages; ours are kept all the same."""
        try:
            self._link.drain()
            self._link.beat()
        except LINK_ERRORS as error:
            log.warning("the broker was lost meanwhile: %s", error)

    def _bury(self, tag: int, why: str) -> None:
        log.warning("a message rests with the dead letters: %s", why)
        self._channel.basic_reject(tag, requeue=False)
        counters.consumed.labels("buried").inc()

    def _lost(self, error: Exception) -> None:
        if str(error) != self._told:
            self._told = str(error)
            unexpected = not isinstance(error, _TROUBLE)
            log.warning("reading ended: %s: %s", type(error).__name__, error, exc_info=unexpected)
        self._link.drop()
        self._stopping.wait(_REST / 4)
