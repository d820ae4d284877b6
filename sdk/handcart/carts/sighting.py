"""What the storefront script sends: its platform cart, line by line, and how it came to be."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from ..errors import Denied
from .goods import Good
from .line_key import Item
from .snapshot import Mark, Report, Snapshot, SnapshotLine
from .wishes import Wish

if TYPE_CHECKING:
    from .token_store import StoredToken


@dataclass(frozen=True, slots=True)
class Sighting:
    """``token`` is the bare cart token, ``key_digest`` names the secret that came with it.

    ``goods`` says how each line looks, in the order of ``lines``, or nothing at all. Of the lines
    ``refused`` those ``gone`` are sold by the shop no more.
    """

    token: str
    key_digest: str
    lines: tuple[SnapshotLine, ...]
    mark: Mark | None = None
    read_at: int | None = None
    refused: frozenset[Item] = frozenset()
    gone: frozenset[Item] = frozenset()
    goods: tuple[Good | None, ...] = ()
    wishes: tuple[Wish, ...] = ()
    snapshot: Snapshot = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "snapshot", Snapshot.of(self.lines))

    def report(self) -> Report:
        refused = frozenset(item.key for item in self.refused)
        gone = frozenset(item.key for item in self.gone)
        return Report(self.snapshot, self.mark, self.read_at, refused, gone)

    def looks(self) -> dict[Item, Good]:
        """How each line looked that the browser could describe."""
        found = zip(self.snapshot.keys, self.goods, strict=False)
        return {self.snapshot.items[k]: g for k, g in found if g and k in self.snapshot.items}


def split_token(token: str) -> tuple[str, str]:
    """The bare token and a digest of its secret, from ``<token>?key=<secret>``.

    Webhooks and orders carry the bare token, browsers the whole (shopify.dev changelog, 21 June
    2024); the digest of no secret is empty.
    """
    bare, _, secret = token.partition("?key=")
    return bare, sha256(secret.encode()).hexdigest() if secret else ""


def may_show(stored: StoredToken | None, sighting: Sighting, device_id: str | None) -> None:
    """The browser has the secret of the platform cart, or is the device that brought it.

    A bare token is not proof: orders and webhooks carry it too.
    """
    if stored is None or (device_id is not None and device_id == stored.device_id):
        return
    if not hmac.compare_digest(stored.key_digest.encode(), sighting.key_digest.encode()):
        raise Denied("cart_token_not_yours", "this cart belongs to another browser")
