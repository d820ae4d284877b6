"""The device token: a browser's name for itself, signed so that nobody can take another's.

A token names a device of one shop. It opens no customer's cart: who is signed in is only what the
platform says.
"""

from __future__ import annotations

from itsdangerous import BadData

from ..keys import Keyring

_PURPOSE = "device"


def seal_device(keyring: Keyring, shop: str, device_id: str) -> str:
    sealed = keyring.serializer(_PURPOSE).dumps([shop, device_id])
    return sealed.decode() if isinstance(sealed, bytes) else sealed


def open_device(keyring: Keyring, shop: str, token: str) -> str | None:
    """The device of this shop that the token names; None for everything else."""
    try:
        content = keyring.serializer(_PURPOSE).loads(token)
    except BadData:
        return None
    match content:
        case [str(named), str(device_id)] if named == shop:
            return device_id
    return None
