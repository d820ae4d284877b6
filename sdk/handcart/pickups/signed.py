"""What the QR on a shopper's page says: signed, so that a store can believe it without a network.

``HC1.<pickup>.<generation>.<person>.<not after>.<signature>``: in characters that a QR packs well
and a scanner types on any keyboard. ``person`` is 0 for the shopper and the number of a proxy
otherwise; ``not after`` is in seconds since 1970. The signature is Ed25519 (RFC 8032) over the
shop and all that stands before it, in base 32. Each shop has keys of its own, derived from the
app's secrets; whoever has the public ones can check and make nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..keys import Keyring
from .links import PageLink
from .model import Pickup
from .proxies import Proxy

MARK = "HC1."
# Of goods that are not ready yet, nobody knows until when they will be kept.
UNKNOWN_KEPT = timedelta(days=30)
_PURPOSE = "pickup qr"
_CODE = re.compile(r"(HC1\.(\d{1,20})\.(\d{1,9})\.(\d{1,9})\.(\d{1,12}))\.([A-Z2-7]{103})")


@dataclass(frozen=True, slots=True)
class SignedCode:
    """What a right signature says; ``proxy_id`` is None for the shopper."""

    pickup_id: str
    generation: int
    proxy_id: int | None
    not_after: datetime

    def whose(self, pickup: Pickup, sent: Sequence[Proxy], *, at: datetime) -> str | None:
        """``shopper`` or ``proxy:3``; None when it is for another pickup, over, or taken back."""
        of_it = self.pickup_id == pickup.pickup_id and self.generation == pickup.generation
        if not of_it or self.not_after < at:
            return None
        if self.proxy_id is None:
            return "shopper"
        return next((one.by for one in sent if one.proxy_id == self.proxy_id), None)


def signed_code(keyring: Keyring, link: PageLink, *, not_after: datetime) -> str:
    """The text of the QR, made with the newest key."""
    until = int(not_after.timestamp())
    said = f"{MARK}{link.pickup_id}.{link.generation}.{link.proxy_id or 0}.{until}"
    signature = _keys(keyring, link.shop)[0].sign(_message(link.shop, said))
    return f"{said}.{base64.b32encode(signature).decode().rstrip('=')}"


def is_signed(text: str) -> bool:
    return text.strip().upper().startswith(MARK)


def read_signed(keyring: Keyring, shop: str, text: str) -> SignedCode | None:
    """What it says if this shop signed it, under any key; None for anything else."""
    found = _CODE.fullmatch(text.strip().upper())
    if found is None:
        return None
    said, pickup_id, generation, person, until, signature = found.groups()
    if not _is_right(keyring, shop, said, base64.b32decode(f"{signature}=")):
        return None
    return SignedCode(
        pickup_id=pickup_id,
        generation=int(generation),
        proxy_id=int(person) or None,
        not_after=datetime.fromtimestamp(int(until), UTC),
    )


def public_keys(keyring: Keyring, shop: str) -> list[str]:
    """Those that check the shop's codes, the newest first: 32 bytes each, in base 64."""
    raw = [key.public_key().public_bytes_raw() for key in _keys(keyring, shop)]
    return [base64.b64encode(each).decode() for each in raw]


def _is_right(keyring: Keyring, shop: str, said: str, signature: bytes) -> bool:
    for key in _keys(keyring, shop):
        try:
            key.public_key().verify(signature, _message(shop, said))
        except InvalidSignature:
            continue
        return True
    return False


def _keys(keyring: Keyring, shop: str) -> list[Ed25519PrivateKey]:
    seeds = keyring.digests(_PURPOSE, shop)
    return [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]


def _message(shop: str, said: str) -> bytes:
    return f"handcart pickup|{shop}|{said}".encode()
