"""Who may listen to which cart, and what is told of one: that it has a new version, no more.

A ticket names a cart of a shop and is signed; it opens nothing but the numbers of its versions.
"""

from __future__ import annotations

from dataclasses import dataclass

from itsdangerous import BadData
from sqlalchemy import Connection, select

from ..keys import Keyring
from .store import carts

# Longer than a page is looked at without a report; each report brings a fresh one.
TICKET_SECONDS = 3600
_PURPOSE = "live cart"
_CART = "cart"


@dataclass(frozen=True, slots=True)
class Channel:
    """The news of one cart."""

    shop: str
    cart_id: str


def cart_news(shop: str, cart_id: str, version: int) -> str:
    """What is told after the commit of a new version."""
    return f"{_CART} {shop} {cart_id} {version}"


def read_news(news: str) -> tuple[Channel, int] | None:
    """Which cart has which version now; None for news of something else."""
    match news.split(" "):
        case [kind, shop, cart_id, version] if kind == _CART and version.isdigit():
            return Channel(shop, cart_id), int(version)
    return None


def seal_ticket(keyring: Keyring, channel: Channel) -> str:
    return str(keyring.serializer(_PURPOSE).dumps([channel.shop, channel.cart_id]))


def open_ticket(keyring: Keyring, ticket: str) -> Channel | None:
    """The cart that the ticket names; None for a forged or an old one."""
    try:
        content = keyring.serializer(_PURPOSE).loads(ticket, max_age=TICKET_SECONDS)
    except BadData:
        return None
    match content:
        case [str(shop), str(cart_id)]:
            return Channel(shop, cart_id)
    return None


def version_of(view: Connection, channel: Channel) -> int:
    """The cart's version now; 0 for one that is not there (any more)."""
    one = (carts.c.shop == channel.shop) & (carts.c.cart_id == channel.cart_id)
    return view.scalar(select(carts.c.version).where(one)) or 0
