"""Webhooks at a steady rate, signed as the platform does, and what became of each."""

from __future__ import annotations

import base64
import hmac
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
import requests

SHOP = "juniper-tea.myshopify.com"
_THREADS = 10
_LIMIT = 5.0  # after which the platform hangs up
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Sent:
    """``status`` is 0 when there was no answer; times are of the monotonic clock."""

    webhook_id: str
    status: int
    began: float
    ended: float


class Stream:
    """Sends carts of twenty shoppers until ``stop()``; nothing is sent twice."""

    def __init__(self, url: str, secret: str, *, rate: float) -> None:
        self._url, self._secret = f"{url}/webhooks", secret.encode()
        self._pause = _THREADS / rate
        self._over = threading.Event()
        self._sent: list[Sent] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(_THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def accepted(self, *, since: float = 0) -> list[Sent]:
        """What was answered with 200, in the order of the answers."""
        found = [sent for sent in list(self._sent) if sent.status == 200 and sent.ended >= since]
        return sorted(found, key=lambda sent: sent.ended)

    def refused(self, *, since: float = 0) -> list[Sent]:
        return [sent for sent in list(self._sent) if sent.status == 503 and sent.ended >= since]

    def unanswered(self) -> list[Sent]:
        return [sent for sent in list(self._sent) if sent.status not in {200, 503}]

    def slowest(self) -> float:
        return max(sent.ended - sent.began for sent in list(self._sent))

    def longest_gap(self, *, since: float) -> float:
        """The longest time in which nobody was answered with 200."""
        times = [since, *(sent.ended for sent in self.accepted(since=since))]
        return max(after - before for before, after in itertools.pairwise(times))

    def _run(self) -> None:
        with requests.Session() as session:
            while not self._over.wait(self._pause):
                self._sent.append(self._send(session))

    def _send(self, session: requests.Session) -> Sent:
        number = next(_numbers)
        body, headers = self._delivery(number)
        began = time.monotonic()
        try:
            status = session.post(self._url, data=body, headers=headers, timeout=_LIMIT).status_code
        except requests.RequestException:
            status = 0
        return Sent(headers["X-Shopify-Webhook-Id"], status, began, time.monotonic())

    def _delivery(self, number: int) -> tuple[bytes, dict[str, str]]:
        token = f"stream-{number % 20}"
        moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        body = orjson.dumps({"id": token, "token": token, "line_items": [], "updated_at": moment})
        signature = base64.b64encode(hmac.digest(self._secret, body, "sha256")).decode()
        return body, {
            "X-Shopify-Topic": "carts/update",
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Webhook-Id": f"stream-{number}",
            "X-Shopify-Hmac-Sha256": signature,
        }


@contextmanager
def streaming(url: str, secret: str, *, rate: float = 100) -> Iterator[Stream]:
    """Webhooks come meanwhile."""
    stream = Stream(url, secret, rate=rate)
    stream.start()
    try:
        yield stream
    finally:
        stream.stop()
