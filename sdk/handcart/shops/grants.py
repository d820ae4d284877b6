"""Tokens that can be used now: exchanged, renewed in time, and by one process at a time.

Refresh tokens are spent by use, so two workers that renew at once would burn the chain. A lock
keeps the threads of this process apart, a lease in the database the processes; whoever had to
wait looks again before asking. The platform is asked outside any transaction, and the new pair is
stored before it is used. When the answer is lost the old refresh token is still stored, and
presenting it again is safe (shopify.dev, Offline access tokens).
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from ..crash import crash_point
from ..errors import NotInstalled, NotVerified, PlatformError, TokenRefused
from ..keys import Keyring
from ..storage import Database
from . import service, store
from .model import Installation, Tokens

_POLL = 0.1
_LONGEST_WAIT = 15.0


class TokenEndpoint(Protocol):
    """Where tokens come from; raises TokenRefused for good, PlatformError for now."""

    def exchange(self, shop: str, id_token: str, *, at: datetime) -> Tokens: ...

    def refresh(self, shop: str, refresh_token: str, *, at: datetime) -> Tokens: ...


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
        self._sleep = sleep
        self._locks: dict[str, threading.Lock] = {}

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
        with self._alone(shop, or_give_up=False):
            if self._is_usable(shop):
                return
            at = self._clock()
            tokens = self._endpoint.exchange(shop, id_token, at=at)
            with self._db.writing() as work:
                service.install(work, shop, tokens=tokens, keyring=self._keyring, at=at)

    def refused(self, shop: str, access_token: str) -> None:
        """The platform refused this token: the next one asked for is a renewed one."""
        with self._db.writing() as work:
            was = store.find(work, shop)
            if was is not None and self._is(was, access_token):
                store.change(work, was, sealed_access=None, expires_at=self._clock())

    def _live(self, shop: str) -> Installation:
        with self._db.reading() as view:
            return service.installation_of(view, shop)

    def _is_usable(self, shop: str) -> bool:
        try:
            installation = self._live(shop)
            if installation.is_valid(self._clock()):
                self._open(service.access_token_of, installation)
            elif installation.can_refresh(self._clock()):
                self._open(service.refresh_token_of, installation)
            return installation.is_usable(self._clock())
        except (NotInstalled, TokenRefused):
            return False

    def _renewed(self, stale: Installation) -> Installation:
        """A renewed installation; ``stale`` itself while it is valid and cannot be renewed now."""
        still_valid = stale.is_valid(self._clock())
        try:
            with self._alone(stale.shop, or_give_up=still_valid):
                return self._renew(self._live(stale.shop))
        except PlatformError:
            if still_valid:
                return stale
            raise

    def _renew(self, was: Installation) -> Installation:
        if was.is_fresh(self._clock()) or not was.can_refresh(self._clock()):
            return self._valid(was)
        try:
            return self._refresh(was)
        except TokenRefused:
            self._forget_refresh_token(was)
            return self._valid(self._live(was.shop))

    def _refresh(self, was: Installation) -> Installation:
        refresh_token = self._open(service.refresh_token_of, was)
        tokens = self._endpoint.refresh(was.shop, refresh_token, at=self._clock())
        crash_point("token_renewed")
        with self._db.writing() as work:
            # False when the shop left or was installed anew meanwhile: then that is what counts.
            store.change(work, was, **service.sealed(was.shop, tokens, keyring=self._keyring))
        crash_point("token_stored")
        return self._live(was.shop)

    def _forget_refresh_token(self, was: Installation) -> None:
        with self._db.writing() as work:
            store.change(work, was, sealed_refresh=None, refresh_expires_at=None)

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

    @contextmanager
    def _alone(self, shop: str, *, or_give_up: bool) -> Iterator[None]:
        """Nobody else asks for this shop's tokens inside the block, in any process.

        Waits for whoever does, or raises PlatformError at once when asked to give up.
        """
        lock = self._locks.setdefault(shop, threading.Lock())
        if not lock.acquire(timeout=0 if or_give_up else _LONGEST_WAIT):
            raise _busy(shop)
        try:
            with self._lease(shop, tries=1 if or_give_up else int(_LONGEST_WAIT / _POLL)):
                yield
        finally:
            lock.release()

    @contextmanager
    def _lease(self, shop: str, *, tries: int) -> Iterator[None]:
        holder = uuid.uuid4().hex
        while not self._take_lease(shop, holder):
            if (tries := tries - 1) <= 0:
                raise _busy(shop)
            self._sleep(_POLL)
        try:
            yield
        finally:
            with self._db.writing() as work:
                store.drop_lease(work, shop, holder=holder)

    def _take_lease(self, shop: str, holder: str) -> bool:
        with self._db.writing() as work:
            return store.take_lease(work, shop, holder=holder, at=self._clock())


def _busy(shop: str) -> PlatformError:
    return PlatformError("tokens_busy", f"somebody else is renewing the tokens of {shop}")
