"""A shopper's browser over real HTTP: the shop's pages and what ``handcart.js`` does there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests

from .script import CartScript, wall_milliseconds

_SECONDS = 15
_REFUSED = (404, 422)


class AjaxCartClient:
    """The Ajax Cart API of one shop, as this session sees it."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self._url = url
        self._session = session
        self._gone: set[int] = set()

    def read(self) -> Mapping[str, Any]:
        response = self._session.get(f"{self._url}/cart.js", timeout=_SECONDS)
        response.raise_for_status()
        cart: Mapping[str, Any] = response.json()
        return cart

    def update(
        self, updates: Mapping[str, int], attributes: Mapping[str, str], *, blank: bool = False
    ) -> bool:
        body: dict[str, Any] = {"updates": dict(updates), "attributes": dict(attributes)}
        if blank:
            body |= {"note": "", "discount": ""}
        return self._post("update", body)

    def change(self, key: str, quantity: int) -> bool:
        return self._post("change", {"id": key, "quantity": quantity})

    def add(self, line: Mapping[str, Any]) -> bool:
        item = {"id": line["variant_id"], "quantity": line["quantity"]}
        item |= {"properties": dict(line.get("properties") or {})}
        if line.get("selling_plan"):
            item["selling_plan"] = line["selling_plan"]
        if line.get("parent_id"):
            item["parent_id"] = line["parent_id"]
        return self._post("add", {"items": [item]}, about=line["variant_id"])

    def is_gone(self, variant_id: int) -> bool:
        return variant_id in self._gone

    def _post(self, call: str, body: Mapping[str, Any], *, about: int = 0) -> bool:
        response = self._session.post(f"{self._url}/cart/{call}.js", json=body, timeout=_SECONDS)
        self._gone.discard(about)
        if response.status_code == 404:
            self._gone.add(about)
        if response.status_code in _REFUSED:
            return False
        response.raise_for_status()
        return True


class Storefront:
    """One browser with its own cookies at the shop ``url``; use it in a ``with`` or ``close()`` it.

    Every visit that a page's script would follow up ends with a ``sync()``.
    """

    def __init__(
        self,
        url: str,
        *,
        proxy: str = "/apps/handcart",
        now: Callable[[], int] = wall_milliseconds,
    ) -> None:
        self.url = url.rstrip("/")
        self.proxy = proxy
        self.session = requests.Session()
        self.script = CartScript(AjaxCartClient(self.url, self.session), self._report, now=now)
        self._email = ""

    def __enter__(self) -> Storefront:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.session.close()

    def add(
        self, variant_id: int, quantity: int = 1, properties: Mapping[str, str] | None = None
    ) -> bool:
        """Click "add to cart"; False when the shop refuses (sold out)."""
        line = {"variant_id": variant_id, "quantity": quantity, "properties": properties}
        added = self.script.cart.add(line)
        self.sync()
        return added

    def set(self, variant_id: int, quantity: int) -> bool:
        """Change the quantity on the cart page; 0 removes the line."""
        changed = self.script.cart.change(str(variant_id), quantity)
        self.sync()
        return changed

    def sign_in(self, email: str, password: str) -> None:
        """Raises requests.HTTPError for a wrong password."""
        form = {"email": email, "password": password, "return_url": "/"}
        self._send("/account/login", form)
        self._email = email
        self.sync()

    def sign_out(self) -> None:
        self._get("/account/logout")
        self.sync()

    def sync(self) -> bool:
        """Do what the script does when a page is shown; False when the app could not be reached."""
        return self.script.sync()

    def cart(self) -> dict[int, int]:
        """Variant to quantity, as the platform shows this browser's cart right now."""
        totals: dict[int, int] = {}
        for item in self.script.cart.read()["items"]:
            variant = item["variant_id"]
            totals[variant] = totals.get(variant, 0) + item["quantity"]
        return totals

    def buy_for_pickup(self, location_id: int, *, email: str = "") -> str:
        """Check out with pickup at a store and return the order's token.

        Raises ValueError with the page's text when the shop does not take the order.
        """
        token = self.script.cart.read()["token"].partition("?key=")[0]
        form = {
            "checkout": token,
            "email": email or self._email or "shopper@example.com",
            "delivery": "pickup",
            "location": str(location_id),
        }
        path = urlsplit(self._send("/checkout", form).url).path
        if not path.startswith("/orders/"):
            raise ValueError(f"the order was not taken; the shop shows {path}")
        self.sync()
        return path.removeprefix("/orders/")

    def ask(self, path: str, **params: str | int) -> Any:
        """GET a door of the app through the shop (``stock``, ``pickup``) and return its JSON."""
        return self._get(f"{self.proxy}/{path}", params=params).json()

    def _report(self, report: Mapping[str, Any]) -> Mapping[str, Any] | None:
        try:
            response = self.session.post(
                f"{self.url}{self.proxy}/cart", json=report, timeout=_SECONDS
            )
            response.raise_for_status()
            answer: Mapping[str, Any] = response.json()
        except requests.RequestException:
            return None
        return answer

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> requests.Response:
        response = self.session.get(f"{self.url}{path}", params=params, timeout=_SECONDS)
        response.raise_for_status()
        return response

    def _send(self, path: str, form: Mapping[str, str]) -> requests.Response:
        response = self.session.post(f"{self.url}{path}", data=dict(form), timeout=_SECONDS)
        response.raise_for_status()
        return response
