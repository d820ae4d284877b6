"""One place where meaning becomes HTTP: HandcartError, what Flask refuses, a database that does."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template_string, request
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from ..errors import HandcartError, Throttled

log = logging.getLogger(__name__)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title></head>
<body><main><h1>{{ title }}</h1><p>{{ message }}</p><p><small>{{ code }}</small></p></main></body>
</html>
"""


def answer_errors(flask: Flask) -> None:
    """Answer every error as JSON, or as a small page to whoever asks for HTML."""
    flask.register_error_handler(HandcartError, answer_error)
    flask.register_error_handler(HTTPException, _flask)
    flask.register_error_handler(OperationalError, _database)
    flask.register_error_handler(InternalError, _database)  # PostgreSQL, read-only as it moves
    flask.register_error_handler(NoConnection, _database)


def answer_error(error: HandcartError) -> Response:
    """JSON with the code, or a small page that shows it."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s %s answered %s", request.method, request.endpoint, error.code)
    answer = _answer(error.status, error.code, str(error))
    if isinstance(error, Throttled):
        answer.headers["Retry-After"] = str(round(error.wait) or 1)
    return answer


def _flask(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code = error.name.lower().replace(" ", "_")
    answer = _answer(status, code, error.description or error.name)
    kept = error.get_response().headers
    for name in ("Allow", "Location", "Retry-After"):
        if name in kept:
            answer.headers[name] = kept[name]
    return answer


def _database(error: Exception) -> Response:
    """Gone, full, locked, or one of two that waited for each other: nothing of it has happened."""
    log.error("%s %s: the database: %s", request.method, request.endpoint, type(error).__name__)
    answer = _answer(503, "store_busy", "nothing was changed; try again in a moment")
    answer.headers["Retry-After"] = "2"
    return answer


def wants_page() -> bool:
    """True for whoever would rather read HTML than JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _answer(status: int, code: str, message: str) -> Response:
    if wants_page():
        title = HTTPStatus(status).phrase
        page = render_template_string(_PAGE, title=title, message=message, code=code)
        answer = Response(page, content_type="text/html; charset=utf-8")
    else:
        answer = jsonify({"error": {"code": code, "message": message}})
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
