"""Bodies at rest under AES-256-GCM, where the merchant's data-protection level asks for it.

A sealed body opens only as that of its own delivery. Bodies from before it was switched on, or
after it was switched off, lie beside sealed ones: what is sealed says so itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from handcart.delivery import Delivery
from handcart.errors import NotVerified
from handcart.keys import Keyring

_PURPOSE = "payloads"
# No JSON begins like this, nor any UTF-8.
_MARK = b"\xffsealed\x01"


def seal(work: Connection, delivery: Delivery) -> bytes:
    """The body as it is to be kept in this database; an empty one stays empty."""
    known = work.get_execution_options()
    if not known.get("seals_payloads") or not delivery.body:
        return delivery.body
    context = _context(delivery.shop, delivery.webhook_id)
    keyring: Keyring = known["keyring"]
    return _MARK + keyring.seal(_PURPOSE, delivery.body, context=context)


def unseal(row: Any, keyring: Keyring | None) -> bytes:
    """The body of a row as it was signed; NotVerified when no secret of ours opens it."""
    body: bytes = row.body
    if not body.startswith(_MARK):
        return body
    if keyring is None:
        raise NotVerified("ciphertext_not_ours", "this database was opened without secrets")
    context = _context(row.shop, row.webhook_id)
    return keyring.unseal(_PURPOSE, body[len(_MARK) :], context=context)


def keyring_of(view: Connection) -> Keyring | None:
    """What opens the sealed bodies of this database."""
    return view.get_execution_options().get("keyring")


def _context(shop: str, webhook_id: str) -> str:
    return f"{shop}:{webhook_id}"
