"""ID tokens (session tokens): what App Bridge gives a page so that it can speak for a merchant.

HS256 with the client secret. Beyond what Shopify's packages check, ``iss`` and ``dest`` must name
the same shop, ``dest`` must be a shop at all, and ``exp`` and ``nbf`` must be there
(shopify.dev, ID tokens). PyJWT checks the signature only, so that the clock is ours.
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
from .verdict import TokenVerdict

# Seconds that the platform's clock and ours may differ.
LEEWAY = 10

_MAX_LENGTH = 8192
_ORIGIN = re.compile(r"https://([^/?#]+)(?:/[^?#]*)?")
_USER = re.compile(r"[0-9]{1,18}")


class _Hs256(HMACAlgorithm):
    """HS256 for a secret of any length: the platform chose it, so a warning would reach nobody."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


_TOKENS = PyJWS(algorithms=[])
_TOKENS.register_algorithm("HS256", _Hs256(HMACAlgorithm.SHA256))


def verify_id_token(
    token: str | bytes, *, api_key: str, secrets: Sequence[str], at: datetime
) -> TokenVerdict:
    """Which user of which shop: valid for ``exp`` and ``nbf`` with ten seconds of leeway.

    Reasons, each 401: ``token_missing``, ``token_wrong`` (not a token, not HS256 or not signed by
    us), ``audience_wrong``, ``token_expired``, ``token_early``, ``dest_malformed``,
    ``issuer_wrong``, ``user_malformed``.
    """
    if not token:
        return _refused("token_missing")
    claims = _claims(token, secrets)
    if claims is None:
        return _refused("token_wrong")
    reason = _broken_time(claims, at) or _broken_parties(claims, api_key)
    if reason:
        return _refused(reason)
    return TokenVerdict(
        ok=True,
        reason="ok",
        status=200,
        shop=_shop(claims.get("dest")) or "",
        user_id=int(claims["sub"]),
        claims=claims,
    )


def _refused(reason: str) -> TokenVerdict:
    return TokenVerdict(ok=False, reason=reason, status=401)


def _claims(token: str | bytes, secrets: Sequence[str]) -> Mapping[str, Any] | None:
    if len(token) > _MAX_LENGTH:
        return None
    for secret in filter(None, secrets):
        try:
            claims = json.loads(_TOKENS.decode(token, as_key(secret), ["HS256"]))
        except Exception:  # noqa: S112 — a claim of 5,000 brackets ends in a RecursionError
            continue
        return claims if isinstance(claims, dict) else None
    return None


def _broken_time(claims: Mapping[str, Any], at: datetime) -> str | None:
    now = at.timestamp()
    if not (_is_time(claims.get("exp")) and claims["exp"] > now - LEEWAY):
        return "token_expired"
    if not (_is_time(claims.get("nbf")) and claims["nbf"] <= now + LEEWAY):
        return "token_early"
    return None


def _broken_parties(claims: Mapping[str, Any], api_key: str) -> str | None:
    if not api_key or claims.get("aud") != api_key:
        return "audience_wrong"
    shop = _shop(claims.get("dest"))
    if shop is None:
        return "dest_malformed"
    if _shop(claims.get("iss")) != shop:
        return "issuer_wrong"
    sub = claims.get("sub")
    return None if isinstance(sub, str) and _USER.fullmatch(sub) else "user_malformed"


def _is_time(claim: object) -> bool:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return False
    return math.isfinite(claim) if isinstance(claim, float) else True


def _shop(claim: object) -> str | None:
    """The shop an ``https`` address belongs to, or None."""
    match = _ORIGIN.fullmatch(claim) if isinstance(claim, str) else None
    return shop_domain(match[1]) if match else None
