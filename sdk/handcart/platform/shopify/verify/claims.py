"""What a token that the platform signed says, and when it holds. HS256 with the client secret.

PyJWT checks the signature only, so that the clock is ours.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS

from ..shop_domain import shop_domain
from .digests import as_key

# Seconds that the platform's clock and ours may differ.
LEEWAY = 10

_MAX_LENGTH = 8192
_ORIGIN = re.compile(r"https://([^/?#]+)(?:/[^?#]*)?")

Claims = Mapping[str, Any]


class _Hs256(HMACAlgorithm):
    """HS256 for a secret of any length: the platform chose it, so a warning would reach nobody."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


_TOKENS = PyJWS(algorithms=[])
_TOKENS.register_algorithm("HS256", _Hs256(HMACAlgorithm.SHA256))


def signed_claims(token: str | bytes, secrets: Sequence[str]) -> Claims | None:
    """The claims of a token that one of ``secrets`` signed, or None."""
    if len(token) > _MAX_LENGTH:
        return None
    for secret in filter(None, secrets):
        try:
            claims = json.loads(_TOKENS.decode(token, as_key(secret), ["HS256"]))
        except Exception:  # noqa: S112 — a claim of 5,000 brackets ends in a RecursionError
            continue
        return claims if isinstance(claims, dict) else None
    return None


def broken_time(claims: Claims, at: datetime) -> str | None:
    """Why the claims do not hold at ``at``; ``exp`` and ``nbf`` have to be there."""
    now = at.timestamp()
    if not (_is_time(claims.get("exp")) and claims["exp"] > now - LEEWAY):
        return "token_expired"
    if not (_is_time(claims.get("nbf")) and claims["nbf"] <= now + LEEWAY):
        return "token_early"
    return None


def is_for(claims: Claims, api_key: str) -> bool:
    """True when the token was made for this app."""
    return bool(api_key) and claims.get("aud") == api_key


def shop_at(claim: object) -> str | None:
    """The shop that an ``https`` address belongs to, or None."""
    match = _ORIGIN.fullmatch(claim) if isinstance(claim, str) else None
    return shop_domain(match[1]) if match else None


def _is_time(claim: object) -> bool:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return False
    return math.isfinite(claim) if isinstance(claim, float) else True
