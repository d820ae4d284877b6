"""Tokens from the platform: an ID token exchanged, a refresh token used.

Both grants may be repeated: an ID token is good for a minute, and a used refresh token stays
usable until its replacement is used (shopify.dev, Offline access tokens). So lost answers are
asked for again.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import requests

from ...errors import BadInput, NotVerified, PlatformError, TokenRefused
from ...settings import Settings
from ...shops.model import Tokens
from .retry import RetryPolicy, is_passing, retry_after
from .shop_domain import shop_domain

log = logging.getLogger(__name__)

TIMEOUTS = (3.05, 10.0)

# A renewal blocks whoever needs the token, so it gives up well before the lease on it ends.
_POLICY = RetryPolicy(tries=3, deadline=20.0, first=0.3, longest=3.0)

_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
    "expiring": "1",
}
# Expired, replaced, revoked and uninstalled all look alike; the documents have moved from the
# second name to the first, and Shopify's Python package still expects the second.
_DEAD = {"invalid_request", "invalid_grant"}
_HOUR = 3600


class Auth:
    """The token endpoint of every shop, as this app."""

    def __init__(
        self,
        settings: Settings,
        session: requests.Session | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._session = session or requests.Session()
        self._sleep = sleep

    def exchange(self, shop: str, id_token: str, *, at: datetime) -> Tokens:
        """Offline tokens for the shop of a verified ID token.

        Raises NotVerified when the platform refuses the ID token, TokenRefused when it refuses
        the grant, PlatformError for the rest.
        """
        return self._grant(shop, {**_EXCHANGE, "subject_token": id_token}, at=at)

    def refresh(self, shop: str, refresh_token: str, *, at: datetime) -> Tokens:
        """The next pair of tokens.

        Raises TokenRefused when the refresh token is dead, PlatformError for the rest.
        """
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._grant(shop, fields, at=at)

    def _grant(self, shop: str, fields: Mapping[str, str], *, at: datetime) -> Tokens:
        if shop_domain(shop) != shop:
            raise BadInput("shop_malformed", "tokens are only ever asked of a shop")
        url = f"{self._settings.platform_for(shop)}/admin/oauth/access_token"
        answer = self._post(
            url,
            {
                "client_id": self._settings.api_key,
                "client_secret": self._settings.api_secret,
                **fields,
            },
        )
        return _tokens(_body(answer), status=answer.status_code, at=at)

    def _post(self, url: str, fields: Mapping[str, str]) -> requests.Response:
        """The first answer that is not "later"; raises PlatformError when there is none."""
        attempt, started = 1, time.monotonic()
        while True:
            answer = self._try(url, fields)
            if answer is not None and not is_passing(answer.status_code):
                return answer
            asked = None if answer is None else retry_after(answer.headers)
            pause = _POLICY.pause(attempt, jitter=random.random(), asked=asked)  # noqa: S311
            elapsed = time.monotonic() - started
            if _POLICY.gives_up(attempt, elapsed=elapsed, pause=pause):
                raise PlatformError("tokens_unavailable", "the platform gives no tokens right now")
            self._sleep(pause)
            attempt += 1

    def _try(self, url: str, fields: Mapping[str, str]) -> requests.Response | None:
        try:
            return self._session.post(
                url,
                json=dict(fields),
                headers={"Accept": "application/json"},
                timeout=TIMEOUTS,
                # The request carries the client secret: it goes to the shop or nowhere.
                allow_redirects=False,
            )
        except requests.RequestException as error:
            log.warning("no answer from %s: %s", url, type(error).__name__)
            return None


def _body(answer: requests.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _tokens(body: Mapping[str, Any], *, status: int, at: datetime) -> Tokens:
    if status != 200:
        raise _refusal(str(body.get("error", "")), status=status)
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise PlatformError("tokens_malformed", "the platform's answer holds no access token")
    has_refresh = isinstance(refresh, str) and bool(refresh)
    return Tokens(
        access_token=access,
        scopes=str(body.get("scope", "")),
        # Without expires_in the token is permanent, unless a refresh token came along: then it
        # ends for sure, and the documented hour is assumed rather than never renewing it.
        expires_at=_end(body.get("expires_in"), at=at, otherwise=_HOUR if has_refresh else None),
        refresh_token=refresh if has_refresh else None,
        refresh_expires_at=_end(body.get("refresh_token_expires_in"), at=at, otherwise=None),
    )


def _refusal(error: str, *, status: int) -> Exception:
    if error == "invalid_subject_token":
        return NotVerified(error, "the platform does not take this ID token")
    if error in _DEAD:
        return TokenRefused("grant_refused", "the platform grants this app no tokens any more")
    code = "client_refused" if error == "invalid_client" else "tokens_refused"
    return PlatformError(code, f"the token endpoint answered {status} {error[:80]!r}")


def _end(seconds: object, *, at: datetime, otherwise: int | None) -> datetime | None:
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 10**9:
        return at + timedelta(seconds=seconds)
    return None if otherwise is None else at + timedelta(seconds=otherwise)
