"""The Admin GraphQL API of one shop, over ``requests``.

What is tried again, inside one deadline and with jitter:

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
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import requests
from graphql import OperationDefinitionNode, OperationType, parse
from urllib3.exceptions import NewConnectionError

from ...errors import Throttled, TokenRefused
from .answer import Answer, read_answer
from .bucket import Bucket
from .retry import RetryPolicy

log = logging.getLogger(__name__)

TIMEOUTS = (3.05, 20.0)


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
        sleep: Callable[[float], None] = time.sleep,
        *,
        refused: Callable[[str], None] | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._shop = shop
        self._url = f"{url}/admin/api/{version}/graphql.json"
        self._token = token
        self._version = version
        self._session = session or requests.Session()
        self._sleep = sleep
        self._refused = refused
        self._policy = policy or RetryPolicy()
        self._bucket = Bucket()
        self._version_seen = version

    @property
    def shop(self) -> str:
        return self._shop

    def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the document and return its ``data``; see ``port.Admin`` for the errors.

        Fields that the app may not see are null in ``data``, as the platform leaves them, unless
        a whole top-level field was denied.
        """
        body = {"query": document, "variables": dict(variables or {})}
        attempt, started = 1, time.monotonic()
        self._sleep_if_needed(self._bucket.reserve(document, now=started))
        while True:
            answer = self._try(document, body)
            if not answer.may_retry(is_repeatable(document)):
                return answer.data()
            pause = self._pause(document, answer, attempt)
            elapsed = time.monotonic() - started
            if self._policy.gives_up(attempt, elapsed=elapsed, pause=pause):
                raise Throttled(pause) if answer.is_throttled else answer.failure()
            self._sleep_if_needed(pause)
            attempt += 1

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
        """Learn from the answer, and leave a line that it can be traced by."""
        self._bucket.learn(document, answer.cost, now=time.monotonic())
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

    def _pause(self, document: str, answer: Answer, attempt: int) -> float:
        asked = answer.retry_after
        if answer.is_throttled:
            asked = self._bucket.deficit(document, now=time.monotonic()) or asked
        return self._policy.pause(attempt, jitter=random.random(), asked=asked)  # noqa: S311

    def _sleep_if_needed(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)


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
    definitions = parse(document, no_location=True).definitions
    return [node for node in definitions if isinstance(node, OperationDefinitionNode)]
