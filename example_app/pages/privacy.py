"""Privacy: what customers asked to see of themselves, to be passed on, and what was erased."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from handcart.compliance import readable, service
from handcart.compliance.model import Export
from handcart.errors import BadInput
from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .looking import look
from .translate import day_and_clock, gettext, locale
from .words import EXPORTED, RECEIPTS

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/privacy")
@merchant_required
def privacy() -> ResponseReturnValue:
    look(g.merchant.shop)
    with handcart().db.reading() as view:
        exports = service.exports_of(view, g.merchant.shop)
        receipts = service.receipts_of(view, g.merchant.shop)
    return render_template("privacy.html", exports=exports, receipts=receipts, counted=RECEIPTS)


@blueprint.get("/privacy/export")
@merchant_required
def export() -> ResponseReturnValue:
    """The export that answers one request (``?id=``), to be read."""
    found = _export()
    article = readable.article(found.content, _words())
    return render_template("export.html", export=found, article=article)


@blueprint.get("/privacy/export.json")
@merchant_required
def export_as_json() -> Response:
    """The same as a file for programs."""
    found = _export()
    text = orjson.dumps(found.content, option=orjson.OPT_INDENT_2)
    return _file(found, text, kind="application/json", ending="json")


@blueprint.get("/privacy/export.html")
@merchant_required
def export_as_html() -> Response:
    """The same as a file for people."""
    found = _export()
    text = readable.document(
        found.content,
        title=gettext("What %(shop)s knows of you", shop=look(g.merchant.shop).name),
        words=_words(),
        language=locale().language,
        direction=locale().text_direction,
    )
    return _file(found, text.encode(), kind="text/html; charset=utf-8", ending="html")


def _export() -> Export:
    look(g.merchant.shop)
    request_id = request.args.get("id", "")
    if not request_id:
        raise BadInput("request_id_missing")
    with handcart().db.reading() as view:
        return service.export_of(view, g.merchant.shop, request_id)


def _file(export: Export, text: bytes, *, kind: str, ending: str) -> Response:
    answer = make_response(text)
    name = f"customer-{export.customer_id}-{export.asked_at:%Y-%m-%d}.{ending}"
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _words() -> readable.Words:
    return readable.Words(label=_label, text=_text, nothing=gettext("Nothing."))


def _label(key: str) -> str:
    return EXPORTED[key].now() if key in EXPORTED else readable.plain_label(key)


def _text(value: Any) -> str:
    moment = readable.moment_of(value)
    if moment is not None:
        return f"{moment.year}, {day_and_clock(moment)}"
    return readable.plain_text(value)
