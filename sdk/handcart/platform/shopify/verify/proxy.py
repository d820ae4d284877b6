"""App proxy requests: ``signature`` is the hex HMAC of the other query parameters.

The signed text joins the values of a repeated name with ``,``, sorts, and joins ``name=value``
**with nothing in between** (shopify.dev, Authenticate app proxies).

*Two orders.* Shopify's own libraries disagree: Ruby sorts the strings ``name=value``, Python and
JavaScript sort by name. They differ only when one name starts another (``a`` and ``a-b``). Either
is accepted: both need the secret.

*One reading.* Without a separator one signature fits several parameter sets. A shopper who asks
for ``?foo=1logged_in_customer_id=999m`` gets it signed, and may then present it cut differently,
as customer 999. So each reserved name, followed by ``=``, must stand in the signed text exactly as
often as it is a parameter: once, or not at all. Then a reserved value starts where the platform
put it; it cannot be made longer or shorter either, since names sort after it and its own form
(digits, or a shop's domain) is checked.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from ..shop_domain import shop_domain
from .digests import digests
from .moment import is_recent
from .pairs import Pairs, as_text, repeated, split_query, value_of
from .verdict import ProxyVerdict

RESERVED = (b"logged_in_customer_id", b"path_prefix", b"shop", b"timestamp")
_CUSTOMER = re.compile(rb"[0-9]{0,18}")


def verify_proxy(query: bytes, *, secrets: Sequence[str], at: datetime) -> ProxyVerdict:
    """Who asks, through which shop: ``query`` is what stands behind the ``?``, as it came.

    Reasons, each 401 but the first: ``query_not_utf8`` (400), ``parameter_repeated`` (a reserved
    name twice), ``signature_missing``, ``signature_wrong``, ``signature_ambiguous`` (a reserved
    name hides in another parameter), ``timestamp_not_recent`` (more than 90 s away, absent or not
    digits), ``shop_malformed``, ``customer_malformed``.
    """
    pairs = split_query(query)
    if (params := as_text(_unsigned(pairs))) is None:
        return _refused("query_not_utf8", status=400)
    reason = _broken_seal(pairs, secrets) or _broken_content(pairs, at)
    if reason:
        return _refused(reason)
    return ProxyVerdict(
        ok=True,
        reason="ok",
        status=200,
        shop=shop_domain(dict(params)["shop"]) or "",
        customer_id=int(value_of(pairs, b"logged_in_customer_id") or 0) or None,
        params=params,
    )


def _refused(reason: str, *, status: int = 401) -> ProxyVerdict:
    return ProxyVerdict(ok=False, reason=reason, status=status)


def _unsigned(pairs: Pairs) -> Pairs:
    return tuple(pair for pair in pairs if pair[0] != b"signature")


def _broken_seal(pairs: Pairs, secrets: Sequence[str]) -> str | None:
    if repeated(pairs, (*RESERVED, b"signature")):
        return "parameter_repeated"
    signature = value_of(pairs, b"signature")
    if not signature:
        return "signature_missing"
    signed = _signed_text(_unsigned(pairs), signature, secrets)
    if signed is None:
        return "signature_wrong"
    return None if _one_reading(pairs, signed) else "signature_ambiguous"


def _signed_text(pairs: Pairs, signature: bytes, secrets: Sequence[str]) -> bytes | None:
    """The canonical text that ``signature`` signs, or None."""
    for text in canonical_texts(pairs):
        for digest in digests(secrets, text):
            if hmac.compare_digest(signature, digest.hex().encode()):
                return text
    return None


def canonical_texts(pairs: Pairs) -> Iterator[bytes]:
    """What the platform may have signed: sorted by name, then sorted as ``name=value``."""
    joined: dict[bytes, bytes] = {}
    for name, value in pairs:
        joined[name] = joined[name] + b"," + value if name in joined else value
    by_name = [name + b"=" + joined[name] for name in sorted(joined)]
    yield b"".join(by_name)
    yield b"".join(sorted(by_name))


def _one_reading(pairs: Pairs, signed: bytes) -> bool:
    names = [name for name, _ in pairs]
    return all(signed.count(name + b"=") == names.count(name) for name in RESERVED)


def _broken_content(pairs: Pairs, at: datetime) -> str | None:
    if not is_recent(value_of(pairs, b"timestamp") or b"", at=at):
        return "timestamp_not_recent"
    if shop_domain((value_of(pairs, b"shop") or b"").decode()) is None:
        return "shop_malformed"
    if not _CUSTOMER.fullmatch(value_of(pairs, b"logged_in_customer_id") or b""):
        return "customer_malformed"
    return None
