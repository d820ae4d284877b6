"""Who is shopping: the two cookies of a storefront, one for the customer and one for the cart."""

from __future__ import annotations

from flask import Response, g, request
from itsdangerous import BadSignature

from ..site import here
from ..world import Cart, Customer
from .carts import begin, find, shown_token

CART_COOKIE = "cart"
CUSTOMER_COOKIE = "_shop_customer"
LANGUAGE_COOKIE = "localization_language"
LANGUAGES = ("en", "ja", "bg", "es", "fa")
CART_SECONDS = 14 * 24 * 3600


def customer() -> Customer | None:
    """The signed-in customer; a cookie that was not signed here is nobody."""
    try:
        number = here().signer.loads(request.cookies.get(CUSTOMER_COOKIE, ""))
    except BadSignature:
        return None
    return here().world.customers.get(number) if isinstance(number, int) else None


def language() -> str:
    """What ``?locale=fa`` asked for, now or before; the shop's own texts stay English."""
    asked = request.args.get("locale") or request.cookies.get(LANGUAGE_COOKIE, "")
    return asked if asked in LANGUAGES else LANGUAGES[0]


def cart() -> Cart | None:
    """The browser's cart, if it has one."""
    if "cart" not in g:
        g.cart = find(here().world, request.cookies.get(CART_COOKIE, ""))
    found: Cart | None = g.cart
    return found


def cart_or_new() -> Cart:
    """The browser's cart, begun now if there is none; the answer carries its cookie."""
    found = cart()
    if found is None:
        with here().world.lock:
            found = g.cart = begin(here().world)
    return found


def leave_cart() -> None:
    """Forget the browser's cart: the next one has a new token."""
    g.cart = None


def remember_cart(response: Response) -> Response:
    """Give the browser the cookie of its cart for another 14 days, and of its language."""
    if request.args.get("locale") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language(), samesite="Lax", path="/")
    if "cart" not in g:
        return response
    if g.cart is not None:
        response.set_cookie(
            CART_COOKIE, shown_token(g.cart), max_age=CART_SECONDS, samesite="Lax", path="/"
        )
    elif CART_COOKIE in request.cookies:
        response.delete_cookie(CART_COOKIE, path="/")
    return response
