"""The door of a handoff: a link and its QR code, opened elsewhere, confirmed here."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import segno
from flask import Blueprint, Response, jsonify
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from ..carts import handing_over
from ..carts.sighting import Sighting, split_token
from ..errors import BadInput, RuleBroken, StaleWrite
from . import handcart
from .device import open_device, seal_device
from .proxy import ProxyRequest, proxied

blueprint = Blueprint("handoff", __name__)
_SHORT = validate.Length(max=500)


class _Asked(Schema):
    """What a browser says of itself, and of the handoff."""

    class Meta:
        unknown = EXCLUDE

    token = fields.String(required=True, validate=validate.Length(min=1, max=255))
    device = fields.String(load_default=None, allow_none=True, validate=_SHORT)
    page = fields.String(load_default="", validate=validate.Length(max=200))
    handoff = fields.String(load_default="", validate=validate.Regexp(r"^[0-9a-f]{0,32}\Z"))
    secret = fields.String(load_default="", validate=validate.Regexp(r"^[A-Za-z0-9_-]{0,64}\Z"))
    give = fields.Boolean(load_default=False)


_ASKED = _Asked()


@blueprint.post("/proxy/handoff")
@proxied
def offer(asked: ProxyRequest) -> Response:
    """A link for the other device, as text and as a QR code, good for ten minutes."""
    data, sighting, device_id = _read(asked)
    page = _page(data["page"])
    app = handcart()
    with app.db.writing() as work:
        made = handing_over.offer(work, asked.shop, sighting, device_id=device_id, at=app.clock())
    link = f"{page}#handcart={made.secret}"
    return jsonify(
        handoff=made.handoff.handoff_id,
        link=link,
        code=made.secret,
        qr=segno.make(link, error="m").svg_data_uri(scale=5, border=2, light="#fff"),
        seconds=int(handing_over.GOOD_FOR.total_seconds()),
    )


@blueprint.post("/proxy/handoff/state")
@proxied
def state(asked: ProxyRequest) -> Response:
    """How far it has come, for the device that made the link."""
    data, sighting, device_id = _read(asked)
    app = handcart()
    with app.db.reading() as view:
        handoff = handing_over.offered(
            view, asked.shop, data["handoff"], sighting, device_id=device_id, at=app.clock()
        )
    return jsonify(state=handoff.state, check=handoff.check)


@blueprint.post("/proxy/handoff/decision")
@proxied
def decide(asked: ProxyRequest) -> Response:
    """The owner says whether the other device may have it."""
    data, sighting, device_id = _read(asked)
    app = handcart()
    with app.db.writing() as work:
        handoff = handing_over.decide(
            work,
            asked.shop,
            data["handoff"],
            sighting,
            give=data["give"],
            device_id=device_id,
            at=app.clock(),
        )
    return jsonify(state=handoff.state, check=handoff.check)


@blueprint.post("/proxy/handoff/claim")
@proxied
def claim(asked: ProxyRequest) -> Response:
    """The other device opens the link, and asks again until it is given or refused."""
    data, sighting, device_id = _read(asked)
    app = handcart()
    try:
        with app.db.writing() as work:
            claimed = handing_over.claim(
                work,
                asked.shop,
                data["secret"],
                sighting,
                device_id=device_id,
                customer_id=asked.customer_id,
                at=app.clock(),
            )
    except StaleWrite:
        raise RuleBroken("handoff_busy", "somebody else was first; ask again") from None
    device = claimed.device_id and seal_device(app.keyring, asked.shop, claimed.device_id)
    return jsonify(state=claimed.state, check=claimed.check, device=device)


def _read(asked: ProxyRequest) -> tuple[dict[str, Any], Sighting, str | None]:
    try:
        data: dict[str, Any] = _ASKED.load(json.loads(asked.body))
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadInput("handoff_not_valid", "a handoff names its platform cart") from error
    token, digest = split_token(data["token"])
    if not token or "\x00" in token or not token.isascii():
        raise BadInput("handoff_not_valid", "a handoff names its platform cart")
    device = data["device"]
    device_id = open_device(handcart().keyring, asked.shop, device) if device else None
    return data, Sighting(token, digest, ()), device_id


def _page(address: str) -> str:
    """The storefront's own address, as the browser sees it; it goes into its own QR code only."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise BadInput("handoff_not_valid", "page is the address of the shop")
    return address
