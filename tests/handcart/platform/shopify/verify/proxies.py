"""Signs app proxy requests the way the platform does."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from urllib.parse import urlencode

SHOP = "juniper-tea.myshopify.com"
Pairs = Sequence[tuple[str, str]]


def canonical(pairs: Pairs) -> bytes:
    joined: dict[str, list[str]] = {}
    for name, value in pairs:
        joined.setdefault(name, []).append(value)
    return "".join(f"{name}={','.join(values)}" for name, values in sorted(joined.items())).encode()


def sign(pairs: Pairs, secret: str = "hush") -> str:
    return hmac.digest(secret.encode(), canonical(pairs), "sha256").hex()


def platform_pairs(timestamp: float, *, customer: str = "", shop: str = SHOP) -> Pairs:
    return [
        ("shop", shop),
        ("logged_in_customer_id", customer),
        ("path_prefix", "/apps/handcart"),
        ("timestamp", str(int(timestamp))),
    ]


def query(pairs: Pairs, *, secret: str = "hush", signature: str | None = None) -> bytes:
    signature = sign(pairs, secret) if signature is None else signature
    return urlencode([*pairs, ("signature", signature)]).encode()
