"""The code a shopper says at the counter: derived, so that nothing secret is stored.

Eight characters of Crockford's base 32 (crockford.com/base32.html): 40 bits, no I, L, O or U. What
is typed may be in any case and width, with spaces and dashes, with the digits of any script, with
O for 0, with I or L for 1, and with Cyrillic letters that look the same.
"""

from __future__ import annotations

import hmac
import unicodedata
from datetime import timedelta

from ..keys import Keyring

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
TRIES = 5
LOCKED_FOR = timedelta(minutes=15)

_PURPOSE = "pickup code"
_CYRILLIC = "\u0410\u0412\u0415\u041a\u041c\u041d\u0420\u0421\u0422\u0425\u041e"
_READ_AS = str.maketrans(
    "OIL" + _CYRILLIC, "011" + "ABEKMHPCTX0", " -\t\u2010\u2011\u2012\u2013\u2014\u2212"
)


def code_for(keyring: Keyring, shop: str, pickup_id: str, *, generation: int) -> str:
    """The code to show: eight characters of ``ALPHABET``, made with the newest key."""
    return _readable(keyring.digest(_PURPOSE, _message(shop, pickup_id, generation)))


def code_is_right(
    keyring: Keyring, shop: str, pickup_id: str, *, generation: int, code: str
) -> bool:
    """Whether ``code``, as typed, is the pickup's under any key; takes the same time either way."""
    given = as_typed(code).encode()
    right = False
    for digest in keyring.digests(_PURPOSE, _message(shop, pickup_id, generation)):
        right |= hmac.compare_digest(_readable(digest).encode(), given)
    return right


def as_typed(code: str) -> str:
    """The code behind what somebody typed."""
    plain = unicodedata.normalize("NFKC", code).upper().translate(_READ_AS)
    return "".join(str(unicodedata.decimal(character, character)) for character in plain)


def in_groups(code: str) -> str:
    """``7K3M-9Q2D``: easier to read aloud."""
    return f"{code[:4]}-{code[4:]}"


def _message(shop: str, pickup_id: str, generation: int) -> str:
    return f"{shop}|{pickup_id}|{generation}"


def _readable(digest: bytes) -> str:
    number = int.from_bytes(digest[:5])
    return "".join(ALPHABET[number >> (5 * place) & 31] for place in reversed(range(LENGTH)))
