"""Collecting in a store, as the checkout asks the app for it: what is promised, and keeping it.

On the platform that is the part of an extension of the checkout. An app that has no such doors, or
is away, takes nothing from the checkout: it then shows what the platform itself knows. The app is
asked while nobody holds the world's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from ..world import Cart
from .carts import shown_token
from .proxy import ask_app

# What the storefront script writes into the cart: `31`, or `31@2026-11-23T10:00:00+00:00`.
ATTRIBUTE = "_handcart_pickup"
_PROBLEMS = {
    "slot_full": "This time has just been taken. Choose another.",
    "slot_unknown": "The store has no such time any more. Choose another.",
    "stock_short": "The store does not have all of it any more. Choose another.",
}
_NOT_KEPT = "This time cannot be kept for you now. Choose as soon as it is ready."
# Of a shop that keeps nothing, and of a browser that the app must not know.
_NO_MATTER = {"holds_off", "report_first"}


@dataclass(frozen=True, slots=True)
class Slot:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What the app says of one store: when it is ready, and in which slots it can be collected."""

    ready: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """The store and the slot that are wanted; either may be empty."""

    location: str = ""
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """What is about to be paid for, as the app is told of it."""

    token: str
    lines: tuple[Mapping[str, int], ...] = field(default=())


def basket_of(cart: Cart) -> Basket:
    lines = tuple({"variant_id": line.variant_id, "quantity": line.quantity} for line in cart.lines)
    return Basket(shown_token(cart), lines)


def wish_of(cart: Cart) -> Wish:
    """What was chosen before the checkout."""
    location, _, slot = str(cart.attributes.get(ATTRIBUTE, "")).partition("@")
    return Wish(location, slot) if location.isdigit() else Wish()


def promises(basket: Basket) -> dict[int, Promise]:
    """Location to promise; nothing when the app says nothing."""
    answer = ask_app("stores", {"lines": basket.lines, "cart": basket.token})
    if answer is None or answer[0] != HTTPStatus.OK or not isinstance(answer[1], dict):
        return {}
    return {
        one["location_id"]: _promise(one)
        for one in answer[1].get("stores", ())
        if one.get("earliest")
    }


def keep(basket: Basket, wish: Wish) -> str:
    """Goods and slot are kept for this cart, both or neither; else what to tell the shopper."""
    if not wish.location.isdigit():
        return ""
    asked: dict[str, Any] = {
        "cart": basket.token,
        "location_id": int(wish.location),
        "slot": wish.slot or None,
        "lines": basket.lines,
    }
    answer = ask_app("reservation", asked)
    if answer is not None and answer[0] == HTTPStatus.OK:
        return ""
    code = _code(answer[1]) if answer else ""
    if code in _PROBLEMS:
        return _PROBLEMS[code]
    return _NOT_KEPT if wish.slot and (answer is None or code in _NO_MATTER) else ""


def let_go(basket: Basket) -> None:
    """The shopper wants it sent instead."""
    ask_app("reservation/end", {"cart": basket.token})


def _code(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    return str(error.get("code")) if isinstance(error, dict) else ""


def _promise(one: Mapping[str, Any]) -> Promise:
    zone = ZoneInfo(one["zone"])
    slots = (Slot(slot["at"], _label(slot["at"], zone)) for slot in one["slots"])
    return Promise(f"Ready from {_label(one['earliest']['at'], zone)}", tuple(slots))


def _label(moment: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%a %-d %b, %H:%M}"
