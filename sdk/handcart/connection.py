"""How the app reaches the platform of each shop: one client a shop, one HTTP session for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import requests

from .keys import Keyring
from .platform.port import Admin, Platform
from .platform.shopify.admin import ShopifyAdmin
from .platform.shopify.auth import Auth
from .platform.shopify.platform import ShopifyPlatform
from .settings import Settings
from .shops.grants import Grants
from .storage import Database


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
        self._session = requests.Session()
        self._admins: dict[str, ShopifyAdmin] = {}
        auth = Auth(settings, self._session)
        self.grants = Grants(auth, db=db, keyring=keyring, clock=clock)

    def admin(self, shop: str) -> Admin:
        return self._admin(shop)

    def platform(self, shop: str) -> Platform:
        return ShopifyPlatform(self._admin(shop))

    def close(self) -> None:
        self._session.close()

    def _admin(self, shop: str) -> ShopifyAdmin:
        if shop not in self._admins:
            self._admins[shop] = ShopifyAdmin(
                shop,
                self._settings.platform_for(shop),
                token=lambda: self.grants.access_token(shop),
                version=self._settings.api_version,
                session=self._session,
                refused=lambda token: self.grants.refused(shop, token),
            )
        return self._admins[shop]
