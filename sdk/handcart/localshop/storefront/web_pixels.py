"""Where the app's web pixel runs: a worker that hears the shop's events and sees nothing else."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, abort, url_for

from .. import pixels
from ..site import here

blueprint = Blueprint("web_pixels", __name__)

_PACKAGE = re.compile(r"""(["'])@shopify/web-pixels-extension\1""")


def running() -> list[dict[str, Any]]:
    """What the page has to start: address, settings, and what the visitor has to agree to."""
    app = here().app
    pixel = pixels.runs(here().world, app.client_id)
    if pixel is None or app.pixel is None:
        return []
    source = f"/cdn/web-pixels/{pixel.id}.js"
    return [{"src": source, "settings": pixel.settings, "purposes": app.pixel.purposes}]


@blueprint.get("/cdn/web-pixels/<int:number>.js")
def script(number: int) -> Response:
    """The extension's module; the platform's package is where its import says, and is ours."""
    app = here().app
    pixel = pixels.runs(here().world, app.client_id)
    if pixel is None or pixel.id != number or app.pixel is None:
        abort(404)
    api = url_for("static", filename="web-pixel.js")
    source = _PACKAGE.sub(f'"{api}"', app.pixel.script.read_text(encoding="utf-8"))
    response = Response(source, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
