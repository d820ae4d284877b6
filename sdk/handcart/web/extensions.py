"""Doors for extensions: scripts that run in the till, the checkout, the customer's account, the
admin, each in a frame of its own origin.

They bring a token as ``Authorization: Bearer`` and no cookies, so any origin may call: what counts
is the token. The browser asks first (OPTIONS) and is told so; every answer carries the same
headers, an error's too, or the extension could not read why it was refused
(shopify.dev, Handle CORS for extensions).

::

    @blueprint.post("/till/lookup")
    @staff_required
    def lookup() -> dict[str, str]:
        return {"shop": g.merchant.shop}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from ..errors import NotVerified
from ..platform.shopify.verify import verify_id_token, verify_shopper_token
from . import handcart
from .embedded import REAUTHORIZE, Merchant, bearer
from .plan_required import check_plan

blueprint = Blueprint("extensions", __name__)

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": REAUTHORIZE,
    "Access-Control-Max-Age": "7200",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is in the checkout or the account: ``customer_id`` is None when not signed in."""

    shop: str
    customer_id: int | None


def staff_required(view: View[P]) -> View[P]:
    """Call ``view`` only for staff of the shop, who are then ``flask.g.merchant``.

    For extensions of the admin and of the till; there it is who signed in to the till, and not
    who entered the PIN last. The shop has usable tokens by then, and a trial or a plan where the
    view is not ``open_without_plan``.
    """

    def who() -> None:
        app = handcart()
        token = bearer()
        verdict = verify_id_token(
            token, api_key=app.settings.api_key, secrets=app.settings.api_secrets, at=app.clock()
        )
        if not verdict.ok:
            raise NotVerified(verdict.reason, "the ID token does not prove who this is")
        app.grants.ensure(verdict.shop, token)
        g.merchant = Merchant(shop=verdict.shop, user_id=verdict.user_id, id_token=token)
        check_plan(view)

    return open_to_any_origin(view, who)


def shopper_required(view: View[P]) -> View[P]:
    """Call ``view`` only for a shopper of a shop, who is then ``flask.g.visitor``.

    For extensions of the checkout and of the customer's account.
    """

    def who() -> None:
        app = handcart()
        verdict = verify_shopper_token(
            bearer(),
            api_key=app.settings.api_key,
            secrets=app.settings.api_secrets,
            at=app.clock(),
        )
        if not verdict.ok:
            raise NotVerified(verdict.reason, "the token does not prove whose checkout this is")
        g.visitor = Visitor(shop=verdict.shop, customer_id=verdict.customer_id)

    return open_to_any_origin(view, who)


def open_to_any_origin(view: View[P], who: Callable[[], None]) -> View[P]:
    """``view``, after ``who`` had nothing against it, with the headers that every answer needs."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        g.any_origin = True
        if request.method == "OPTIONS":
            return "", 204
        who()
        return view(*args, **kwargs)

    # Flask would answer OPTIONS itself, without the headers.
    options: Any = guarded
    options.provide_automatic_options = False
    options.required_methods = {"OPTIONS"}
    return guarded


@blueprint.after_app_request
def answer_any_origin(answer: Response) -> Response:
    if g.get("any_origin"):
        answer.headers.update(_HEADERS)
        answer.headers.pop("Content-Security-Policy", None)
    return answer
