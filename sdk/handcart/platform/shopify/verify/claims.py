"""What a token that the platform signed says, and when it holds. HS256 with the client secret.

PyJWT checks the signature only, so that the clock is ours.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Form:
    """What one kind of token looks like, where the kinds differ.

    ``shop_of`` reads the shop out of ``dest`` and ``iss``, or None; ``issued``: there has to be an
    ``iss``; ``broken_person`` says why ``sub`` names nobody that such a token could be of.
    """

    shop_of: Callable[[object], str | None]
    issued: bool
    broken_person: Callable[[Claims], str | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a token says: ``reason`` is ``ok``, or why it is not to be believed."""

    reason: str
    shop: str = ""
    claims: Claims = field(default_factory=dict)


def read_token(
    token: str | bytes,
    form: Form,
    *,
    api_key: str,
    secrets: Sequence[str],
    at: datetime,
    shop: str | None,
) -> Reading:
    """The claims of a token of this form, and the shop that they are of; never an exception.

    ``shop`` is the one that the request names beside the token, if it names any.
    """
    if not token:
        return Reading("token_missing")
    claims = _signed_claims(token, secrets)
    if claims is None:
        return Reading("token_wrong")
    reason = _broken_time(claims, at) or _broken_parties(claims, form, api_key)
    if reason:
        return Reading(reason)
    found = form.shop_of(claims.get("dest")) or ""
    if shop is not None and shop_domain(shop) != found:
        return Reading("shop_not_of_token")
    return Reading("ok", found, claims)


def shop_at(claim: object) -> str | None:
    """The shop that an ``https`` address belongs to, or None."""
    match = _ORIGIN.fullmatch(claim) if isinstance(claim, str) else None
    return shop_domain(match[1]) if match else None


def _signed_claims(token: str | bytes, secrets: Sequence[str]) -> Claims | None:
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


def _broken_time(claims: Claims, at: datetime) -> str | None:
    """Why the claims do not hold at ``at``; ``exp`` and ``nbf`` have to be there."""
    now = at.timestamp()
    if not (_is_time(claims.get("exp")) and claims["exp"] > now - LEEWAY):
        return "token_expired"
    if not (_is_time(claims.get("nbf")) and claims["nbf"] <= now + LEEWAY):
        return "token_early"
    return None


def _broken_parties(claims: Claims, form: Form, api_key: str) -> str | None:
    """Why the token is not for this app, of no shop, or of nobody."""
    if not api_key or claims.get("aud") != api_key:
        return "audience_wrong"
    shop = form.shop_of(claims.get("dest"))
    if shop is None:
        return "dest_malformed"
    if (form.issued or "iss" in claims) and form.shop_of(claims.get("iss")) != shop:
        return "issuer_wrong"
    return form.broken_person(claims)


def _is_time(claim: object) -> bool:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return False
    return math.isfinite(claim) if isinstance(claim, float) else True
