"""How the platform signs the query of a request that it forwards to an app."""

from __future__ import annotations

import hmac
from collections.abc import Iterable


def proxy_signature(params: Iterable[tuple[str, str]], secret: str) -> str:
    """Hex HMAC-SHA256 of the sorted ``key=value`` pairs with nothing between them.

    The values of a repeated key are joined by commas (shopify.dev, "Authenticate app proxies").
    """
    joined: dict[str, list[str]] = {}
    for key, value in params:
        if key != "signature":
            joined.setdefault(key, []).append(value)
    pairs = sorted(f"{key}={','.join(values)}" for key, values in joined.items())
    return hmac.digest(secret.encode(), "".join(pairs).encode(), "sha256").hex()
