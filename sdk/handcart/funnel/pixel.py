"""The shop's web pixel: made, and kept at the settings that the app wants.

Its script is an extension of the app; in a shop it runs once ``webPixelCreate`` has been called
(shopify.dev, Build web pixels). It takes the scopes ``write_pixels`` and ``read_customer_events``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import UserErrors
from ..keys import Keyring
from ..platform.port import Admin
from ..platform.shopify.documents import document
from .service import open_ticket, seal_ticket

SCOPES = frozenset({"write_pixels", "read_customer_events"})


def keep(admin: Admin, *, shop: str, endpoint: str, keyring: Keyring) -> bool:
    """The shop has the app's pixel, and it reports to ``endpoint`` with a ticket that is good.

    True when something was changed. May be called again at any time; raises what
    ``Admin.execute`` does.
    """
    wanted = {"endpoint": endpoint, "ticket": seal_ticket(keyring, shop)}
    try:
        admin.execute(document("pixel_create"), {"wanted": {"settings": wanted}})
        return True
    except UserErrors as refused:
        if {error.code for error in refused.errors} != {"TAKEN"}:
            raise
    held = admin.execute(document("pixel"))["webPixel"]
    settings = _read(held["settings"])
    ticket = str(settings.get("ticket", ""))
    if settings.get("endpoint") == endpoint and open_ticket(keyring, ticket) == shop:
        return False
    admin.execute(document("pixel_update"), {"id": held["id"], "wanted": {"settings": wanted}})
    return True


def _read(settings: Any) -> Mapping[str, Any]:
    """The platform writes the settings as JSON, or as JSON in a text."""
    read = json.loads(settings) if isinstance(settings, str) else settings
    return read if isinstance(read, dict) else {}
