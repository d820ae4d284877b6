"""Tokens from the platform, by each of its grants.

All but one may be repeated: an ID token is good for a minute, a used refresh token stays usable
until its replacement is used, a permanent token gives the same pair for seven days
(shopify.dev, Offline access tokens). So lost answers are asked for again. The one is the code of
the code grant, which is good once: when its answer is lost the merchant has to begin anew.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests

from ...errors import BadInput, NotVerified, PlatformError, TokenRefused
from ...settings import Settings
from ...shops.model import Tokens
from ...shops.staff_tokens import StaffToken
from .retry import RetryPolicy, is_passing, retry_after
from .shop_domain import shop_domain

log = logging.getLogger(__name__)

TIMEOUTS = (3.05, 10.0)

# A renewal blocks whoever needs the token, so it gives up well before the lease on it ends.
_POLICY = RetryPolicy(tries=3, deadline=20.0, first=0.3, longest=3.0)

_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
_ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "requested_token_type": _OFFLINE,
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

    def exchange_online(self, shop: str, id_token: str, *, at: datetime) -> StaffToken:
        """A token that acts as the one member of staff whom the ID token speaks for.

        Raises as ``exchange`` does.
        """
        fields = {**_EXCHANGE, "requested_token_type": _ONLINE, "subject_token": id_token}
        del fields["expiring"]
        return _staff_token(self._asked(shop, fields), at=at)

    def make_expiring(self, shop: str, permanent: str, *, at: datetime) -> Tokens:
        """A pair in place of an access token of the old kind, which is dead from then on.

        Asked again within seven days the platform gives the same pair, so a lost answer loses
        nothing. Raises NotVerified when the platform does not know the token, PlatformError for
        the rest.
        """
        fields = {**_EXCHANGE, "subject_token": permanent, "subject_token_type": _OFFLINE}
        return self._grant(shop, fields, at=at)

    def client_credentials(self, shop: str, *, at: datetime) -> Tokens:
        """A token for a day, for a shop of the organisation that owns the app.

        Raises PlatformError, for any other shop with the code ``tokens_refused``.
        """
        tokens = self._grant(shop, {"grant_type": "client_credentials"}, at=at)
        return replace(tokens, renewed_by="client_credentials")

    def redeem(self, shop: str, code: str, *, at: datetime) -> Tokens:
        """Offline tokens for the code that the merchant's browser brought back.

        Raises TokenRefused when the code is spent or of another app, PlatformError for the rest.
        """
        return self._grant(shop, {"code": code, "expiring": "1"}, at=at)

    def _grant(self, shop: str, fields: Mapping[str, str], *, at: datetime) -> Tokens:
        return _tokens(self._asked(shop, fields), at=at)

    def _asked(self, shop: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
        """The body of a good answer; raises what ``_refusal`` says of any other."""
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
        body = _body(answer)
        if answer.status_code != 200:
            raise _refusal(str(body.get("error", "")), status=answer.status_code)
        return body

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


def _tokens(body: Mapping[str, Any], *, at: datetime) -> Tokens:
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


def _staff_token(body: Mapping[str, Any], *, at: datetime) -> StaffToken:
    user, access = body.get("associated_user"), body.get("access_token")
    user_id = user.get("id") if isinstance(user, dict) else None
    ends = _end(body.get("expires_in"), at=at, otherwise=None)
    if not (isinstance(access, str) and access and isinstance(user_id, int) and ends):
        raise PlatformError("tokens_malformed", "the platform's answer is no online token")
    return StaffToken(
        user_id=user_id,
        access_token=access,
        scopes=str(body.get("associated_user_scope", "")),
        expires_at=ends,
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
