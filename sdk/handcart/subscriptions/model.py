"""Subscriptions wanted and held, and what has to change. Pure.

Handcart's own are known by their name, which begins with ``handcart-`` and says the topic. Nothing
else on a shop is ever touched: a merchant's other tool, an older version of the app, a colleague
with a console may have made it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

PREFIX = "handcart-"
# Names are at most 50 letters, digits, - and _ (shopify.dev, Webhook subscriptions).
_LONGEST_NAME = 50

Kind = Literal["create", "update", "delete", "keep", "taken"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``topic`` as in ``orders/create``; ``uri`` is absolute."""

    topic: str
    uri: str
    filter: str = ""
    include_fields: tuple[str, ...] = ()
    format: str = "JSON"

    @property
    def name(self) -> str:
        """The same topic has the same name in every version of the app."""
        return (PREFIX + re.sub(r"[^a-z0-9_]", "-", self.topic))[:_LONGEST_NAME]


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription that the shop has; ``id`` is the platform's."""

    id: str
    name: str
    topic: str
    uri: str
    filter: str = ""
    include_fields: tuple[str, ...] = ()
    format: str = "JSON"

    @property
    def is_ours(self) -> bool:
        return self.name.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done about one subscription; ``why`` names what differs."""

    kind: Kind
    topic: str
    wanted: Wanted | None = None
    held: Held | None = None
    why: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        return self.kind in ("create", "update", "delete")


def plan(wanted: Iterable[Wanted], held: Sequence[Held]) -> tuple[Change, ...]:
    """What makes ``held`` as ``wanted``, by topic; nothing of others is in it but as ``taken``.

    ``taken``: somebody else's subscription sends the same topic to the same address, and the
    platform allows only one; it serves us as well.
    """
    ours = {one.name: one for one in held if one.is_ours}
    others = {(one.topic, one.uri, one.filter): one for one in held if not one.is_ours}
    changes = []
    for one in wanted:
        known = ours.pop(one.name, None)
        foreign = others.get((one.topic, one.uri, one.filter))
        if known is None and foreign is not None:
            changes.append(Change("taken", one.topic, one, foreign))
        elif known is None:
            changes.append(Change("create", one.topic, one))
        else:
            differences = _differences(one, known)
            kind: Kind = "update" if differences else "keep"
            changes.append(Change(kind, one.topic, one, known, differences))
    changes += [Change("delete", one.topic, held=one) for one in ours.values()]
    return tuple(sorted(changes, key=lambda change: (change.topic, change.kind)))


def _differences(wanted: Wanted, held: Held) -> tuple[str, ...]:
    """``uri: old → new`` and the like; the order of fields means nothing."""
    pairs = {
        "topic": (held.topic, wanted.topic),
        "uri": (held.uri, wanted.uri),
        "filter": (held.filter, wanted.filter),
        "include_fields": (
            ",".join(sorted(held.include_fields)),
            ",".join(sorted(wanted.include_fields)),
        ),
        "format": (held.format, wanted.format),
    }
    return tuple(
        f"{name}: {old or 'none'} → {new or 'none'}"
        for name, (old, new) in pairs.items()
        if old != new
    )
