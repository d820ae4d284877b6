"""What is counted about the broker; ``GET /metrics`` shows it in Prometheus's format."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

published = Counter("handcart_broker_published", "Messages handed to the broker")
ended = Counter(
    "handcart_broker_ended",
    "How offered deliveries ended: confirmed, refused, returned, timed_out",
    ["outcome"],
)
connected = Gauge("handcart_broker_connected", "Whether this process can publish (1) or not (0)")
consumed = Counter(
    "handcart_broker_consumed",
    "Messages that were read: kept, known (kept before) or buried (with the dead letters)",
    ["outcome"],
)
