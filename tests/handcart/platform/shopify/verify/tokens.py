"""Mints ID tokens the way the platform does."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

SHOP = "juniper-tea.myshopify.com"
API_KEY = "handcart-local"
SECRET = "shpss_0123456789abcdef0123456789abcdef"


def claims(now: float, **other: Any) -> dict[str, Any]:
    """A token's claims, ``other`` in place of the usual; a None leaves the claim out."""
    usual: dict[str, Any] = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": API_KEY,
        "sub": "42",
        "exp": int(now) + 60,
        "nbf": int(now),
        "iat": int(now),
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    }
    return {name: value for name, value in {**usual, **other}.items() if value is not None}


def token(payload: Any, *, secret: str = SECRET, header: Any = None) -> str:
    """Signed as HS256 whatever the header says."""
    header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    parts = f"{_part(header)}.{_part(payload)}"
    signature = hmac.digest(secret.encode(), parts.encode(), "sha256")
    return f"{parts}.{_base64url(signature)}"


def _part(value: Any) -> str:
    return _base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
