"""What the merchant pays for, and how long they may still try; a sample, so nobody is charged."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from handcart.platform.shopify.charges import Offer
from handcart.shops import billing
from handcart.web import handcart
from handcart.web.billing import to_offer
from handcart.web.embedded import merchant_required
from handcart.web.errors import answer_error, wants_page

from .looking import look

OFFER = Offer("Handcart", Decimal("29.90"), "EUR")

blueprint = Blueprint("plan", __name__)


@blueprint.get("/plan")
@merchant_required
def choose() -> ResponseReturnValue:
    """The platform's question whether the merchant agrees to pay."""
    return to_offer(OFFER, test=True)


def access() -> billing.Access:
    """Where the shop of the merchant who looks stands."""
    app = handcart()
    with app.db.reading() as view:
        return billing.access_of(view, g.merchant.shop, at=app.clock())


def refuse(error: billing.TrialOver) -> ResponseReturnValue:
    """The notice with the way to a plan, wherever it was that somebody wanted to change something.

    A script is told where it stands on every page, so that nothing else of the page is lost.
    """
    if not wants_page():
        return answer_error(error)
    look(g.merchant.shop)
    if "HX-Request" in request.headers and "HX-Boosted" not in request.headers:
        where = {"HX-Retarget": "#plan", "HX-Reselect": "#plan", "HX-Reswap": "outerHTML"}
        return render_template("_plan.html", refused_now=True), error.status, where
    return render_template("trial_over.html", refused_now=True), error.status
