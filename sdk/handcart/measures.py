"""How long tasks take and how they end, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

# From a transaction on a fast disk to a platform that takes its time.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

task_seconds = Histogram(
    "handcart_task_seconds", "How long each try of a task took, by kind", ["kind"], buckets=SECONDS
)
tasks_tried = Counter(
    "handcart_tasks_tried", "Tries of tasks, by kind and how they ended", ["kind", "end"]
)
