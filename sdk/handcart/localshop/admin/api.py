"""What the app calls: the token endpoint and the Admin GraphQL API."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import orjson
from flask import Blueprint, Response, abort, request, send_file

from .. import admin_api, tokens
from ..admin_api import bulk
from ..site import here

blueprint = Blueprint("admin_api", __name__)


@blueprint.post("/admin/oauth/access_token")
def access_token() -> Response:
    """JSON or form in, as the platform accepts both."""
    body = _json() if request.mimetype == "application/json" else request.form.to_dict()
    if not isinstance(body, dict):
        return _answer(400, {"error": "invalid_request"})
    return _answer(*tokens.token_endpoint(here().world, body))


@blueprint.post("/admin/api/<version>/graphql.json")
def graphql(version: str) -> Response:
    """Errors of the query are in the body of a 200; only a dead token and a bad body are not."""
    body = _json()
    if not isinstance(body, dict):
        return _answer(400, {"errors": "The request body is not a JSON object"})
    here().world.admin_state["url"] = here().url
    token = request.headers.get("X-Shopify-Access-Token", "")
    status, payload, headers = admin_api.execute(here().world, token=token, body=body)
    response = _answer(status, payload)
    response.headers.setdefault("X-Shopify-API-Version", version)
    for name, value in headers.items():
        response.headers[name] = value
    return response


@blueprint.get("/_local/bulk/<int:number>.jsonl")
def bulk_result(number: int) -> Response:
    """What a bulk operation found, or a part of it (Range)."""
    found = bulk.kept(here().world).get(number)
    if found is None or found.status != "COMPLETED":
        abort(404)
    return send_file(
        BytesIO(found.result),
        mimetype="application/jsonl",
        conditional=True,
        etag=f"bulk-{number}",
        download_name="result.jsonl",
    )


@blueprint.post("/_local/bulk/upload")
def upload() -> tuple[str, int]:
    """Where the lines of a bulk mutation are put, under the key that was given for them."""
    file, key = request.files.get("file"), request.form.get("key", "")
    if file is None or not key:
        abort(400)
    with here().world.lock:
        bulk.uploads(here().world)[key] = file.read()
    return "", 201


def _json() -> Any:
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        return None


def _answer(status: int, payload: Any) -> Response:
    return Response(orjson.dumps(payload), status, mimetype="application/json")
