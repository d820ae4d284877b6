"""The Admin GraphQL API of one shop, over ``requests``.

Before a call is sent it waits until the shop's bucket holds what it costs (``turnstile.py``). What
is tried again, inside one deadline and with jitter:

- always, since nothing was carried out: THROTTLED (inside a 200), 429, 430, no connection;
- only if the document may run twice: a 5xx, a lost or torn answer. Queries may, and mutations
  with ``@idempotent``. Any other mutation raises PlatformError instead, and its caller, who comes
  again through the outbox, looks first whether the effect is there.

Tokens, variables and answers are never logged; each call can be traced by the platform's request
id.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import requests
from graphql import OperationDefinitionNode, OperationType
from urllib3.exceptions import NewConnectionError

from ...errors import Throttled, TokenRefused
from .answer import Answer, read_answer
from .cost import Sizes, estimate, parsed, sizes_of
from .retry import RetryPolicy
from .turnstile import Turnstile, Wait

log = logging.getLogger(__name__)

TIMEOUTS = (3.05, 20.0)
# Documents whose cost is remembered; an app has some dozens.
_MOST_COSTS = 2000


@dataclass(slots=True)
class _Call:
    """One call of ``execute``, over all of its tries: seconds ``queued`` for its turn, and seconds
    ``spent`` on tries and the pauses between them."""

    document: str
    variables: dict[str, Any]
    place: int
    attempt: int = 1
    queued: float = 0.0
    spent: float = 0.0

    @property
    def body(self) -> dict[str, Any]:
        return {"query": self.document, "variables": self.variables}

    @property
    def kind(self) -> tuple[str, Sizes]:
        """Calls of one kind cost the same."""
        return self.document, sizes_of(self.document, self.variables)


class ShopifyAdmin:
    """Implements ``port.Admin``; one for each shop, shared by its threads.

    ``token`` gives a usable access token each time it is asked; ``refused`` hears of one that the
    platform did not take, so that ``token`` can give a better one.
    """

    def __init__(
        self,
        shop: str,
        url: str,
        token: Callable[[], str],
        version: str,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        refused: Callable[[str], None] | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._shop = shop
        self._url = f"{url}/admin/api/{version}/graphql.json"
        self._token = token
        self._version = version
        self._session = session or requests.Session()
        self._sleep = sleep or time.sleep
        self._now = now
        self._refused = refused
        self._policy = policy or RetryPolicy()
        # Without a clock of its own a waiting thread is woken as soon as another gives back.
        wait: Wait = threading.Condition.wait if sleep is None else lambda _, pause: sleep(pause)
        self._turnstile = Turnstile(now=now, wait=wait)
        self._costs: dict[tuple[str, Sizes], float] = {}
        self._version_seen = version

    @property
    def shop(self) -> str:
        return self._shop

    def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the document and return its ``data``; see ``port.Admin`` for the errors.

        Fields that the app may not see are null in ``data``, as the platform leaves them, unless
        a whole top-level field was denied. What came beside another error is in the error's
        ``data``.
        """
        call = _Call(document, dict(variables or {}), self._turnstile.number())
        while True:
            answer = self._pass(call)
            if not answer.may_retry(is_repeatable(document)):
                return answer.data()
            if not answer.is_bucket_empty:
                self._back_off(call, answer)

    def _pass(self, call: _Call) -> Answer:
        """One try, when its turn has come; raises Throttled when that takes too long."""
        began = self._now()
        patience = self._policy.patience - call.queued
        self._turnstile.enter(call.place, cost=self._cost_of(call), patience=patience)
        sent = self._now()
        answer = Answer()
        try:
            answer = self._try(call.document, call.body)
        finally:
            self._turnstile.leave(call.place, answer.throttle, refused=answer.is_bucket_empty)
        if answer.is_bucket_empty:
            # Another process was faster: a moment apart, we do not meet again.
            self._turnstile.close(self._policy.first * random.random())  # noqa: S311
        call.queued += sent - began
        call.spent += self._now() - sent
        self._learn_cost(call, answer)
        return answer

    def _back_off(self, call: _Call, answer: Answer) -> None:
        """Wait before the next try, or raise what is known when that would be too late."""
        jitter = random.random()  # noqa: S311
        pause = self._policy.pause(call.attempt, jitter=jitter, asked=answer.retry_after)
        if self._policy.gives_up(call.attempt, elapsed=call.spent, pause=pause):
            raise Throttled(pause) if answer.is_throttled else answer.failure()
        if answer.is_throttled:
            self._turnstile.close(pause)
        else:
            self._sleep(pause)
        call.spent += pause
        call.attempt += 1

    def _cost_of(self, call: _Call) -> float:
        """What the platform said it costs, or an estimate."""
        return self._costs.get(call.kind) or estimate(*call.kind)

    def _learn_cost(self, call: _Call, answer: Answer) -> None:
        asked = answer.cost.get("requestedQueryCost")
        if isinstance(asked, int | float) and len(self._costs) < _MOST_COSTS:
            self._costs[call.kind] = float(asked)

    def _try(self, document: str, body: Mapping[str, Any]) -> Answer:
        """One answer; the token is renewed once when the platform does not take it."""
        token = self._token()
        answer = self._post(document, body, token)
        if answer.status != 401:
            return answer
        if self._refused is not None:
            self._refused(token)
            if (renewed := self._token()) != token:
                answer = self._post(document, body, renewed)
        if answer.status == 401:
            raise TokenRefused("token_refused", f"{self._shop} does not take our token")
        return answer

    def _post(self, document: str, body: Mapping[str, Any], token: str) -> Answer:
        try:
            response = self._session.post(
                self._url,
                json=body,
                headers={"X-Shopify-Access-Token": token, "Accept": "application/json"},
                timeout=TIMEOUTS,
                # The token goes to the shop or nowhere.
                allow_redirects=False,
            )
        except requests.RequestException as error:
            answer = Answer(never_sent=_never_sent(error), trouble=type(error).__name__)
        else:
            answer = read_answer(response)
        self._note(document, answer)
        return answer

    def _note(self, document: str, answer: Answer) -> None:
        """Leave a line that the answer can be traced by."""
        log.debug(
            "%s %s: %s, cost %s, request id %s",
            self._shop,
            operation_name(document),
            answer.status or answer.trouble,
            answer.cost.get("actualQueryCost"),
            answer.request_id,
        )
        if answer.version not in ("", self._version_seen):
            self._version_seen = answer.version
            log.warning(
                "%s answers with API version %s, not %s", self._shop, answer.version, self._version
            )


def _never_sent(error: requests.RequestException) -> bool:
    """True when no connection came about; one that broke later may have carried the call."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


@lru_cache(maxsize=256)
def is_repeatable(document: str) -> bool:
    """True when running the document twice is the same as running it once."""
    for operation in _operations(document):
        if operation.operation is not OperationType.MUTATION:
            continue
        for field in operation.selection_set.selections:
            if not any(
                directive.name.value == "idempotent" for directive in field.directives or ()
            ):
                return False
    return True


@lru_cache(maxsize=256)
def operation_name(document: str) -> str:
    """The names of the document's operations, for the log."""
    return " ".join(operation.name.value for operation in _operations(document) if operation.name)


def _operations(document: str) -> list[OperationDefinitionNode]:
    definitions = parsed(document).definitions
    return [node for node in definitions if isinstance(node, OperationDefinitionNode)]
