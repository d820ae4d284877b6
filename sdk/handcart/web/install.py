"""Installing without the admin around us: the authorization code grant, for standalone apps.

An embedded app needs none of this: the platform asks the merchant for consent itself, and the ID
token of the first page is exchanged (``embedded.py``). Here the merchant's browser is sent to the
platform and comes back with a code. What ties the two together is a ``state`` in a signed cookie
of this browser; what the platform says is signed, too (shopify.dev, Authorization code grant).

Nobody can be sent anywhere but to a shop's own address, and back to ``/auth/callback`` alone.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from itsdangerous import BadData
from werkzeug.wrappers import Response

from ..errors import BadInput, NotVerified
from ..platform.shopify.shop_domain import shop_domain
from ..platform.shopify.verify import QueryVerdict, verify_query
from . import handcart

blueprint = Blueprint("install", __name__)

INSTALL_PATH = "/auth/install"
CALLBACK_PATH = "/auth/callback"
_COOKIE = "handcart_state"
# Reading what an app wants to do takes a while, but not this long.
_PATIENCE = 600


@blueprint.get(INSTALL_PATH)
def begin() -> Response:
    """Send the merchant of ``?shop=`` to the platform's question whether to install the app."""
    app = handcart()
    shop = shop_domain(request.args.get("shop", ""))
    if shop is None:
        raise BadInput("shop_malformed", "say which shop: ?shop=name.myshopify.com")
    state = secrets.token_urlsafe(32)
    # No scopes: the platform knows them from shopify.app.toml, as it does for every install.
    asked = {"client_id": app.settings.api_key, "redirect_uri": _callback(), "state": state}
    answer = redirect(f"{app.settings.platform_for(shop)}/admin/oauth/authorize?{urlencode(asked)}")
    _remember(answer, shop, state)
    return answer


@blueprint.get(CALLBACK_PATH)
def finish() -> Response:
    """The merchant said yes: the code is exchanged and the shop's admin shows the app."""
    app = handcart()
    verdict = verify_query(request.query_string, secrets=app.settings.api_secrets, at=app.clock())
    if not verdict.ok:
        raise NotVerified(verdict.reason, "the platform did not sign this address")
    _check_state(verdict)
    code = dict(verdict.params).get("code", "")
    if not code:
        raise BadInput("code_missing", "the platform sent no code")
    app.grants.redeem(verdict.shop, code)
    home = f"{app.settings.platform_for(verdict.shop)}/admin/apps/{app.settings.api_key}"
    answer = redirect(home)
    answer.delete_cookie(_COOKIE, path=CALLBACK_PATH)
    return answer


def _remember(answer: Response, shop: str, state: str) -> None:
    """Lax, because the way back is a link from the platform's site; sent to the callback only."""
    app = handcart()
    answer.set_cookie(
        _COOKIE,
        app.keyring.serializer("install").dumps([shop, state]),
        max_age=_PATIENCE,
        path=CALLBACK_PATH,
        secure=app.settings.app_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    answer.headers["Cache-Control"] = "no-store"


def _check_state(verdict: QueryVerdict) -> None:
    """This browser began this install of this shop; raises NotVerified otherwise."""
    kept = request.cookies.get(_COOKIE)
    if not kept:
        raise NotVerified("state_missing", "begin again: this browser did not ask to install")
    try:
        shop, state = handcart().keyring.serializer("install").loads(kept, max_age=_PATIENCE)
    except BadData:
        raise NotVerified("state_wrong", "begin again: that was too long ago") from None
    given = dict(verdict.params).get("state", "")
    if shop != verdict.shop or not hmac.compare_digest(state.encode(), given.encode()):
        raise NotVerified("state_wrong", "begin again: this is the answer to another question")


def _callback() -> str:
    return handcart().settings.app_url + CALLBACK_PATH
