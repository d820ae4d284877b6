"""HMAC-SHA256 under every secret that may have signed."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence


def digests(secrets: Sequence[str], message: bytes) -> Iterator[bytes]:
    """32 bytes a secret, in order. An empty secret signs nothing: anybody could have used it."""
    for secret in secrets:
        if secret:
            yield hmac.digest(as_key(secret), message, "sha256")


def as_key(secret: str) -> bytes:
    """UTF-8; bytes that an environment variable smuggled in as surrogates come out as they were."""
    return secret.encode("utf-8", "surrogateescape")
