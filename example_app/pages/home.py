"""The merchant's home: what waits where, and whether the platform's news arrive."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template
from flask.typing import ResponseReturnValue

from handcart.web import handcart
from handcart.web.embedded import merchant_required

from .fragments import fragment, is_known, tag_of, unchanged
from .looking import look
from .overview import Overview, overview_of
from .words import TOPICS

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@merchant_required
def home() -> ResponseReturnValue:
    shop = look(g.merchant.shop)
    overview = _overview(shop.domain)
    return render_template(
        "home.html",
        shop=shop,
        overview=overview,
        tag=tag_of(overview),
        topics=TOPICS,
    )


@blueprint.get("/overview")
@merchant_required
def figures() -> Response:
    """The part of the page that keeps itself up to date."""
    shop = look(g.merchant.shop)
    overview = _overview(shop.domain)
    tag = tag_of(overview)
    if is_known(tag):
        return unchanged(tag)
    html = render_template("_overview.html", overview=overview, tag=tag, topics=TOPICS)
    return fragment(html, tag=tag)


def _overview(shop: str) -> Overview:
    with handcart().db.reading() as view:
        return overview_of(view, shop, at=g.now)
