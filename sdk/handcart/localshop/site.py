"""What every page of the local shop stands on: the running shop, its rules and its words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, current_app, request

from ..errors import HandcartError
from .money import decimal_string
from .refusals import Refused

if TYPE_CHECKING:
    from .server import LocalShop

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


def here() -> LocalShop:
    """The shop that answers this request."""
    shop: LocalShop = current_app.extensions["localshop"]
    return shop


def money(minor: int) -> str:
    """``€12.50``, in the shop's currency."""
    currency = here().world.shop.currency
    return f"{_SIGNS.get(currency, currency + ' ')}{decimal_string(minor)}"


def moment(at: datetime) -> str:
    """``23 Nov 2026, 14:05`` in the shop's zone."""
    local = at.astimezone(ZoneInfo(here().world.shop.time_zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def local_path(wanted: str, otherwise: str) -> str:
    """``wanted`` if it is a path on this shop, else ``otherwise``: no redirect leads away."""
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours and not parts.scheme and not parts.netloc else otherwise


def guard(flask: Flask) -> None:
    """Refuse what another site sent through the browser, and say how pages may be used."""
    flask.before_request(_refuse_strangers)
    flask.after_request(_protect)
    flask.register_error_handler(Refused, _refused)
    flask.register_error_handler(HandcartError, _failed)
    flask.jinja_env.filters.update(money=money, moment=moment)


def _refuse_strangers() -> None:
    """Only this machine's names reach the shop, and only its own pages change anything."""
    if (urlsplit(f"//{request.host}").hostname or "") not in LOOPBACK:
        abort(421)
    origin = request.headers.get("Origin")
    if origin and request.method not in {"GET", "HEAD", "OPTIONS"} and not _is_ours(origin):
        abort(403, "this request comes from another site")


def _is_ours(origin: str) -> bool:
    return urlsplit(origin).netloc == request.host


def _protect(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("Content-Security-Policy", _policy())
    return response


def _policy() -> str:
    """Nothing comes from outside; a theme's own inline scripts run, as in any shop."""
    app = here().app.origin
    return (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        f"script-src 'self' 'unsafe-inline'; connect-src 'self' {app}; frame-src {app}; "
        f"form-action 'self' {app}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )


def _refused(error: Refused) -> tuple[dict[str, object], int]:
    return {"error": {"code": error.code.lower(), "message": error.message}}, 409


def _failed(error: HandcartError) -> tuple[dict[str, object], int]:
    return {"error": {"code": error.code, "message": str(error)}}, error.status
