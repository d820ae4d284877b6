"""A shopper with the signed page of a pickup."""

from __future__ import annotations

import re
from html import unescape

from werkzeug.test import TestResponse

from handcart import Handcart
from handcart.pickups import PageLink, Pickup, sign_link
from tests.example_app.conftest import SHOP


class Shopper:
    """The page behind the signed link."""

    def __init__(self, app: Handcart, pickup: Pickup) -> None:
        self._browser = app.flask.test_client()
        self._address = "/pickup/" + sign_link(app.keyring, PageLink(SHOP, pickup.pickup_id, 1))

    def sees(self) -> str:
        return unescape(self._browser.get(self._address).text)

    def does(self, deed: str, **more: str) -> int:
        return self.posts(deed, **more).status_code

    def posts(self, deed: str, **more: str) -> TestResponse:
        form = re.search(r'name="form" value="([^"]+)"', self.sees())
        assert form is not None
        data = {"form": form[1], **more}
        return self._browser.post(f"{self._address}/deeds/{deed}", data=data)
