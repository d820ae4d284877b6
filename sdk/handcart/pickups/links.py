"""The shopper's link to the page of one pickup: signed, so that nobody can guess another's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData

from ..errors import NotFound
from ..keys import Keyring

# Longer than any shop keeps goods; afterwards a forwarded link tells nobody anything.
GOOD_FOR = timedelta(days=180)
_PURPOSE = "pickup page"


@dataclass(frozen=True, slots=True)
class PageLink:
    """What a link says: whose page, and of which ``generation`` of links and codes.

    ``proxy_id``: it is not the shopper's, but that of somebody whom they send.
    """

    shop: str
    pickup_id: str
    generation: int
    proxy_id: int | None = None

    @property
    def by(self) -> str:
        """Who acts when it is used."""
        return "shopper" if self.proxy_id is None else f"proxy:{self.proxy_id}"


def sign_link(keyring: Keyring, link: PageLink) -> str:
    """Text for one segment of a path."""
    parts: list[str | int] = [link.shop, link.pickup_id, link.generation]
    parts += [] if link.proxy_id is None else [link.proxy_id]
    signed = keyring.serializer(_PURPOSE).dumps(parts)
    return signed.decode() if isinstance(signed, bytes) else signed


def read_link(keyring: Keyring, signed: str, *, at: datetime) -> PageLink:
    """What we signed within the last 180 days; raises NotFound for anything else."""
    try:
        parts, made_at = keyring.serializer(_PURPOSE).loads(signed, return_timestamp=True)
        shop, pickup_id, generation, *rest = parts
        [proxy_id] = rest or [None]
    except (BadData, ValueError, TypeError):
        raise NotFound("pickup_link_wrong", "this link does not lead to a pickup") from None
    if at - made_at > GOOD_FOR:
        raise NotFound("pickup_link_expired", "this link was for an order of long ago")
    return PageLink(shop, pickup_id, generation, proxy_id)
