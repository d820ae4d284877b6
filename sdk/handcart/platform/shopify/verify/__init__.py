"""Does this request come from the platform? Bytes in, a verdict out, never an exception.

Each verdict has a stable ``reason`` and the HTTP ``status`` to answer with. Every function takes
all secrets that may have signed: after a rotation the platform signs with the old one for up to
an hour (shopify.dev, Rotate or revoke credentials).
"""

from __future__ import annotations

from .flow import verify_flow_action as verify_flow_action
from .id_token import verify_id_token as verify_id_token
from .proxy import verify_proxy as verify_proxy
from .query import verify_query as verify_query
from .shopper_token import verify_shopper_token as verify_shopper_token
from .verdict import FlowVerdict as FlowVerdict
from .verdict import ProxyVerdict as ProxyVerdict
from .verdict import QueryVerdict as QueryVerdict
from .verdict import ShopperVerdict as ShopperVerdict
from .verdict import TokenVerdict as TokenVerdict
from .verdict import Verdict as Verdict
from .webhook import find_signature as find_signature
from .webhook import verify_webhook as verify_webhook

__all__ = [
    "FlowVerdict",
    "ProxyVerdict",
    "QueryVerdict",
    "ShopperVerdict",
    "TokenVerdict",
    "Verdict",
    "find_signature",
    "verify_flow_action",
    "verify_id_token",
    "verify_proxy",
    "verify_query",
    "verify_shopper_token",
    "verify_webhook",
]
