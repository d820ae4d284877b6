"""Shops that left and were never heard of again: erased without being asked.

The platform asks for it 48 hours after the uninstall (shopify.dev, "Privacy law compliance"). Its
request may be lost like any other webhook, and what a shop left behind must not lie here for good.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from handcart.compliance import service as compliance
from handcart.injection import LONGEST_LIMIT
from handcart.shops import store
from handcart.shops.model import REDACT_DELAY

if TYPE_CHECKING:
    from handcart.app import Handcart

# A webhook may come a day late; its receipt is the better one.
GRACE = timedelta(days=1)


class Lapsing:
    """An hourly job of one app."""

    def __init__(self, app: Handcart) -> None:
        self._app = app

    def schedule(self) -> None:
        """From now on the app erases by itself."""
        self._app.job(every="1h", limit=LONGEST_LIMIT)(self.erase_lapsed)

    def erase_lapsed(self, now: datetime) -> None:
        """Nothing is left of shops that left three days ago; a receipt of each is kept.

        Each is erased in a transaction of its own; one that comes back meanwhile stays.
        """
        with self._app.db.reading() as view:
            lapsed = store.left_before(view, now - REDACT_DELAY - GRACE)
        for shop, left_at in lapsed:
            with self._app.db.writing() as work:
                compliance.erase_shop(
                    work,
                    shop,
                    request_id=f"uninstalled {left_at:%Y-%m-%dT%H:%M:%SZ}",
                    asked_at=left_at + REDACT_DELAY,
                    at=now,
                )
