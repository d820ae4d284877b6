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

from .claims import Claims, Form, read_token, shop_at
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
    read = read_token(token, _STAFF, api_key=api_key, secrets=secrets, at=at, shop=shop)
    if read.reason != "ok":
        return TokenVerdict(ok=False, reason=read.reason, status=401)
    user_id = int(read.claims["sub"])
    return TokenVerdict(
        ok=True, reason="ok", status=200, shop=read.shop, user_id=user_id, claims=read.claims
    )


def _broken_user(claims: Claims) -> str | None:
    sub = claims.get("sub")
    return None if isinstance(sub, str) and _USER.fullmatch(sub) else "user_malformed"


_STAFF = Form(shop_of=shop_at, issued=True, broken_person=_broken_user)
