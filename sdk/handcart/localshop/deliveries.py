"""The webhook sender: every subscription gets its own delivery, tried until it is taken.

shopify.dev, "About webhooks": 1 s to connect and 5 s in all, only 2xx counts, eight retries in
four hours with the same id and body, no order. After the last retry the delivery is given up, and
a subscription that was made through the Admin API is removed; one of the app's TOML stays.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from urllib.parse import urljoin

from ..errors import NotFound
from .config import AppConfig, WebhookSubscription
from .envelope import Attempt, Delivery, sealed, signature
from .faults import Faults, Rule
from .outgoing import NoAnswer, Wire
from .selection import matches
from .world import World

CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 5.0
RETRIES = 8
FIRST_PAUSE = 56  # doubled seven times this makes 14 280 s, a little less than four hours
_REMEMBERED = 2000
_LONGEST_HOLD = 2.0


@dataclass(frozen=True, slots=True)
class Send:
    """One posting of a delivery; an ``extra`` one is never retried and never fails it."""

    delivery: Delivery
    extra: bool = False
    corrupt: bool = False
    twice: bool = False
    copies: int = 0
    unless: Callable[[], bool] | None = None


@dataclass(slots=True)
class _Held:
    send: Send
    overtaken_by: int
    since: float


class Deliveries:
    """Sends what ``world.emit`` is told, on threads of its own, until ``stop``."""

    def __init__(
        self, world: World, app: AppConfig, faults: Faults | None = None, *, workers: int = 8
    ) -> None:
        self.faults = faults or Faults(seed=world.seed)
        self._world = world
        self._app = app
        self._wire = Wire()
        self._changed = threading.Condition()
        self._waiting: list[tuple[datetime, int, Send]] = []
        self._held: list[_Held] = []
        self._log: list[Delivery] = []
        self._numbers = 0
        self._busy = 0
        self._stopping = False
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="webhook")
        self._dispatcher = threading.Thread(target=self._dispatch, name="webhooks", daemon=True)
        self._dispatcher.start()

    def deploy(self, app: AppConfig) -> None:
        """From now on ``app``'s subscriptions count and its secret signs."""
        self._app = app

    def emit(self, topic: str, body: Mapping[str, Any]) -> None:
        """Queue one delivery for each subscription to ``topic``: what ``world.emit`` is set to."""
        self.emit_later(topic, body)

    def emit_later(
        self,
        topic: str,
        body: Mapping[str, Any],
        *,
        seconds: float = 0,
        unless: Callable[[], bool] | None = None,
    ) -> None:
        """The same, due in ``seconds`` on the shop's clock; dropped if ``unless`` is true then."""
        with self._world.lock:
            event_id = self._world.event_id or str(uuid.uuid4())
            matching = [
                (number, one)
                for number, one in self._subscriptions(topic)
                if matches(one.filter, body)
            ]
        now = self._world.clock.now()
        for subscription_id, one in matching:
            delivery = sealed(
                self._world.shop.domain, self._app, one, body, event_id=event_id, at=now
            )
            delivery.subscription_id = subscription_id
            delivery.due_at += timedelta(seconds=seconds)
            self._accept(delivery, unless)

    def log(self, topic: str = "") -> list[Delivery]:
        """The newest deliveries first, of one topic or all."""
        with self._changed:
            return [each for each in reversed(self._log) if topic in ("", each.topic)]

    def find(self, webhook_id: str) -> Delivery:
        with self._changed:
            found = next((each for each in self._log if each.webhook_id == webhook_id), None)
        if found is None:
            raise NotFound("no_such_delivery", f"there is no delivery {webhook_id}")
        return found

    def resend(self, webhook_id: str) -> Delivery:
        """Send a delivery again now, with the same id and body; NotFound when it is unknown."""
        found = self.find(webhook_id)
        with self._changed:
            self._push(Send(found, extra=True), self._world.clock.now())
        return found

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is due or under way; False when ``timeout`` seconds were not enough.

        What was held back to come later is sent now. Retries that are due in the future of the
        shop's clock are not waited for.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self._quiet():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.05))
            return True

    def wake(self) -> None:
        """Look again at what is due: call it after the clock was moved."""
        with self._changed:
            self._changed.notify_all()

    def forget(self, world: World) -> None:
        """Drop the log and everything that waits, and serve ``world`` from now on."""
        with self._changed:
            for delivery in self._log:
                delivery.state = "dropped"
            self._waiting.clear()
            self._held.clear()
            self._log.clear()
            self._world = world
            self._changed.notify_all()

    def unsettled(self) -> int:
        """How many postings wait, are held back or are under way, due or not."""
        with self._changed:
            return len(self._waiting) + len(self._held) + self._busy

    def stop(self) -> None:
        """Finish what is under way, send nothing more, and close every connection."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._dispatcher.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._wire.close()

    # -- from an event to postings

    def _subscriptions(self, topic: str) -> Iterator[tuple[int | None, WebhookSubscription]]:
        """Compliance topics reach the app whether it is installed or not."""
        yield from ((None, one) for one in self._app.compliance if one.topic == topic)
        if self._app.client_id not in self._world.grants:
            return
        yield from ((None, one) for one in self._app.subscriptions if one.topic == topic)
        for made in self._world.subscriptions.values():
            if made.topic == topic and made.client_id == self._app.client_id:
                url = urljoin(self._app.app_url + "/", made.uri)
                yield (
                    made.id,
                    WebhookSubscription(
                        topic, url, made.filter, made.include_fields, made.name or "", made.format
                    ),
                )

    def _accept(self, delivery: Delivery, unless: Callable[[], bool] | None) -> None:
        struck = {rule.fault: rule for rule in self.faults.strike(delivery.topic)}
        delivery.faults = tuple(struck)
        with self._changed:
            self._log.append(delivery)
            del self._log[:-_REMEMBERED]
            if "drop" in struck:
                delivery.state = "dropped"
                return
            self._queue(delivery, struck, unless)

    def _queue(
        self, delivery: Delivery, struck: Mapping[str, Rule], unless: Callable[[], bool] | None
    ) -> None:
        send = Send(
            delivery,
            corrupt="corrupt_signature" in struck,
            twice="twice_at_once" in struck,
            copies=struck["duplicate"].copies if "duplicate" in struck else 0,
            unless=unless,
        )
        if "delay" in struck:
            delivery.due_at += timedelta(seconds=struck["delay"].seconds)
        if "reorder" in struck:
            delivery.state = "held"
            self._held.append(_Held(send, struck["reorder"].copies, time.monotonic()))
            self._changed.notify_all()
        else:
            self._push(send, delivery.due_at)

    def _push(self, send: Send, due_at: datetime) -> None:
        self._numbers += 1
        heappush(self._waiting, (due_at, self._numbers, send))
        self._changed.notify_all()

    # -- the dispatcher's thread

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                send = self._next()
                if send is None:
                    return
                self._busy += 1
            self._pool.submit(self._run, send)

    def _next(self) -> Send | None:
        """The next posting that is due, or None when it is time to stop."""
        while not self._stopping:
            self._release(lambda held: time.monotonic() - held.since >= _LONGEST_HOLD)
            if self._is_due():
                return heappop(self._waiting)[2]
            # The shop's clock may be moved by anybody, so waiting has to look up now and then.
            self._changed.wait(0.05 if self._waiting or self._held else None)
        return None

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._waiting[0][0] <= self._world.clock.now()

    def _quiet(self) -> bool:
        if self._busy or self._is_due():
            return False
        self._release(lambda held: True)
        return not self._is_due()

    def _release(self, ready: Callable[[_Held], bool]) -> None:
        for held in [each for each in self._held if ready(each)]:
            self._held.remove(held)
            held.send.delivery.state = "waiting"
            self._push(held.send, held.send.delivery.due_at)

    # -- the workers' threads

    def _run(self, send: Send) -> None:
        try:
            if send.unless is not None and send.unless():
                send.delivery.state = "dropped"
            elif send.twice:
                self._post_twice(send)
            else:
                self._settle(send, self._post(send))
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _post_twice(self, send: Send) -> None:
        """Both postings leave at the same moment, on two connections."""
        together = threading.Barrier(2, timeout=CONNECT_SECONDS)
        second = threading.Thread(target=self._post_aside, args=(send, together), daemon=True)
        second.start()
        first = self._post(send, together)
        second.join()
        self._settle(send, first)

    def _post_aside(self, send: Send, together: threading.Barrier) -> None:
        self._post(send, together)
        self._wire.close_own()

    def _post(self, send: Send, together: threading.Barrier | None = None) -> Attempt:
        delivery = send.delivery
        headers = dict(delivery.headers)
        if send.corrupt:
            headers["X-Shopify-Hmac-Sha256"] = signature(delivery.body, "not the app's secret")
        if together is not None:
            with suppress(threading.BrokenBarrierError):
                together.wait()
        at, began = self._world.clock.now(), time.monotonic()
        status, error = self._exchange(delivery, headers)
        note = _note(send)
        attempt = Attempt(at, status, round(time.monotonic() - began, 4), error, note)
        with self._changed:
            delivery.attempts.append(attempt)
        return attempt

    def _exchange(self, delivery: Delivery, headers: Mapping[str, str]) -> tuple[int | None, str]:
        try:
            answer = self._wire.request(
                "POST",
                delivery.url,
                headers=headers,
                body=delivery.body,
                connect=CONNECT_SECONDS,
                total=TOTAL_SECONDS,
            )
        except NoAnswer as error:
            return None, error.reason
        return answer.status, ""

    def _settle(self, send: Send, attempt: Attempt) -> None:
        delivery = send.delivery
        with self._changed:
            if delivery.state == "dropped":
                return
            self._count_overtaking()
            for _ in range(send.copies):
                self._push(Send(delivery, extra=True), self._world.clock.now())
            if attempt.taken:
                delivery.state = "delivered"
            elif not send.extra and delivery.retries < RETRIES:
                self._retry(delivery)
            elif not send.extra:
                delivery.state = "given_up"
        if delivery.state == "given_up" and not send.extra:
            self._drop_subscription(delivery)

    def _count_overtaking(self) -> None:
        for held in self._held:
            held.overtaken_by -= 1
        self._release(lambda held: held.overtaken_by <= 0)

    def _retry(self, delivery: Delivery) -> None:
        pause = FIRST_PAUSE * 2**delivery.retries
        delivery.retries += 1
        delivery.state = "retrying"
        delivery.due_at = self._world.clock.now() + timedelta(seconds=pause)
        self._push(Send(delivery), delivery.due_at)

    def _drop_subscription(self, delivery: Delivery) -> None:
        if delivery.subscription_id is not None:
            with self._world.lock:
                self._world.subscriptions.pop(delivery.subscription_id, None)


def _note(send: Send) -> str:
    if send.corrupt:
        return "with a wrong signature"
    if send.twice:
        return "one of two at once"
    return "again" if send.extra else ""
