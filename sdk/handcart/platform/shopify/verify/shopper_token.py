"""Tokens of checkout and customer account extensions: the platform's word on which shopper asks.

They live five minutes and cannot be exchanged for access tokens. ``dest`` may be a bare domain,
``iss`` may be absent, and ``sub`` is there only when the shopper is signed in and the app may
read customers (shopify.dev, Session Token API of UI extensions). An ID token of staff is no
shopper's token, and the other way round: the ``sub`` of one never passes for that of the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from ..shop_domain import shop_domain
from .claims import Claims, Form, read_token, shop_at
from .verdict import ShopperVerdict

_CUSTOMER = re.compile(r"gid://shopify/Customer/([0-9]{1,18})")


def verify_shopper_token(
    token: str | bytes,
    *,
    api_key: str,
    secrets: Sequence[str],
    at: datetime,
    shop: str | None = None,
) -> ShopperVerdict:
    """Which shopper of which shop; ``customer_id`` is None for whoever is not signed in.

    ``shop`` is the one that the request names beside the token, if it names any. Reasons, each
    401: ``token_missing``, ``token_wrong``, ``audience_wrong``, ``token_expired``,
    ``token_early``, ``dest_malformed``, ``issuer_wrong`` (an ``iss`` of another shop),
    ``customer_malformed``, ``shop_not_of_token``.
    """
    read = read_token(token, _SHOPPER, api_key=api_key, secrets=secrets, at=at, shop=shop)
    if read.reason != "ok":
        return ShopperVerdict(ok=False, reason=read.reason, status=401)
    customer_id = _customer(read.claims)
    return ShopperVerdict(
        ok=True,
        reason="ok",
        status=200,
        shop=read.shop,
        customer_id=customer_id,
        claims=read.claims,
    )


def _broken_customer(claims: Claims) -> str | None:
    nobody = claims.get("sub") in (None, "")
    return None if nobody or _customer(claims) is not None else "customer_malformed"


def _customer(claims: Claims) -> int | None:
    sub = claims.get("sub")
    match = _CUSTOMER.fullmatch(sub) if isinstance(sub, str) else None
    return int(match[1]) if match else None


def _shop(claim: object) -> str | None:
    """The shop of an ``https`` address or of a bare domain, or None."""
    return shop_at(claim) or (shop_domain(claim) if isinstance(claim, str) else None)


_SHOPPER = Form(shop_of=_shop, issued=False, broken_person=_broken_customer)
