"""Signing in, the customer's orders, and signing out, which keeps the cart as the platform does."""

from __future__ import annotations

import hmac

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from ..site import here, local_path
from . import session
from .layout import page

blueprint = Blueprint("account", __name__)
blueprint.after_request(session.remember_cart)


@blueprint.get("/account/login")
def login() -> str:
    return page("login", "login", email="", problem="", back=request.args.get("return_url", ""))


@blueprint.post("/account/login")
def sign_in() -> Response | tuple[str, int]:
    email, back = request.form.get("email", ""), request.form.get("return_url", "")
    customer = here().world.customer_by_email(email)
    given = request.form.get("password", "").encode()
    known = customer.password.encode() if customer else b""
    if customer is None or not hmac.compare_digest(given, known):
        problem = "Incorrect email or password."
        return page("login", "login", email=email, problem=problem, back=back), 401
    response = redirect(local_path(back, "/account"), 303)
    signed = here().signer.dumps(customer.id)
    assert isinstance(signed, str)
    response.set_cookie(session.CUSTOMER_COOKIE, signed, httponly=True, samesite="Lax")
    return response


@blueprint.route("/account/logout", methods=["GET", "POST"])
def sign_out() -> Response:
    response = redirect("/", 303)
    response.delete_cookie(session.CUSTOMER_COOKIE)
    return response


@blueprint.get("/account")
def account() -> str | Response:
    customer = session.customer()
    if customer is None:
        return redirect("/account/login", 303)
    with here().world.lock:
        orders = sorted(here().world.orders_of(customer.id), key=lambda each: -each.number)
        return page("account", "account", orders=orders)
