"""One list of secrets, one derived key for every purpose.

The first secret is current and makes; the others are old and only check. A key for one purpose
says nothing about a key for another (HKDF, RFC 5869).
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import URLSafeTimedSerializer

from .errors import NotVerified


class Keyring:
    """Derives keys from ``secrets`` (newest first, each at least 32 characters)."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._derived: dict[str, list[bytes]] = {}

    def keys(self, purpose: str) -> list[bytes]:
        """32-byte keys for ``purpose``, newest first."""
        if purpose not in self._derived:
            self._derived[purpose] = [_derive(secret, purpose) for secret in self._secrets]
        return self._derived[purpose]

    def serializer(self, purpose: str) -> URLSafeTimedSerializer:
        """Signs with the newest key and accepts every older one."""
        return URLSafeTimedSerializer(self.keys(purpose)[::-1], salt=purpose.encode())

    def digest(self, purpose: str, message: str) -> bytes:
        """HMAC-SHA256 with the newest key: for codes and hashed look-ups."""
        return hmac.digest(self.keys(purpose)[0], message.encode(), "sha256")

    def digests(self, purpose: str, message: str) -> list[bytes]:
        """The same under every key, newest first: what a look-up has to try."""
        return [hmac.digest(key, message.encode(), "sha256") for key in self.keys(purpose)]

    def encrypt(self, purpose: str, plain: str, *, context: str) -> str:
        """AES-256-GCM; the text opens only for the same ``context`` (say, shop and column)."""
        sealed = self.seal(purpose, plain.encode(), context=context)
        return base64.urlsafe_b64encode(sealed).decode()

    def decrypt(self, purpose: str, sealed: str, *, context: str) -> str:
        """The plain text, or NotVerified when no key and context open it."""
        try:
            blob = base64.urlsafe_b64decode(sealed.encode())
        except ValueError:
            blob = b""
        return self.unseal(purpose, blob, context=context).decode()

    def seal(self, purpose: str, plain: bytes, *, context: str) -> bytes:
        """The same for bytes: 28 more than there were."""
        nonce = os.urandom(12)
        return nonce + AESGCM(self.keys(purpose)[0]).encrypt(nonce, plain, context.encode())

    def unseal(self, purpose: str, sealed: bytes, *, context: str) -> bytes:
        """The plain bytes, or NotVerified when no key and context open them."""
        for key in self.keys(purpose):
            # Shorter than a nonce and a tag is nothing AES-GCM ever made.
            with contextlib.suppress(InvalidTag, ValueError):
                return AESGCM(key).decrypt(sealed[:12], sealed[12:], context.encode())
        raise NotVerified("ciphertext_not_ours", "no key opens this in this place")

    def is_current(self, purpose: str, sealed: str, *, context: str) -> bool:
        """True when the newest key opens the text: then the older ones are not needed for it."""
        newest = Keyring([])
        newest._derived[purpose] = self.keys(purpose)[:1]
        try:
            newest.decrypt(purpose, sealed, context=context)
        except NotVerified:
            return False
        return True


def _derive(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"handcart:" + purpose.encode()).derive(secret)
