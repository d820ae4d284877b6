"""Flow actions: the merchant's workflow asks the app to do something.

Signed as a webhook is. The header that names the shop is not covered by the signature; the body,
which names it too, is (shopify.dev, Create an action). So the body is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ..shop_domain import shop_domain
from .verdict import FlowVerdict
from .webhook import verify_webhook


def verify_flow_action(
    *, signature: bytes | None, body: bytes, secrets: Sequence[str]
) -> FlowVerdict:
    """Which shop's workflow asks for what: ``payload`` is the whole signed body.

    Reasons: those of ``verify_webhook`` (401), and for a body that is signed but says nothing
    ``payload_not_json`` and ``shop_malformed`` (400).
    """
    verdict = verify_webhook(signature=signature, body=body, secrets=secrets)
    if not verdict.ok:
        return FlowVerdict(ok=False, reason=verdict.reason, status=verdict.status)
    payload = _read(body)
    if payload is None:
        return FlowVerdict(ok=False, reason="payload_not_json", status=400)
    named = payload.get("shopify_domain")
    shop = shop_domain(named) if isinstance(named, str) else None
    if shop is None:
        return FlowVerdict(ok=False, reason="shop_malformed", status=400)
    return FlowVerdict(ok=True, reason="ok", status=200, shop=shop, payload=payload)


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return payload if isinstance(payload, dict) else None
