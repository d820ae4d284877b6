"""Is the process alive, can it serve, and what has it counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .measures import gauges_of

if TYPE_CHECKING:
    from handcart.app import Handcart


def add_to(pages: Flask, app: Handcart) -> None:
    """``/healthz``, ``/readyz`` and ``/metrics`` are among the pages."""
    door = Blueprint("status", __name__)
    gauges = gauges_of(app)

    @door.get("/healthz")
    def alive() -> Response:
        return jsonify({"status": "alive"})

    @door.get("/readyz")
    def ready() -> tuple[Response, int]:
        try:
            with app.db.reading() as view:
                view.execute(text("SELECT 1 FROM deliveries LIMIT 1"))
        except SQLAlchemyError:
            return jsonify({"status": "database_unreachable"}), 503
        return jsonify({"status": "ready"}), 200

    @door.get("/metrics")
    def metrics() -> Response:
        text = generate_latest() + generate_latest(gauges)
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    if "status" not in pages.blueprints:
        pages.register_blueprint(door)
