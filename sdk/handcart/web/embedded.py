"""Pages inside the merchant's admin: who is looking, and that it is really the admin around us.

There are no cookies here. A page load carries an ID token in its address, a fetch carries one as
``Authorization: Bearer``; App Bridge puts both there. A token that no browser sends by itself is
also what keeps other sites from acting for the merchant, so these pages need no CSRF token, and
they work in an incognito window. (shopify.dev, Set up session tokens; Set up iframe protection.)

Any view may ask for a merchant::

    @blueprint.get("/counter")
    @merchant_required
    def counter() -> str:
        return render_template("counter.html", shop=g.merchant.shop)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template_string, request
from flask.typing import ResponseReturnValue

from ..errors import BadInput, NotVerified
from ..platform.shopify.shop_domain import shop_domain
from ..platform.shopify.verify import TokenVerdict, verify_id_token
from ..staff import service as staff
from . import handcart
from .plan_required import check_plan

blueprint = Blueprint("embedded", __name__)

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

PATCH_PATH = "/auth/patch"
REAUTHORIZE = "X-Shopify-API-Request-Failure-Reauthorize-Url"
_RETRY = "X-Shopify-Retry-Invalid-Session-Request"
_ADMIN = "https://admin.shopify.com"
_CDN = "https://cdn.shopify.com"
_BRIDGE = "/shopifycloud/app-bridge.js"
_OFFICIAL_PLATFORM = "https://{shop}"
_OF_THE_PATCH = {"id_token", "shopify-reload"}
# Sending a page for another token when none can ever do would send it round in circles.
_A_NEW_TOKEN_HELPS = {
    "invalid_subject_token",
    "token_early",
    "token_expired",
    "token_missing",
    "token_wrong",
}

# App Bridge reads shopify-reload, fetches a token, and loads that address with it.
_PATCH_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Handcart</title>
<script data-api-key="{{ api_key }}" src="{{ app_bridge }}"></script>
</head><body></body></html>
"""

# App Bridge lets a page of the frame open an address in place of the whole admin.
_LEAVING_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Handcart</title>
<script data-api-key="{{ api_key }}" src="{{ bridge }}"></script>
<script>open({{ url | tojson }}, "_top")</script>
</head><body><a href="{{ url }}" target="_top">{{ url }}</a></body></html>
"""


@dataclass(frozen=True, slots=True)
class Merchant:
    """The staff member who looks at the page; ``user_id`` is the platform's."""

    shop: str
    user_id: int
    id_token: str = field(default="", repr=False)

    def acting(self) -> str:
        """Who does something, in the words of a history: ``staff:7``, or ``manager:7``."""
        with handcart().db.reading() as view:
            return staff.acting(view, self.shop, self.user_id)

    def access_token(self) -> str:
        """A token that acts as this person, with their rights and no more (an online token)."""
        return handcart().grants.staff_token(self.shop, self.user_id, self.id_token)


def merchant_required(view: View[P]) -> View[P]:
    """Call ``view`` only for a merchant, who is then ``flask.g.merchant``.

    The shop is installed and has usable tokens by then: on first sight, and whenever there are
    none, the ID token is exchanged within this request. A fetch without a good token is answered
    401, marked so that App Bridge tries once more; a page is sent to the patch page to get one.
    What is to change something is refused with 403 ``trial_over`` once the trial is over and no
    plan is paid for, unless the view is ``open_without_plan``.
    The answer, an error's too, may be framed by this shop's admin only.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        try:
            g.merchant = _merchant()
        except NotVerified as refused:
            return _refuse(refused)
        check_plan(view)
        return view(*args, **kwargs)

    return guarded


@blueprint.after_app_request
def frame_merchant_pages(answer: Response) -> Response:
    return framed_by_admin(answer, shop=g.merchant.shop) if "merchant" in g else answer


@blueprint.get(PATCH_PATH)
def patch() -> Response:
    """The page on which App Bridge gets a token for the address in ``shopify-reload``."""
    if not _is_own_address(request.args.get("shopify-reload", "")):
        raise BadInput("reload_not_ours", "only our own pages can be opened again")
    page = render_template_string(
        _PATCH_PAGE, api_key=handcart().settings.api_key, app_bridge=app_bridge_url()
    )
    return framed_by_admin(make_response(page), shop=shop_domain(request.args.get("shop", "")))


def app_bridge_url() -> str:
    """Where the script lies that every embedded page loads first."""
    base = handcart().settings.platform_url
    return (_CDN if base == _OFFICIAL_PLATFORM else _origin(base)) + _BRIDGE


def framed_by_admin(answer: Response, *, shop: str | None) -> Response:
    """The answer may be framed by the shop's admin and nobody else, and is kept in no cache."""
    ancestors = [*([f"https://{shop}"] if shop else []), _ADMIN]
    base = handcart().settings.platform_url
    if base != _OFFICIAL_PLATFORM:
        ancestors.append(_origin(base.replace("{shop}", shop or "")))
    answer.headers["Content-Security-Policy"] = f"frame-ancestors {' '.join(ancestors)};"
    answer.headers["Cache-Control"] = "no-store"
    # The address holds the ID token for its minute.
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def leave_frame(url: str) -> ResponseReturnValue:
    """Answer the merchant with another page of the admin in place of all of this one.

    A fetch is answered 401 with the address in a header, which App Bridge follows; a page opens
    it itself. ``url`` has to lie on the platform of the merchant's own shop, or with us: nobody is
    sent elsewhere.
    """
    if not (_is_own_address(url) or _is_of_platform(url)):
        raise BadInput("address_not_ours", "only our own pages and the shop's can be opened")
    if _is_page():
        page = render_template_string(
            _LEAVING_PAGE, api_key=handcart().settings.api_key, bridge=app_bridge_url(), url=url
        )
        return make_response(page)
    answer = make_response({"error": {"code": "leave_frame", "message": "open the address"}}, 401)
    answer.headers[REAUTHORIZE] = url
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_of_platform(url: str) -> bool:
    """True for an address of the shop, or of the admin around it."""
    base = handcart().settings.platform_for(g.merchant.shop)
    return url.startswith((f"{_origin(base)}/", f"{_ADMIN}/"))


def _merchant() -> Merchant:
    verdict, token = _verdict()
    if not verdict.ok:
        raise NotVerified(verdict.reason, "the ID token does not prove who this is")
    handcart().grants.ensure(verdict.shop, token)
    return Merchant(shop=verdict.shop, user_id=verdict.user_id, id_token=token)


def _verdict() -> tuple[TokenVerdict, str]:
    app = handcart()
    token = bearer() or request.args.get("id_token", "")
    verdict = verify_id_token(
        token,
        api_key=app.settings.api_key,
        secrets=app.settings.api_secrets,
        at=app.clock(),
        shop=request.args.get("shop"),
    )
    return verdict, token


def bearer() -> str:
    """The token of the request's ``Authorization``, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refuse(refused: NotVerified) -> ResponseReturnValue:
    if _is_page():
        if refused.code not in _A_NEW_TOKEN_HELPS:
            raise refused
        return redirect(_patch_address())
    answer = make_response({"error": {"code": refused.code, "message": str(refused)}}, 401)
    answer.headers[_RETRY] = "1"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_page() -> bool:
    """True for a document that the browser opens, which cannot carry a header of ours."""
    if "Authorization" in request.headers or request.method not in ("GET", "HEAD"):
        return False
    kind = request.headers.get("Sec-Fetch-Dest")
    if kind is not None:
        return kind in ("document", "iframe")
    return "text/html" in request.headers.get("Accept", "")


def _patch_address() -> str:
    """The patch page, told to come back here; App Bridge needs ``host`` and ``shop`` there too."""
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in _OF_THE_PATCH]
    here = handcart().settings.app_url + request.path + ("?" + urlencode(kept) if kept else "")
    return f"{PATCH_PATH}?{urlencode([*kept, ('shopify-reload', here)])}"


def _is_own_address(url: str) -> bool:
    own = handcart().settings.app_url + "/"
    return url.startswith(own) or (url.startswith("/") and not url.startswith(("//", "/\\")))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
