"""Tokens that can be used now: granted, renewed in time, and by one process at a time.

Refresh tokens are spent by use, so two workers that renew at once would burn the chain: they take
turns (``turns.py``). The platform is asked outside any transaction, and the new pair is stored
before it is used. When the answer is lost the old refresh token is still stored, and presenting
it again is safe (shopify.dev, Offline access tokens).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ..crash import crash_point
from ..errors import NotInstalled, NotVerified, PlatformError, TokenRefused
from ..keys import Keyring
from ..storage import Database
from . import service, staff_tokens, store
from .model import Installation, Tokens
from .staff_tokens import StaffToken
from .turns import Turns


class TokenEndpoint(Protocol):
    """Where tokens come from; raises TokenRefused for good, PlatformError for now."""

    def exchange(self, shop: str, id_token: str, *, at: datetime) -> Tokens: ...

    def exchange_online(self, shop: str, id_token: str, *, at: datetime) -> StaffToken: ...

    def redeem(self, shop: str, code: str, *, at: datetime) -> Tokens: ...

    def refresh(self, shop: str, refresh_token: str, *, at: datetime) -> Tokens: ...

    def client_credentials(self, shop: str, *, at: datetime) -> Tokens: ...

    def make_expiring(self, shop: str, permanent: str, *, at: datetime) -> Tokens: ...


class Grants:
    """Access tokens of every shop, for every thread."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        *,
        db: Database,
        keyring: Keyring,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._db = db
        self._keyring = keyring
        self._clock = clock
        self._turns = Turns(db, clock=clock, sleep=sleep)

    def access_token(self, shop: str) -> str:
        """A token good for at least five minutes, or what is left of one that cannot be renewed
        now.

        Raises NotInstalled, TokenRefused (the merchant has to open the app again) or
        PlatformError (try later).
        """
        installation = self._live(shop)
        if not installation.is_fresh(self._clock()):
            installation = self._renewed(installation)
        return self._open(service.access_token_of, installation)

    def ensure(self, shop: str, id_token: str) -> None:
        """The shop is installed and has usable tokens; ``id_token`` is exchanged if it had none.

        Raises NotVerified when the platform refuses the ID token, PlatformError for the rest.
        """
        if self._is_usable(shop):
            return
        with self._turns.alone(shop):
            if not self._is_usable(shop):
                at = self._clock()
                self._install(shop, self._endpoint.exchange(shop, id_token, at=at), at=at)

    def redeem(self, shop: str, code: str) -> None:
        """The shop is installed with what ``code`` of the code grant brought.

        Raises TokenRefused when the code is spent, PlatformError for the rest.
        """
        with self._turns.alone(shop):
            at = self._clock()
            self._install(shop, self._endpoint.redeem(shop, code, at=at), at=at)

    def connect(self, shop: str) -> None:
        """The shop, of the organisation that owns the app, is installed by our own credentials.

        Raises PlatformError, for any other shop with the code ``tokens_refused``.
        """
        with self._turns.alone(shop):
            if not self._is_usable(shop):
                at = self._clock()
                self._install(shop, self._endpoint.client_credentials(shop, at=at), at=at)

    def make_expiring(self, shop: str) -> bool:
        """The shop has expiring tokens; False when it had them already.

        Safe to repeat after a lost answer, for seven days. Raises NotInstalled, TokenRefused
        when the platform does not know the old token, PlatformError for the rest.
        """
        with self._turns.alone(shop):
            was = self._live(shop)
            if not was.is_permanent:
                return False
            old, at = self._open(service.access_token_of, was), self._clock()
            try:
                tokens = self._endpoint.make_expiring(shop, old, at=at)
            except NotVerified as error:
                raise TokenRefused("token_dead", f"{shop} has to open the app again") from error
            with self._db.writing() as work:
                store.change(work, was, **service.sealed(shop, tokens, keyring=self._keyring))
            return True

    def staff_token(self, shop: str, user_id: int, id_token: str) -> str:
        """A token that acts as this member of staff, good for at least five minutes.

        ``id_token`` is theirs, verified, and exchanged when there is no such token. Raises
        NotInstalled, NotVerified when the platform refuses the ID token, PlatformError.
        """
        self._live(shop)
        if (known := self._staff_token(shop, user_id)) is not None:
            return known.access_token
        with self._turns.alone(shop):
            if (known := self._staff_token(shop, user_id)) is not None:
                return known.access_token
            token = self._endpoint.exchange_online(shop, id_token, at=self._clock())
            if token.user_id != user_id:
                raise NotVerified("user_not_of_token", "the platform's token is another person's")
            with self._db.writing() as work:
                staff_tokens.keep(work, shop, token, keyring=self._keyring)
            return token.access_token

    def refused(self, shop: str, access_token: str) -> None:
        """The platform refused this token: the next one asked for is a renewed one."""
        with self._db.writing() as work:
            was = store.find(work, shop)
            if was is not None and self._is(was, access_token):
                store.change(work, was, sealed_access=None, expires_at=self._clock())

    def _install(self, shop: str, tokens: Tokens, *, at: datetime) -> None:
        with self._db.writing() as work:
            service.install(work, shop, tokens=tokens, keyring=self._keyring, at=at)

    def _staff_token(self, shop: str, user_id: int) -> StaffToken | None:
        with self._db.reading() as view:
            return staff_tokens.find(view, shop, user_id, keyring=self._keyring, at=self._clock())

    def _live(self, shop: str) -> Installation:
        with self._db.reading() as view:
            return service.installation_of(view, shop)

    def _is_usable(self, shop: str) -> bool:
        try:
            installation = self._live(shop)
            if installation.is_valid(self._clock()):
                self._open(service.access_token_of, installation)
            elif installation.sealed_refresh is not None:
                self._open(service.refresh_token_of, installation)
            return installation.is_usable(self._clock())
        except (NotInstalled, TokenRefused):
            return False

    def _renewed(self, stale: Installation) -> Installation:
        """A renewed installation; ``stale`` itself while it is valid and cannot be renewed now."""
        still_valid = stale.is_valid(self._clock())
        try:
            with self._turns.alone(stale.shop, or_give_up=still_valid):
                return self._renew(self._live(stale.shop))
        except PlatformError:
            if still_valid:
                return stale
            raise

    def _renew(self, was: Installation) -> Installation:
        if was.is_fresh(self._clock()) or not was.can_renew(self._clock()):
            return self._valid(was)
        try:
            return self._next(was)
        except TokenRefused:
            self._forget_refresh_token(was)
            return self._valid(self._live(was.shop))

    def _next(self, was: Installation) -> Installation:
        """The installation with the next tokens, which are stored before anybody sees them."""
        tokens = self._ask(was)
        crash_point("token_renewed")
        with self._db.writing() as work:
            # False when the shop left or was installed anew meanwhile: then that is what counts.
            store.change(work, was, **service.sealed(was.shop, tokens, keyring=self._keyring))
        crash_point("token_stored")
        return self._live(was.shop)

    def _ask(self, was: Installation) -> Tokens:
        if was.renewed_by == "client_credentials":
            return self._endpoint.client_credentials(was.shop, at=self._clock())
        refresh_token = self._open(service.refresh_token_of, was)
        return self._endpoint.refresh(was.shop, refresh_token, at=self._clock())

    def _forget_refresh_token(self, was: Installation) -> None:
        with self._db.writing() as work:
            store.change(
                work,
                was,
                sealed_refresh=None,
                refresh_expires_at=None,
                renewed_by="refresh_token",
            )

    def _valid(self, installation: Installation) -> Installation:
        if not installation.is_valid(self._clock()):
            raise TokenRefused("token_dead", f"{installation.shop} has to open the app again")
        return installation

    def _open(self, read: Callable[..., str], installation: Installation) -> str:
        try:
            return read(installation, keyring=self._keyring)
        except NotVerified as error:
            raise TokenRefused("token_unreadable", "no key of ours opens the token") from error

    def _is(self, installation: Installation, access_token: str) -> bool:
        if installation.sealed_access is None:
            return False
        return self._open(service.access_token_of, installation) == access_token
