"""What a handler is: parse, perhaps ask the platform, then change the rooms in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from handcart.delivery import Delivery
from handcart.platform.port import Platform


@dataclass(frozen=True, slots=True)
class Effect:
    """The open transaction in which a delivery has its effect and is marked done."""

    work: Connection
    delivery: Delivery
    at: datetime

    @property
    def shop(self) -> str:
        return self.delivery.shop


@dataclass(frozen=True, slots=True)
class Handler:
    """``parse`` the body (BadInput: to the dead letters), ``fetch`` what it left out, ``apply``.

    ``fetch`` runs before the transaction and its result goes to ``apply`` in place of what was
    parsed. ``after_uninstall``: the topic has its effect on shops that have left, too.
    ``erases_shop``: ``apply`` may erase the delivery itself along with all the rest.
    """

    topic: str
    parse: Callable[[bytes], Any]
    apply: Callable[[Effect, Any], None]
    fetch: Callable[[Platform, Any], Any] | None = None
    after_uninstall: bool = False
    erases_shop: bool = False
