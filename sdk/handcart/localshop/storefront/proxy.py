"""The app proxy: ``/<prefix>/<subpath>/…`` is answered by the app, signed on the way there and
stripped of what an app may not set on the way back (shopify.dev, "Authenticate app proxies")."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin

from flask import Blueprint, Response, abort, render_template, request
from orjson import dumps, loads

from ..config import AppProxy
from ..outgoing import Answer, NoAnswer
from ..signing import proxy_signature
from ..site import here
from . import session
from .layout import liquid_values, page

SECONDS = 10.0
_MOST_REDIRECTS = 5
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SIGNED = frozenset({"shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature"})
_HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    ]
)
_NOT_TO_APP = _HOP_BY_HOP | {"cookie", "host", "expect", "accept-encoding"}
_NOT_TO_SHOPPER = _HOP_BY_HOP | frozenset(
    [
        "set-cookie",
        "date",
        "server",
        "warning",
        "pragma",
        "p3p",
        "accept-ranges",
        "x-powered-by",
        "service-worker-allowed",
        "content-security-policy",
        "strict-transport-security",
    ]
)

_HTML = "text/html; charset=utf-8"

blueprint = Blueprint("proxy", __name__)


@blueprint.route("/<any(a,apps,community,tools):prefix>/<subpath>", methods=_METHODS)
@blueprint.route("/<any(a,apps,community,tools):prefix>/<subpath>/", methods=_METHODS)
@blueprint.route("/<any(a,apps,community,tools):prefix>/<subpath>/<path:rest>", methods=_METHODS)
def forward(prefix: str, subpath: str, rest: str = "") -> Response | tuple[str, int]:
    """The app's answer, or a page with 502 when none came in ten seconds."""
    route = _route(prefix, subpath)
    query = urlencode(signed_query(route))
    url = f"{route.url}{quote(request.path.removeprefix(route.path), safe='/:@!$&()*+,;=~')}"
    try:
        answer = _ask(f"{url}?{query}")
    except NoAnswer as error:
        return render_template("storefront/proxy_failed.html", reason=error.reason), 502
    if (answer.header("Content-Type") or "").startswith("application/liquid"):
        return _in_theme(answer)
    return Response(answer.body, answer.status, list(_kept(answer)))


def ask_app(path: str, body: Any, *, seconds: float = 5.0) -> tuple[int, Any] | None:
    """Status and JSON of what the app answers to a POST at its proxy, in the shopper's name.

    None when it is not installed, has no proxy, or gives no such answer in time. Nobody may hold
    the world's lock meanwhile: the app may want something of the platform.
    """
    route = here().app.proxy
    if route is None or here().app.client_id not in here().world.grants:
        return None
    address = f"{route.url}/{path}?{urlencode(_signed(route, []))}"
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        answer = here().wire.request(
            "POST", address, headers=headers, body=dumps(body), connect=2.0, total=seconds
        )
        return answer.status, loads(answer.body)
    except (NoAnswer, ValueError):
        return None


def signed_query(route: AppProxy) -> list[tuple[str, str]]:
    """The shopper's own parameters, then the platform's; a shopper cannot set the platform's."""
    asked = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    return _signed(route, asked)


def _signed(route: AppProxy, asked: list[tuple[str, str]]) -> list[tuple[str, str]]:
    params = [(name, value) for name, value in asked if name not in _SIGNED]
    customer = session.customer()
    params += [
        ("shop", here().world.shop.domain),
        ("logged_in_customer_id", str(customer.id) if customer else ""),
        ("path_prefix", route.path),
        # The app compares it with its own clock, which does not follow the shop's.
        ("timestamp", str(int(time.time()))),
    ]
    return [*params, ("signature", proxy_signature(params, here().app.signing_secret))]


def _route(prefix: str, subpath: str) -> AppProxy:
    route = here().app.proxy
    installed = here().app.client_id in here().world.grants
    if route is None or not installed or (route.prefix, route.subpath) != (prefix, subpath):
        abort(404)
    return route


def _ask(url: str) -> Answer:
    """Follow redirects; a method other than GET survives only 307 and 308."""
    deadline = time.monotonic() + SECONDS
    method, body = request.method, request.get_data()
    for _ in range(_MOST_REDIRECTS):
        left = max(0.001, deadline - time.monotonic())
        answer = here().wire.request(
            method, url, headers=dict(_sent()), body=body, connect=min(left, 5.0), total=left
        )
        location = answer.header("Location")
        if answer.status not in {301, 302, 303, 307, 308} or not location:
            return answer
        url = urljoin(url, location)
        if answer.status < 307 and method != "HEAD":
            method, body = "GET", b""
    raise NoAnswer("too_many_redirects")


def _sent() -> Iterator[tuple[str, str]]:
    for name, value in request.headers.items():
        if name.lower() not in _NOT_TO_APP and not name.lower().startswith("x-forwarded-"):
            yield name, value
    yield "X-Forwarded-For", request.remote_addr or ""
    yield "X-Forwarded-Host", request.host


def _kept(answer: Answer) -> Iterator[tuple[str, str]]:
    return (pair for pair in answer.headers if pair[0].lower() not in _NOT_TO_SHOPPER)


def _in_theme(answer: Answer) -> Response:
    inside = here().theme.liquid(answer.body.decode("utf-8", "replace"), liquid_values("app"))
    headers = [pair for pair in _kept(answer) if pair[0].lower() != "content-type"]
    return Response(
        page("liquid", "app", inside=inside), answer.status, headers, content_type=_HTML
    )
