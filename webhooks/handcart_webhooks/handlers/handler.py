"""What a handler is: parse, perhaps ask the platform, then change the rooms in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from handcart.delivery import Delivery
from handcart.platform.port import Platform
from handcart.storage import caused_by


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery, and what it says: parsed, and with what the platform was asked for."""

    delivery: Delivery
    says: Any

    @property
    def shop(self) -> str:
        return self.delivery.shop


@dataclass(frozen=True, slots=True)
class Effect:
    """The open transaction in which a delivery has its effect and is marked done."""

    work: Connection
    delivery: Delivery
    at: datetime

    @property
    def shop(self) -> str:
        return self.delivery.shop


Apply = Callable[[Connection, Sequence[Told], datetime], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """``parse`` the body (BadInput: to the dead letters), ``fetch`` what it left out, ``apply``.

    ``apply`` is told of many deliveries at once, each of another resource and of any shop, and
    all their effects share a commit. ``fetch`` runs before the transaction and its result is
    told in place of what was parsed. ``after_uninstall``: the topic has its effect on shops that
    have left, too. ``alone``: a delivery of it shares its commit with no other.
    ``erases_shop``: ``apply`` may erase the delivery itself along with all the rest.
    """

    topic: str
    parse: Callable[[bytes], Any]
    apply: Apply
    fetch: Callable[[Platform, Any], Any] | None = None
    after_uninstall: bool = False
    alone: bool = False
    erases_shop: bool = False


def each(apply: Callable[[Effect, Any], None]) -> Apply:
    """An ``Apply`` that is told of one delivery at a time."""

    def apply_all(work: Connection, told: Sequence[Told], at: datetime) -> None:
        for one in told:
            with caused_by(one.delivery.webhook_id):
                apply(Effect(work, one.delivery, at), one.says)

    return apply_all
