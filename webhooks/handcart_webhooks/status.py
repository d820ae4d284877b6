"""Is the process alive, can it serve, and what has it counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .measures import gauges_of

if TYPE_CHECKING:
    from handcart.app import Handcart


def add_to(pages: Flask, app: Handcart, *, receives: Callable[[], bool | None]) -> None:
    """``/healthz``, ``/readyz`` and ``/metrics`` are among the pages.

    With a broker in front, ``receives()`` says whether it takes deliveries, else None. The process
    is ready then even while the database is away, for it goes on acknowledging.
    """
    door = Blueprint("status", __name__)
    gauges = gauges_of(app)

    @door.get("/healthz")
    def alive() -> Response:
        return jsonify({"status": "alive"})

    @door.get("/readyz")
    def ready() -> tuple[Response, int]:
        received = receives()
        if received is False:
            return jsonify({"status": "broker_unreachable"}), 503
        try:
            with app.db.reading() as view:
                view.execute(text("SELECT 1 FROM deliveries LIMIT 1"))
        except SQLAlchemyError:
            return jsonify({"status": "database_unreachable"}), 200 if received else 503
        return jsonify({"status": "ready"}), 200

    @door.get("/metrics")
    def metrics() -> Response:
        text = generate_latest() + generate_latest(gauges)
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    if "status" not in pages.blueprints:
        pages.register_blueprint(door)
