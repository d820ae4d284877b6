"""Signed queries (install and code-grant callbacks): ``hmac`` is the hex HMAC of the rest.

The signed text is the pairs without ``hmac``, sorted, ``name=value``, joined with ``&``
(shopify.dev, Authorization code grant). For names and values of letters, digits and ``-._`` that
is all; beyond them Shopify's libraries disagree, and both ways are accepted: ShopifyAPI escapes
only ``%``, ``&`` and the ``=`` of names, and turns ``ids[]=2&ids[]=1`` into ``ids=["2", "1"]``;
the JavaScript and Ruby packages percent-encode. Lists aside, a text that is right in both ways
reads as the same parameters in both, so accepting both gives a forger nothing.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from ..shop_domain import shop_domain
from .digests import digests
from .moment import is_recent
from .pairs import as_text, repeated, split_query
from .verdict import QueryVerdict

Params = tuple[tuple[str, str], ...]


def verify_query(query: bytes, *, secrets: Sequence[str], at: datetime) -> QueryVerdict:
    """Which shop is meant: ``query`` is what stands behind the ``?``, as it came.

    Reasons, each 401 but the first: ``query_not_utf8`` (400), ``parameter_repeated`` (any name
    twice, but for ``name[]``), ``signature_missing``, ``signature_wrong``,
    ``timestamp_not_recent`` (more than 90 s away, absent or not digits), ``shop_malformed``.
    """
    pairs = split_query(query)
    params = as_text(pairs)
    if params is None:
        return QueryVerdict(ok=False, reason="query_not_utf8", status=400)
    if repeated(pairs, {name for name, _ in pairs if not name.endswith(b"[]")}):
        return _refused("parameter_repeated")
    given = dict(params)
    signed = tuple(pair for pair in params if pair[0] != "hmac")
    if reason := _broken(given, signed, secrets=secrets, at=at):
        return _refused(reason)
    shop = shop_domain(given["shop"]) or ""
    return QueryVerdict(ok=True, reason="ok", status=200, shop=shop, params=signed)


def _refused(reason: str) -> QueryVerdict:
    return QueryVerdict(ok=False, reason=reason, status=401)


def _broken(
    given: dict[str, str], signed: Params, *, secrets: Sequence[str], at: datetime
) -> str | None:
    signature = given.get("hmac", "").encode()
    if not signature:
        return "signature_missing"
    if not _is_signed(signed, signature, secrets):
        return "signature_wrong"
    if not is_recent(given.get("timestamp", "").encode(), at=at):
        return "timestamp_not_recent"
    return None if shop_domain(given.get("shop", "")) else "shop_malformed"


def _is_signed(params: Params, signature: bytes, secrets: Sequence[str]) -> bool:
    return any(
        hmac.compare_digest(signature, digest.hex().encode())
        for text in canonical_texts(params)
        for digest in digests(secrets, text)
    )


def canonical_texts(params: Params) -> Iterator[bytes]:
    """What the platform may have signed: lightly escaped, then percent-encoded."""
    yield "&".join(
        sorted(_lightly_escaped(name, value) for name, value in _listed(params))
    ).encode()
    encoded = (f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in params)
    yield "&".join(sorted(encoded)).encode()


def _listed(params: Params) -> Iterator[tuple[str, str]]:
    """``ids[]`` becomes ``ids`` with a JSON list, the way Python prints one."""
    lists: dict[str, list[str]] = {}
    for name, value in params:
        if name.endswith("[]"):
            lists.setdefault(name[:-2], []).append(value)
        else:
            yield name, value
    for name, values in lists.items():
        yield name, json.dumps(values)


def _lightly_escaped(name: str, value: str) -> str:
    name = name.replace("%", "%25").replace("&", "%26").replace("=", "%3D")
    return name + "=" + value.replace("%", "%25").replace("&", "%26")
