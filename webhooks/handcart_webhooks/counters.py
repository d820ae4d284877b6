"""What is counted about webhooks; ``GET /metrics`` shows it in Prometheus's format."""

from __future__ import annotations

from prometheus_client import Counter

received = Counter(
    "handcart_webhooks_received", "Deliveries answered, by the code of the answer", ["code"]
)
handled = Counter(
    "handcart_webhooks_handled", "Deliveries that ended, by topic and how", ["topic", "end"]
)
