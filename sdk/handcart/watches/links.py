"""The link in every mail to who watches something: it proves the address that it was sent to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData

from ..errors import NotFound
from ..keys import Keyring

# As long as a watch that nobody looks at is kept.
GOOD_FOR = timedelta(days=365)
_PURPOSE = "watches page"


@dataclass(frozen=True, slots=True)
class WatchLink:
    """Whose watches, in which shop."""

    shop: str
    owner: str


def sign_link(keyring: Keyring, link: WatchLink) -> str:
    """Text for one segment of a path."""
    signed = keyring.serializer(_PURPOSE).dumps([link.shop, link.owner])
    return signed.decode() if isinstance(signed, bytes) else signed


def read_link(keyring: Keyring, signed: str, *, at: datetime) -> WatchLink:
    """What we signed within the last year; raises NotFound for anything else."""
    try:
        parts, made_at = keyring.serializer(_PURPOSE).loads(signed, return_timestamp=True)
        shop, owner = parts
    except (BadData, ValueError, TypeError):
        raise NotFound("watch_link_wrong", "this link does not lead to anybody's watches") from None
    if at - made_at > GOOD_FOR:
        raise NotFound("watch_link_expired", "this link was for something of long ago")
    return WatchLink(shop, owner)
