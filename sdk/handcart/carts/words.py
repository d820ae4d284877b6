"""What somebody wrote into a cart that is not theirs: a name to engrave, a greeting on a card.

Such words are the line's properties. Whoever wrote them may have them forgotten, and goods without
their words are other goods; so the line leaves the cart, and its history says only what it was of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from .cart import Cart
from .history import KEPT, Change, history, rewrite_lines
from .line import Line, item_from_json
from .saving import save
from .store import StoredCart
from .wishes import family

MEMBER = "member:"


def forget_words(
    work: Connection, shop: str, was: StoredCart, *, author: int, at: datetime
) -> StoredCart:
    """No line that this customer put in, with words, is in the cart; nor are the words anywhere.

    Lines without words stay, and so does a line that was there before they added to it.
    """
    changes = history(work, shop, was.cart_id, newest=KEPT)
    lines = {**was.saved.lines, **was.cart.lines}
    theirs = written(lines, was.added_by, changes, by=lambda who: who == author)
    if not theirs:
        return was
    left = replace(was, cart=_without(was.cart, theirs), saved=_without(was.saved, theirs))
    now = save(work, shop, left, was=was, by="member:0", at=at)
    for change in history(work, shop, was.cart_id, newest=KEPT):
        wordless = without_words(change.lines, theirs)
        if wordless != list(change.lines):
            rewrite_lines(work, shop, was.cart_id, change.version, wordless)
    return now


def written(
    lines: Mapping[str, Line],
    added_by: Mapping[str, Mapping[str, Any]],
    changes: Iterable[Change],
    *,
    by: Callable[[int], bool],
) -> set[str]:
    """The keys of lines with words that were not there until such a member put them in."""
    held = {key for key, who in added_by.items() if by(who["customer_id"])}
    told = {
        _key(line)
        for change in changes
        if change.by.startswith(MEMBER) and by(int(change.by.removeprefix(MEMBER)))
        for line in change.lines
        if line["properties"] and not line["before"]
    }
    return {key for key in held if key in lines and lines[key].item.properties} | told


def without_words(lines: Iterable[Mapping[str, Any]], keys: set[str]) -> list[dict[str, Any]]:
    """The lines as JSON; of those with these keys only what they are of."""
    return [{**line, "properties": {}} if _key(line) in keys else dict(line) for line in lines]


def _without(cart: Cart, keys: set[str]) -> Cart:
    for key in keys & set(cart.lines):
        for line in [*family(cart, key), cart.lines[key]]:
            cart = cart.remove(line.item.key, device="", knows=cart.seen)
    return cart


def _key(line: Mapping[str, Any]) -> str:
    return item_from_json(line).key
