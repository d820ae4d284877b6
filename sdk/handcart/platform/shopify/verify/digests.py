"""HMAC-SHA256 under every secret that may have signed."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from functools import lru_cache

# Over more bytes than this at a time hashlib lets other threads run, and then waits for its turn
# again. For the few microseconds that an order takes, that wait is many times the work.
_PIECE = 2047
_SHORT = 64 * 1024


def digests(secrets: Sequence[str], message: bytes) -> Iterator[bytes]:
    """32 bytes a secret, in order. An empty secret signs nothing: anybody could have used it."""
    for secret in secrets:
        if secret:
            yield _digest(as_key(secret), message)


def as_key(secret: str) -> bytes:
    """UTF-8; bytes that an environment variable smuggled in as surrogates come out as they were."""
    return secret.encode("utf-8", "surrogateescape")


def _digest(key: bytes, message: bytes) -> bytes:
    if len(message) > _SHORT:
        return hmac.digest(key, message, "sha256")
    keyed = _keyed(key).copy()
    for at in range(0, len(message), _PIECE):
        keyed.update(message[at : at + _PIECE])
    return keyed.digest()


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")
