"""The way from an order's status page to the page of its pickup.

Whoever holds the order's token may see the order, and so its pickup; the token is 128 random bits
and we keep its hash only.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify

from ..locales import LOCALE
from ..pickups import PageLink, Phase, Pickup, service, sign_link
from . import handcart
from .proxy import ProxyRequest, proxied

blueprint = Blueprint("pickup_link", __name__)

_LABELS: Mapping[Phase, str] = {
    Phase.REQUESTED: "Follow your pickup",
    Phase.READY: "Ready: show your pickup code",
    Phase.COLLECTED: "See your pickup",
    Phase.CANCELLED: "See your pickup",
}


@blueprint.get("/proxy/pickup")
@proxied
def pickup_link(asked: ProxyRequest) -> Response:
    """``?order=TOKEN`` → ``{"url", "label", "state"}``; all null while the order has no pickup.

    With ``&locale=`` the page it leads to speaks that language, as the page that asks does.
    An order without one is nothing wrong, and whether a token is known is nobody's business.
    """
    with handcart().db.reading() as view:
        pickup = service.find_by_order_token(view, asked.shop, asked.params.get("order", ""))
    if pickup is None:
        return jsonify(url=None, label=None, state=None)
    locale = asked.params.get("locale", "")
    spoken = f"?locale={locale}" if LOCALE.fullmatch(locale) else ""
    return jsonify(
        url=page_url(asked.shop, pickup) + spoken,
        label=_LABELS[pickup.phase],
        state=pickup.state.value,
    )


def page_url(shop: str, pickup: Pickup) -> str:
    """The shopper's page of a pickup, with a link that only we can make."""
    app = handcart()
    link = PageLink(shop, pickup.pickup_id, pickup.generation)
    return f"{app.settings.app_url}/pickup/{sign_link(app.keyring, link)}"
