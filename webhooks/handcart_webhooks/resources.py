"""Which resource a delivery is about, read from the first bytes without parsing them.

This decides which deliveries wait for which, and nothing else: whether an event may change
something is decided by its dates once it is parsed. So a wrong guess costs order, not truth.
"""

from __future__ import annotations

import re

_ID = rb'"id"\s*:\s*"?(?:gid://[A-Za-z]+/[A-Za-z]+/)?([A-Za-z0-9_-]{1,80})'
_FIRST_ID = re.compile(_ID)
_FIRST_XML_ID = re.compile(rb"<id[^<>]{0,40}>([A-Za-z0-9_-]{1,80})</id>")
_ITEM = re.compile(rb'"inventory_item_id"\s*:\s*(\d{1,20})')
_CUSTOMER = re.compile(rb'"customer"\s*:\s*\{[^{}]*?' + _ID)
_PATTERNS = {
    "app": None,
    "shop": None,
    "bulk_operations": None,
    "customers": _CUSTOMER,
    "inventory_levels": _ITEM,
}


def resource_of(topic: str, body: bytes, *, webhook_id: str) -> str:
    """``orders:450789469``, ``carts:<token>``, ``inventory_levels:<item>`` or ``app``."""
    noun = topic.partition("/")[0]
    pattern = _PATTERNS.get(noun, _FIRST_ID)
    if pattern is None:
        return "app"
    found = (_FIRST_XML_ID if body.startswith(b"<") else pattern).search(body)
    return f"{noun}:{found[1].decode()}" if found else f"webhook:{webhook_id}"
