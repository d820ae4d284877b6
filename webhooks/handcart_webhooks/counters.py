"""What is counted about webhooks; ``GET /metrics`` shows it in Prometheus's format."""

from __future__ import annotations

from prometheus_client import Counter

received = Counter(
    "handcart_webhooks_received", "Deliveries answered, by the code of the answer", ["code"]
)
handled = Counter(
    "handcart_webhooks_handled", "Deliveries that ended, by topic and how", ["topic", "end"]
)
reconciled = Counter(
    "handcart_reconciled",
    "What sweeps found, and what of it no webhook had told",
    ["resource", "outcome"],
)
