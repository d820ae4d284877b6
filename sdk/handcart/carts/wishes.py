"""What a shopper asks of a cart beside its lines: keep this for later, bring that back, undo.

Every wish may come twice: what is done already is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .cart import Cart
from .line import Line

if TYPE_CHECKING:
    from .store import StoredCart

Verb = Literal["later", "back", "drop", "undo", "adopt"]


@dataclass(frozen=True, slots=True)
class Wish:
    """``about`` is a line key; for ``undo`` and ``adopt`` the id of a guest's cart."""

    do: Verb
    about: str


def fulfilled(kept: StoredCart, wish: Wish, *, device: str, at: datetime) -> StoredCart:
    """The cart and its list after one wish about a line, with whatever is nested under it."""
    cart, saved = kept.cart, kept.saved
    if wish.do == "later":
        cart, saved = _moved(cart, saved, wish.about, device=device, at=at)
    elif wish.do == "back":
        saved, cart = _moved(saved, cart, wish.about, device=device, at=at)
    elif wish.do == "drop":
        for line in family(saved, wish.about):
            saved = saved.remove(line.item.key, device=device, knows=saved.seen)
    return replace(kept, cart=cart, saved=saved)


def _moved(source: Cart, target: Cart, key: str, *, device: str, at: datetime) -> tuple[Cart, Cart]:
    for line in family(source, key):
        source = source.remove(line.item.key, device=device, knows=source.seen)
        target = target.add(line.item, line.quantity, device=device, at=at)
    return source, target


def family(cart: Cart, key: str) -> list[Line]:
    """The line and those that hang on it, however deep; none when it does not show."""
    shown = {line.item.key: line for line in cart.shown()}
    found = [shown.pop(key)] if key in shown else []
    for parent in found:
        below = [line for line in shown.values() if line.item.parent == parent.item.key]
        found += [shown.pop(line.item.key) for line in below]
    return found
