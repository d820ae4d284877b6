"""Bodies at rest: compressed, and sealed where the merchant's data-protection level asks for it.

LZ4 takes less time to make an order three times smaller than the database takes to write what is
saved. Sealed is AES-256-GCM, and opens only as the body of its own delivery. What is kept says
itself how: bodies from before a setting was changed lie beside those from after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import lz4.block
from sqlalchemy import Connection

from handcart.delivery import Delivery
from handcart.errors import NotVerified
from handcart.keys import Keyring

_PURPOSE = "payloads"
# No JSON begins like these, nor any UTF-8.
_SEALED = b"\xffsealed\x01"
_SMALLER = b"\xfflz4\x01"
_WORTH_IT = 512  # bytes


def pack(delivery: Delivery, known: Mapping[str, Any]) -> bytes:
    """The body as it is to be kept, by what is ``known`` to its database; an empty one as it is."""
    body = _compress(delivery.body)
    if not known.get("seals_payloads") or not body:
        return body
    context = _context(delivery.shop, delivery.webhook_id)
    keyring: Keyring = known["keyring"]
    return _SEALED + keyring.seal(_PURPOSE, body, context=context)


def unpack(row: Any, keyring: Keyring | None) -> bytes:
    """The body of a row as it was signed; NotVerified when no secret of ours opens it."""
    body: bytes = row.body
    if body.startswith(_SEALED):
        body = _open(body[len(_SEALED) :], keyring, context=_context(row.shop, row.webhook_id))
    if body.startswith(_SMALLER):
        body = lz4.block.decompress(body[len(_SMALLER) :])
    return body


def keyring_of(view: Connection) -> Keyring | None:
    """What opens the sealed bodies of this database."""
    return view.get_execution_options().get("keyring")


def _compress(body: bytes) -> bytes:
    """Smaller if that is worth it, and so whenever it would be mistaken for what we keep."""
    if len(body) < _WORTH_IT and not body.startswith(b"\xff"):
        return body
    return _SMALLER + cast(bytes, lz4.block.compress(body))


def _open(sealed: bytes, keyring: Keyring | None, *, context: str) -> bytes:
    if keyring is None:
        raise NotVerified("ciphertext_not_ours", "this database was opened without secrets")
    return keyring.unseal(_PURPOSE, sealed, context=context)


def _context(shop: str, webhook_id: str) -> str:
    return f"{shop}:{webhook_id}"
