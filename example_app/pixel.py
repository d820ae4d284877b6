"""The sample app counts on the web, in shops whose merchant agrees to it."""

from __future__ import annotations

from handcart import Admin, Handcart, Shop
from handcart.events import ScopesChanged, ShopInstalled
from handcart.funnel import pixel
from handcart.shops.service import scopes_of
from handcart.web.pixel import PATH


class WebCounts:
    """Keeps the pixel of every shop that grants what it takes."""

    def __init__(self, app: Handcart) -> None:
        self._app = app

    def register(self) -> None:
        self._app.on(ShopInstalled)(self.installed)
        self._app.on(ScopesChanged)(self.agreed)
        self._app.job(daily="04:20")(self.every_day)

    def installed(self, fact: ShopInstalled, shop: Shop, admin: Admin) -> None:
        self._keep(shop, admin)

    def agreed(self, fact: ScopesChanged, shop: Shop, admin: Admin) -> None:
        self._keep(shop, admin)

    def every_day(self, shop: Shop, admin: Admin) -> None:
        """A ticket outlives its secret by a day, and an app that moved is found by its pixels."""
        self._keep(shop, admin)

    def _keep(self, shop: Shop, admin: Admin) -> None:
        app = self._app
        with app.db.reading() as view:
            granted = scopes_of(view, shop.domain)
        if granted >= pixel.SCOPES:
            endpoint = app.settings.app_url + PATH
            pixel.keep(admin, shop=shop.domain, endpoint=endpoint, keyring=app.keyring)
