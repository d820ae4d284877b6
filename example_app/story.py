"""The main job, step by step: a cart from phone to laptop, an order to the counter."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, TypeVar

import requests

from handcart.testing import Storefront

_PATIENCE = 15.0
_FRAME = re.compile(r'<iframe[^>]*\ssrc="([^"]+)"')
_PICKUP = re.compile(r'id="pickup-([^"]+)"')
_CODE = re.compile(r'class="code"[^>]*><span>(\w+)</span><span>(\w+)</span>')

Seen = TypeVar("Seen")


class StoryFailed(Exception):
    """A step did not see what it should have seen."""


class Story:
    """Plays a merchant, a shopper with two devices, staff and a till, all over HTTP."""

    EMAIL = "mira@example.com"

    def __init__(self, shop: str, app: str) -> None:
        self._shop, self._app = shop, app
        self._http = requests.Session()
        self._phone, self._laptop = Storefront(shop), Storefront(shop)

    def __enter__(self) -> Story:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in (self._http, self._phone, self._laptop):
            one.close()

    def steps(self) -> Iterator[str]:
        """Do each step, and say what was seen of it."""
        self._look_around()
        yield self._install()
        yield self._fill_on_the_phone()
        yield self._find_on_the_laptop()
        yield self._remove_on_the_laptop()
        yield self._order_for_pickup()
        yield self._mark_ready()
        yield self._read_the_code()
        yield self._refuse_a_wrong_code()
        yield self._hand_over()
        yield self._sell_at_the_till()

    def _look_around(self) -> None:
        state = self._get(f"{self._shop}/_local/state")
        self._store = state["locations"][0]
        self._first, self._second = self._plenty(state)

    def _plenty(self, state: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Two variants of which the store has enough for the story."""
        store = str(self._store["id"])
        enough = [each for each in state["stock"] if each["available"].get(store, 0) >= 4]
        _expect(len(enough) >= 2, "the store has too little to sell")
        return enough[0], enough[1]

    def _install(self) -> str:
        self._http.post(f"{self._shop}/admin/install", timeout=_PATIENCE).raise_for_status()
        admin = self._http.get(f"{self._shop}/admin/apps/handcart", timeout=_PATIENCE)
        frame = _FRAME.search(admin.text)
        _expect(frame is not None, "the admin shows no frame")
        page = self._http.get(html.unescape(frame[1] if frame else ""), timeout=_PATIENCE)
        _expect(page.status_code == 200, f"the app's home answers {page.status_code}")
        self._eventually(
            lambda: self._online_stock() is not None, "the stock never came to the app"
        )
        return "The merchant installs the app; it exchanges its token and mirrors the stock."

    def _fill_on_the_phone(self) -> str:
        self._phone.add(self._first["variant_id"], 2)
        self._phone.add(self._second["variant_id"], 1)
        self._phone.sign_in(self.EMAIL, "tea")
        held = self._phone.cart()
        _expect(held == self._cart(2, 1), f"the phone holds {held}")
        return f"The phone adds 2 × {self._first['title']} and 1 × {self._second['title']}."

    def _find_on_the_laptop(self) -> str:
        _expect(self._laptop.cart() == {}, "the laptop's cart was not empty before")
        self._laptop.sign_in(self.EMAIL, "tea")
        held = self._laptop.cart()
        _expect(held == self._cart(2, 1), f"the laptop holds {held}")
        return "The laptop signs in and holds the same three."

    def _remove_on_the_laptop(self) -> str:
        self._laptop.set(self._second["variant_id"], 0)
        self._phone.sync()
        held = self._phone.cart()
        _expect(held == self._cart(2, 0), f"the phone holds {held}")
        return f"The laptop removes {self._second['title']}; it is gone from the phone, too."

    def _order_for_pickup(self) -> str:
        self._token = self._laptop.buy_for_pickup(self._store["id"])
        self._pickup_id = self._eventually(
            lambda: _PICKUP.search(self._counter().text), "the order never reached the counter"
        )[1]
        self._phone.sync()
        _expect(self._phone.cart() == {}, "the phone still offers what was bought")
        return f"The laptop orders for pickup at {self._store['name']}; the counter shows it."

    def _mark_ready(self) -> str:
        answer = self._act("preparation")
        _expect(answer.ok, f"marking it ready answers {answer.status_code}")
        self._eventually(self._is_prepared, "the platform was never told")
        return "Staff mark it ready; the platform is told, and mails the shopper."

    def _read_the_code(self) -> str:
        self._link = self._laptop.ask("pickup", order=self._token)["url"]
        page = self._http.get(self._link, timeout=_PATIENCE)
        found = _CODE.search(page.text)
        _expect(found is not None, "the shopper's page shows no code")
        self._code = "".join(found.groups()) if found else ""
        return f"The shopper's page shows the place, the hours and the code {self._code}."

    def _refuse_a_wrong_code(self) -> str:
        answer = self._act("collection", code="00000000")
        _expect(answer.status_code == 403, f"a wrong code is answered {answer.status_code}")
        return "Another code is refused."

    def _hand_over(self) -> str:
        answer = self._act("collection", code=self._code)
        _expect(answer.ok, f"handing over answers {answer.status_code}")
        self._eventually(
            lambda: self._order()["fulfillment_status"] == "fulfilled",
            "the order was never fulfilled",
        )
        return "The code opens the order; it is handed over and fulfilled on the platform."

    def _sell_at_the_till(self) -> str:
        before = self._online_stock() or 0
        sale = {
            "location_id": self._store["id"],
            "pin": self._state()["staff"][0]["pin"],
            "lines": [{"variant_id": self._first["variant_id"], "quantity": 1}],
        }
        sold = self._http.post(f"{self._shop}/pos/sales", json=sale, timeout=_PATIENCE)
        _expect(sold.status_code == 201, f"the till answers {sold.status_code}")
        self._eventually(
            lambda: self._online_stock() == before - 1, "the sale never lowered the stock online"
        )
        return f"The till sells one; the stock shown online goes from {before} to {before - 1}."

    def _cart(self, first: int, second: int) -> dict[int, int]:
        wanted = {self._first["variant_id"]: first, self._second["variant_id"]: second}
        return {variant: quantity for variant, quantity in wanted.items() if quantity}

    def _counter(self) -> requests.Response:
        return self._http.get(
            f"{self._app}/counter",
            params={"store": self._store["id"]},
            headers=self._staff(),
            timeout=_PATIENCE,
        )

    def _act(self, what: str, **form: str) -> requests.Response:
        """A tap at the counter, as htmx sends it."""
        return self._http.post(
            f"{self._app}/counter/pickups/{self._pickup_id}/{what}",
            data=form,
            headers={**self._staff(), "HX-Request": "true"},
            timeout=_PATIENCE,
        )

    def _staff(self) -> dict[str, str]:
        """An ID token of whoever is signed in to the admin, as App Bridge adds it."""
        answer = self._http.post(f"{self._shop}/admin/id-token", timeout=_PATIENCE)
        return {"Authorization": f"Bearer {answer.json()['id_token']}"}

    def _online_stock(self) -> int | None:
        """What the product page says the store has of the first variant."""
        answer = self._phone.ask("stock", variant=self._first["variant_id"])
        for place in answer["locations"]:
            if place["location_id"] == self._store["id"]:
                available: int = place["available"]
                return available
        return None

    def _is_prepared(self) -> bool:
        return any(part["prepared"] for part in self._order()["fulfillment_orders"])

    def _order(self) -> Any:
        return next(one for one in self._state()["orders"] if one["token"] == self._token)

    def _state(self) -> Any:
        return self._get(f"{self._shop}/_local/state")

    def _get(self, url: str) -> Any:
        answer = self._http.get(url, timeout=_PATIENCE)
        answer.raise_for_status()
        return answer.json()

    def _eventually(self, look: Callable[[], Seen | None], otherwise: str) -> Seen:
        """What ``look()`` finds, as soon as it finds something."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.1)
        raise StoryFailed(otherwise)


def _expect(seen: bool, otherwise: str) -> None:
    if not seen:
        raise StoryFailed(otherwise)
