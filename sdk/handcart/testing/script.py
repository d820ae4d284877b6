"""What ``handcart.js`` does to keep a platform cart in step, step for step the same, in Python."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

MARK = "_handcart"
_ROUNDS = 8


class AjaxCart(Protocol):
    """One platform cart behind its Ajax API; every write says whether the platform took it."""

    def read(self) -> Mapping[str, Any]: ...

    def update(
        self, updates: Mapping[str, int], attributes: Mapping[str, str], *, blank: bool = False
    ) -> bool:
        """Quantities by line key or variant, and attributes, in one call.

        ``blank``: the note and every discount code go, too.
        """
        ...

    def change(self, key: str, quantity: int) -> bool: ...

    def add(self, line: Mapping[str, Any]) -> bool: ...

    def is_gone(self, variant_id: int) -> bool:
        """Whether the shop refused this variant because it does not know it any more."""
        ...


def wall_milliseconds() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class CartScript:
    """``post`` sends a report and returns the answer, or None when it did not arrive.

    ``storage`` is what the browser keeps of us; ``again`` when to ask again, in seconds;
    ``answer`` the last answer that counted, ``prices`` every new price of the last ``sync()``, and
    ``bought`` what it took out because another device had paid for it.
    """

    cart: AjaxCart
    post: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
    storage: dict[str, Any] = field(default_factory=dict)
    now: Callable[[], int] = wall_milliseconds
    again: float | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    prices: list[Mapping[str, Any]] = field(default_factory=list)
    bought: list[Mapping[str, Any]] = field(default_factory=list)

    def sync(self, *wishes: Mapping[str, str]) -> bool:
        """Report and write until the platform cart holds what it should; False when cut off.

        ``wishes`` (``{"do": "later", "about": KEY}``) go with the first report that counts.
        """
        refused: Sequence[Mapping[str, Any]] = ()
        self.prices, self.bought = [], []
        for _ in range(_ROUNDS):
            report, cart = self.report(refused, wishes)
            refused = ()
            answer = self.post(report)
            if answer is None:
                return False
            if self.heed(answer):
                continue
            wishes = ()
            self.answer = answer
            self.prices += answer["prices"]
            self.bought += [one for one in answer["bought"] if one not in self.bought]
            if not _has_writes(answer):
                return True
            if not _same(cart, self.cart.read()):
                continue
            refused = self.write(cart, answer)
        return False

    def report(
        self,
        refused: Sequence[Mapping[str, Any]] = (),
        wishes: Sequence[Mapping[str, str]] = (),
    ) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """What to send, and the cart it was made from."""
        read_at = max(self.now(), self.storage.get("read_at", 0) + 1)
        self.storage["read_at"] = read_at
        cart = self.cart.read()
        report = {
            "token": cart["token"],
            "lines": [_shown(item, cart["items"]) for item in cart["items"]],
            "currency": cart.get("currency") or "",
            "mark": cart["attributes"].get(MARK) or "",
            "read_at": read_at,
            "device": self.storage.get("device"),
            "refused": list(refused),
            "wishes": list(wishes),
        }
        return report, cart

    def heed(self, answer: Mapping[str, Any]) -> bool:
        """Keep what the answer says to keep; True when the cart has to be read anew."""
        if answer["cleared"]:
            self.storage.clear()
            self.clear(answer["version"])
        if answer["device"]:
            self.storage["device"] = answer["device"]
        if answer["read_at"] >= self.storage.get("read_at", 0):
            self.storage["read_at"] = answer["read_at"]
        self.again = answer["again"]
        return bool(answer["cleared"] or answer["stale"])

    def clear(self, version: int) -> None:
        """Nothing of the last user is left in the platform cart."""
        cart = self.cart.read()
        gone = dict.fromkeys(cart["attributes"], "")
        nothing = {item["key"]: 0 for item in cart["items"]}
        self.cart.update(nothing, {**gone, MARK: str(version)}, blank=True)

    def write(
        self, cart: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Do the answer's writes; the lines that the platform refused.

        What one call can do carries the mark; while the rest is on its way the mark says so.
        """
        updates, rest = _one_call(cart, answer["write"])
        version = str(answer["version"])
        if self.cart.update(updates, {MARK: version if not rest else version + "~"}):
            refused = self._write_rest(rest)
        else:
            self.cart.update({}, {MARK: version + "~"})
            refused = self._write_singly(cart, answer["write"])
            rest = [*rest, {}]
        if rest and not refused:
            self.cart.update({}, {MARK: version})
        return refused

    def _write_singly(
        self, cart: Mapping[str, Any], write: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        refused: list[Mapping[str, Any]] = []
        for change in write["set"]:
            item = cart["items"][change["index"]]
            if not self.cart.change(item["key"], change["quantity"]):
                refused.append(self._refused(_line(item)))
        return refused + self._write_rest(write["add"])

    def _write_rest(self, lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [self._refused(line) for line in lines if not self.cart.add(line)]

    def _refused(self, line: Mapping[str, Any]) -> dict[str, Any]:
        return {**line, "gone": self.cart.is_gone(line["variant_id"])}


def _one_call(
    cart: Mapping[str, Any], write: Mapping[str, Any]
) -> tuple[dict[str, int], list[Mapping[str, Any]]]:
    """What ``/cart/update.js`` can do at once, and the lines that need ``/cart/add.js``."""
    there = {item["variant_id"] for item in cart["items"]}
    updates = {cart["items"][c["index"]]["key"]: c["quantity"] for c in write["set"]}
    rest = []
    for line in write["add"]:
        special = line["properties"] or line["selling_plan"] or line.get("parent_id")
        if special or line["variant_id"] in there:
            rest.append(line)
        else:
            updates[str(line["variant_id"])] = line["quantity"]
    return updates, rest


def _has_writes(answer: Mapping[str, Any]) -> bool:
    return bool(answer["write"]["set"] or answer["write"]["add"])


def _line(item: Mapping[str, Any]) -> dict[str, Any]:
    plan = (item.get("selling_plan_allocation") or {}).get("selling_plan") or {}
    return {
        "variant_id": item["variant_id"],
        "quantity": item["quantity"],
        "properties": item.get("properties") or {},
        "selling_plan": plan.get("id"),
    }


def _shown(item: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A line as it is reported: with its looks, and the place of the line that it is nested in."""
    line = _line(item)
    looks = {
        "title": item.get("title"),
        "price": item.get("original_price"),
        "url": item.get("url"),
        "image": item.get("image"),
    }
    line |= {name: value for name, value in looks.items() if value is not None}
    parent = (item.get("parent_relationship") or {}).get("parent_key")
    places = [place for place, other in enumerate(items) if parent and other["key"] == parent]
    return {**line, "parent": places[0]} if places else line


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether nobody touched the platform cart between two reads."""
    return _content(one) == _content(other)


def _content(cart: Mapping[str, Any]) -> str:
    lines = [[item["key"], item["quantity"]] for item in cart["items"]]
    return json.dumps([cart["token"], cart["attributes"].get(MARK), lines])
