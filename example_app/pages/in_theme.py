"""Pages asked for through the shop's own address: Liquid inside the merchant's theme.

(shopify.dev, "About app proxies".) What people wrote must not be read as Liquid: every brace is an
entity by the time it leaves here. The style comes along in the page, for a theme may forbid files
from elsewhere.
"""

from __future__ import annotations

from flask import Response, make_response, render_template
from itsdangerous import BadData

from handcart.errors import BadInput
from handcart.web import handcart
from handcart.web.proxy import ProxyRequest

_FORM_GOOD_FOR = 12 * 60 * 60
# Stands for what the platform puts in, and is no text that anybody can send.
SHOP_URL = "\ue000shop url\ue000"


def as_liquid(html: str) -> Response:
    """The page, for the platform to put into the theme and fill in where the shop is."""
    plain = html.replace("{", "&#123;").replace("}", "&#125;")
    style = f"<style>{render_template('_in_theme.css')}</style>"
    answer = make_response(style + plain.replace(SHOP_URL, "{{ shop.url }}"))
    answer.headers["Content-Type"] = "application/liquid; charset=utf-8"
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def path_of(asked: ProxyRequest, page: str) -> str:
    """Where a page is in the shop: the platform says under which path it serves the app."""
    return f"{asked.params.get('path_prefix', '')}/{page}"


def form_of(asked: ProxyRequest, purpose: str) -> str:
    """What a form of ours carries, so that another site cannot send it for a shopper."""
    return str(handcart().keyring.serializer(purpose).dumps([asked.shop, asked.customer_id]))


def check_form(asked: ProxyRequest, purpose: str, given: str) -> None:
    """Raises BadInput unless a page of ours asked for it, lately and of this shopper."""
    try:
        made_for = handcart().keyring.serializer(purpose).loads(given, max_age=_FORM_GOOD_FOR)
    except BadData:
        made_for = None
    if made_for != [asked.shop, asked.customer_id]:
        raise BadInput("form_too_old")
