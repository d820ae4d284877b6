"""ID tokens (session tokens): the platform's word on which member of staff is asking.

Embedded pages get them from App Bridge, admin extensions and the till's from their own API; all
carry the same claims. Beyond what Shopify's packages check, ``iss`` and ``dest`` must name the
same shop, ``dest`` must be a shop at all, and ``exp`` and ``nbf`` must be there
(shopify.dev, ID tokens).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from ..shop_domain import shop_domain
from .claims import Claims, broken_time, is_for, shop_at, signed_claims
from .verdict import TokenVerdict

_USER = re.compile(r"[0-9]{1,18}")


def verify_id_token(
    token: str | bytes,
    *,
    api_key: str,
    secrets: Sequence[str],
    at: datetime,
    shop: str | None = None,
) -> TokenVerdict:
    """Which user of which shop: valid for ``exp`` and ``nbf`` with ten seconds of leeway.

    ``shop`` is the one that the request names beside the token, if it names any. Reasons, each
    401: ``token_missing``, ``token_wrong`` (not a token, not HS256 or not signed by us),
    ``audience_wrong``, ``token_expired``, ``token_early``, ``dest_malformed``, ``issuer_wrong``,
    ``user_malformed``, ``shop_not_of_token``.
    """
    if not token:
        return _refused("token_missing")
    claims = signed_claims(token, secrets)
    if claims is None:
        return _refused("token_wrong")
    reason = broken_time(claims, at) or _broken_parties(claims, api_key)
    if reason:
        return _refused(reason)
    found = shop_at(claims.get("dest")) or ""
    if shop is not None and shop_domain(shop) != found:
        return _refused("shop_not_of_token")
    return TokenVerdict(
        ok=True, reason="ok", status=200, shop=found, user_id=int(claims["sub"]), claims=claims
    )


def _refused(reason: str) -> TokenVerdict:
    return TokenVerdict(ok=False, reason=reason, status=401)


def _broken_parties(claims: Claims, api_key: str) -> str | None:
    if not is_for(claims, api_key):
        return "audience_wrong"
    shop = shop_at(claims.get("dest"))
    if shop is None:
        return "dest_malformed"
    if shop_at(claims.get("iss")) != shop:
        return "issuer_wrong"
    sub = claims.get("sub")
    return None if isinstance(sub, str) and _USER.fullmatch(sub) else "user_malformed"
