from __future__ import annotations

from handcart_webhooks.inbox_battery import InboxBattery


class TestInbox(InboxBattery):
    """The deliveries keep every promise of a queue, and each is kept once."""
