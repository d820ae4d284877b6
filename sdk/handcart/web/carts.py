"""The door of the storefront script: one platform cart in, what it should hold out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from ..app import Handcart
from ..carts import service
from ..carts.answer import Answer
from ..carts.goods import Known
from ..carts.line import item_to_json
from ..carts.line_key import Item
from ..carts.listening import Channel, open_ticket, seal_ticket, version_of
from ..carts.merging import UNDO_WITHIN
from ..carts.sighting import Sighting
from ..carts.store import Adoption
from ..errors import Denied, StaleWrite
from . import handcart
from .cart_schema import read_sync
from .device import open_device, seal_device
from .live import PATH as LIVE
from .proxy import ProxyRequest, proxied

blueprint = Blueprint("carts", __name__)
_TRIES = 4


@blueprint.post("/proxy/cart")
@proxied
def sync_cart(asked: ProxyRequest) -> Response:
    """Take the shopper's changes in this browser and answer what its cart should hold now."""
    app = handcart()
    sighting, token = read_sync(asked.body)
    device_id = open_device(app.keyring, asked.shop, token) if token else None
    answer = _synced(app, asked, sighting, device_id)
    sealed = answer.device_id and seal_device(app.keyring, asked.shop, answer.device_id)
    return jsonify({**answer_json(answer, device=sealed), "live": _live(app, asked.shop, answer)})


@blueprint.get("/proxy/cart")
@proxied
def cart_version(asked: ProxyRequest) -> Response:
    """``?ticket=…`` → ``{"version": 17}``; 304 for the version that ``If-None-Match`` names.

    For browsers that cannot listen. A proxy may strip the header, so ``known=17`` says the same.
    """
    app = handcart()
    channel = open_ticket(app.keyring, asked.params.get("ticket", ""))
    if channel is None or channel.shop != asked.shop:
        raise Denied("ticket_not_valid", "report the cart to get a new ticket")
    with app.db.reading() as view:
        version = version_of(view, channel)
    tag = f'"{version}"'
    same = request.headers.get("If-None-Match") == tag or asked.params.get("known") == str(version)
    answer = Response(status=304) if same else jsonify(version=version)
    answer.headers["ETag"] = tag
    return answer


def _live(app: Handcart, shop: str, answer: Answer) -> dict[str, Any] | None:
    """Where to listen for the next version of the cart, and which one this answer is about."""
    if not answer.cart_id:
        return None
    ticket = seal_ticket(app.keyring, Channel(shop, answer.cart_id))
    return {
        "url": f"{app.settings.app_url}{LIVE}",
        "ticket": ticket,
        "cart": answer.cart_id,
        "version": answer.cart_version,
    }


def _synced(
    app: Handcart, asked: ProxyRequest, sighting: Sighting, device_id: str | None
) -> Answer:
    """The answer of the first try that nobody else disturbed."""
    for left in reversed(range(_TRIES)):
        try:
            with app.db.writing() as work:
                return service.sync(
                    work,
                    asked.shop,
                    sighting,
                    device_id=device_id,
                    customer_id=asked.customer_id,
                    at=app.clock(),
                    policy=app.adoption_policy,
                )
        except StaleWrite:
            if not left:
                raise
    raise AssertionError("unreachable")


def answer_json(answer: Answer, *, device: str | None) -> dict[str, Any]:
    """The answer as the script reads it; ``device`` is the token it has to keep."""
    return {
        "device": device,
        "version": answer.version,
        "lines": [_line(item, quantity) for item, quantity in answer.lines],
        "write": {
            "set": [{"index": index, "quantity": quantity} for index, quantity in answer.sets],
            "add": [
                {**_line(item, quantity), **({"parent_id": parent} if parent else {})}
                for item, quantity, parent in answer.adds
            ],
        },
        "keys": list(answer.keys),
        "changed": [
            {**item_to_json(change.item), "before": change.before, "now": change.now}
            for change in answer.changed
        ],
        "short": [
            {**_described(item, wanted, answer.goods), "gone": item in answer.gone}
            for item, wanted in answer.short
        ],
        "saved": [_described(item, quantity, answer.goods) for item, quantity in answer.saved],
        "prices": [
            {**change.to_json(), "title": answer.goods.get(change.item.key, {}).get("title", "")}
            for change in answer.prices
        ],
        "undo": answer.undo and _undo(answer.undo),
        "asks": answer.asks and _asks(answer.asks),
        "bought": [{**_line(one.item, one.quantity), "title": one.title} for one in answer.bought],
        "added_by": {key: str(who["name"]) for key, who in answer.added_by.items()},
        "cleared": answer.cleared,
        "stale": answer.stale,
        "read_at": answer.read_at,
        "again": answer.again,
    }


def _line(item: Item, quantity: int) -> dict[str, Any]:
    return {**item_to_json(item), "quantity": quantity}


def _described(item: Item, quantity: int, goods: Known) -> dict[str, Any]:
    """A line that the platform's cart does not show, with how it looked."""
    known = goods.get(item.key, {})
    shown = {name: known.get(name, "") for name in ("title", "url", "image")}
    return {**_line(item, quantity), "key": item.key, **shown, "prices": known.get("prices", {})}


def _asks(adoption: Adoption) -> dict[str, Any]:
    return {
        "about": adoption.guest_cart_id,
        "lines": [item_to_json(line.item) for line in adoption.receipt if line.rule == "ask"],
    }


def _undo(adoption: Adoption) -> dict[str, Any]:
    return {
        "about": adoption.guest_cart_id,
        "until": (adoption.at + UNDO_WITHIN).isoformat(),
        "lines": [
            {**item_to_json(line.item), "before": line.before, "now": line.now}
            for line in adoption.receipt
            if line.dot
        ],
    }
