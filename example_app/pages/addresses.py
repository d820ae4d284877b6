"""Addresses of pages inside the merchant's admin."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

# App Bridge needs these to know which admin it is in; the locale is the merchant's.
_KEPT = ("shop", "host", "embedded", "locale")


def merchant_url(endpoint: str, **values: str | int) -> str:
    """The address of one of our pages that keeps what the admin said in this one's."""
    kept: dict[str, Any] = {name: request.args[name] for name in _KEPT if request.args.get(name)}
    return url_for(endpoint, **kept | values)
