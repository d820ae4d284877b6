"""How long deliveries take, how many wait and rest, and for how long, for Prometheus.

Durations are counted where they pass; depths and lags are read from the database when somebody
asks, so every process of a cluster shows the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from handcart.measures import SECONDS
from handcart.storage.outbox import outbox
from handcart.storage.queue import Queue

from .inbox import inbox

if TYPE_CHECKING:
    from handcart.app import Handcart

commit_seconds = Histogram(
    "handcart_webhook_commit_seconds",
    "From a verified delivery to its being durable",
    buckets=SECONDS,
)
handle_seconds = Histogram(
    "handcart_webhook_handle_seconds",
    "How long each try of a delivery took, by topic",
    ["topic"],
    buckets=SECONDS,
)
_QUEUES = {"deliveries": inbox, "tasks": outbox}
_STATES = ("waiting", "dead")


class Gauges(Collector):
    """The depth and the lag of inbox and outbox, of all shops together."""

    def __init__(self, app: Handcart) -> None:
        self._app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Nothing while the database is away: a gap in the graph says so."""
        depth = GaugeMetricFamily(
            "handcart_queue_rows", "Rows that wait or rest", labels=["queue", "state"]
        )
        lag = GaugeMetricFamily(
            "handcart_queue_lag_seconds",
            "How long the row that is due for longest has waited",
            labels=["queue"],
        )
        try:
            with self._app.db.reading() as view:
                for name, queue in _QUEUES.items():
                    for state, rows in _depth(view, queue).items():
                        depth.add_metric([name, state], rows)
                    lag.add_metric([name], self._lag(view, queue))
        except SQLAlchemyError:
            return
        yield depth
        yield lag

    def _lag(self, view: Connection, queue: Queue) -> float:
        due = queue.next_due(view)
        return max(0.0, (self._app.clock() - due).total_seconds()) if due else 0.0


def gauges_of(app: Handcart) -> CollectorRegistry:
    """A registry of its own, so that two apps in one process do not show each other's."""
    registry = CollectorRegistry()
    registry.register(Gauges(app))
    return registry


def _depth(view: Connection, queue: Queue) -> dict[str, int]:
    row = queue.table.c
    counted = select(row.state, func.count().label("rows")).where(row.state.in_(_STATES))
    found = {each.state: each.rows for each in view.execute(counted.group_by(row.state))}
    return {state: found.get(state, 0) for state in _STATES}
