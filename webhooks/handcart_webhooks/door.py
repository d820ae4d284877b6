"""What every door does, whatever the server: judge, hand to the keeper, and say what to answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import orjson

from handcart.crash import crash_point
from handcart.delivery import Delivery
from handcart.telemetry import past_span

from . import counters, measures, receive
from .committer import Handed, Keeper
from .envelope import Headers
from .receive import Receiver, Refusal

PATH = "/webhooks"
# The platform gives up after five seconds: by then it should have heard that we could not.
PATIENCE = 3.5

_JSON = (("content-type", "application/json"),)
_MORE = {405: (("allow", "POST"),), 503: (("retry-after", "5"),)}
_ACCEPTED = counters.received.labels("accepted")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; names of ``headers`` in lower case, its length left to the server."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


KEPT = Reply(200, _JSON, b"{}")


@cache
def reply_to(refusal: Refusal) -> Reply:
    """The refusal as JSON; there are as many as there are codes."""
    body = orjson.dumps({"error": {"code": refusal.code}})
    return Reply(refusal.status, _JSON + _MORE.get(refusal.status, ()), body)


def refuse(refusal: Refusal) -> Reply:
    """Count it, log it, and say what to answer."""
    return reply_to(receive.refused(refusal))


class Door:
    """A request is judged, then kept; ``answered`` says at the end what that comes to."""

    def __init__(self, receiver: Receiver, keeper: Keeper) -> None:
        self._receiver = receiver
        self._keeper = keeper
        self.max_body = receiver.max_body

    def refuse_unread(self, method: str, headers: Headers) -> Reply | None:
        """What needs no body to be refused."""
        refusal = self._receiver.refuse_unread(method, headers)
        return reply_to(refusal) if refusal else None

    def judge(self, headers: Headers, body: bytes) -> Delivery | Reply:
        """A delivery that may be kept, or what to answer at once."""
        crash_point("read")
        judged = self._receiver.judge(headers, body)
        if isinstance(judged, Refusal):
            return reply_to(judged)
        crash_point("verified")
        return judged

    def keep(self, handed: Sequence[Handed]) -> None:
        """Have the answer of each told when its delivery is durable, or that it cannot be."""
        self._keeper.offer(handed)
        crash_point("queued")

    def answered(self, delivery: Delivery, began: int, failure: Exception | None) -> Reply:
        """What to say now that the keeper has it, or cannot have it in time (TimeoutError).

        ``began`` is when it was judged, as ``time.perf_counter_ns()``. Only what is durable may
        be acknowledged.
        """
        took = time.perf_counter_ns() - began
        measures.commit_seconds.observe(took / 1e9)
        ids = {"shop": delivery.shop, "webhook_id": delivery.webhook_id, "topic": delivery.topic}
        past_span("receive", time.time_ns() - took, **ids)
        if isinstance(failure, TimeoutError):
            return refuse(receive.STORE_BUSY)
        if failure is not None:
            return refuse(receive.STORE_FAILED)
        _ACCEPTED.inc()
        return KEPT
