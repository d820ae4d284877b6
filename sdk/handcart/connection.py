"""How the app reaches the platform of each shop: one client and one HTTP session a shop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter

from .keys import Keyring
from .platform.port import Admin, Platform
from .platform.shopify.admin import ShopifyAdmin
from .platform.shopify.auth import Auth
from .platform.shopify.platform import ShopifyPlatform
from .settings import Settings
from .shops.grants import Grants
from .storage import Database

# Kept open to one shop; opened when needed, so an app of many shops pays for what it uses.
_CONNECTIONS = 16


class Connections:
    """Clients are made when first asked for and kept, so that each shop's bucket is known."""

    def __init__(
        self,
        settings: Settings,
        *,
        db: Database,
        keyring: Keyring,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._sessions: dict[str, requests.Session] = {"": new_session()}
        self._admins: dict[str, ShopifyAdmin] = {}
        auth = Auth(settings, self._sessions[""])
        self.grants = Grants(auth, db=db, keyring=keyring, clock=clock)

    def admin(self, shop: str) -> Admin:
        return self._admin(shop)

    def platform(self, shop: str) -> Platform:
        return ShopifyPlatform(self._admin(shop))

    def close(self) -> None:
        with self._lock:
            for session in self._sessions.values():
                session.close()

    def _admin(self, shop: str) -> ShopifyAdmin:
        """The same client whoever asks first, for it knows the shop's bucket."""
        with self._lock:
            if shop not in self._admins:
                self._sessions[shop] = new_session()
                self._admins[shop] = ShopifyAdmin(
                    shop,
                    self._settings.platform_for(shop),
                    token=lambda: self.grants.access_token(shop),
                    version=self._settings.api_version,
                    session=self._sessions[shop],
                    refused=lambda token: self.grants.refused(shop, token),
                )
            return self._admins[shop]


def new_session() -> requests.Session:
    """A session that many threads may use: connections for each, and no cookies between them."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
