"""How long tasks take, how they end, and which never come back, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# From a transaction on a fast disk to a platform that takes its time.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

task_seconds = Histogram(
    "handcart_task_seconds", "How long each try of a task took, by kind", ["kind"], buckets=SECONDS
)
left_behind = Gauge(
    "handcart_handlers_left_behind",
    "Developers' functions that took longer than their limit and run on",
    ["name"],
)
tasks_tried = Counter(
    "handcart_tasks_tried", "Tries of tasks, by kind and how they ended", ["kind", "end"]
)
