"""Global ids: ``gid://shopify/Order/1`` on the wire, 1 inside."""

from __future__ import annotations

import re

from ...errors import PlatformError

_GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]+)(?:\?.*)?")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(text: str) -> int:
    """The integer in a global id; raises PlatformError when ``text`` is none."""
    match = _GID.fullmatch(text)
    if match is None:
        raise PlatformError("gid_malformed", "the platform sent an id that cannot be read")
    return int(match[1])
