"""The page in the shop on which shoppers ask to be told when something gets cheaper or scarce.

A signed-in customer sees here what they watch, and ends it. Anybody else gives an address, and
gets a link there to a page of the same kind.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Connection

from handcart.errors import HandcartError, NotFound, RuleBroken
from handcart.platform.port import Variant
from handcart.watches import service
from handcart.watches.service import Watched, Watcher, Wish
from handcart.web import handcart
from handcart.web.proxy import ProxyRequest, proxied

from .in_theme import as_liquid, check_form, form_of, path_of
from .language import choose_language
from .looking import look
from .words import refusal

blueprint = Blueprint("watches", __name__)
_FORM, _PAGE = "watches form", "watches"


@blueprint.get("/proxy/watches")
@proxied
def watches(asked: ProxyRequest) -> Response:
    """What the customer watches; with ``?variant=ID`` the question what to tell of it."""
    return _page(asked, variant=asked.params.get("variant", ""))


@blueprint.post("/proxy/watches/<deed>")
@proxied
def act(asked: ProxyRequest, deed: str) -> Response:
    """Do it and show the page: the platform would follow a redirect by itself, unsigned."""
    done = ""
    try:
        check_form(asked, _FORM, request.form.get("form", ""))
        if deed == "ask":
            done = _ask(asked)
        elif deed == "end":
            _end(asked)
        else:
            raise NotFound("watch_unknown", "nobody does that with a watch")
    except HandcartError as error:
        answer = _page(asked, variant=request.form.get("variant", ""), refused=error)
        answer.status_code = error.status
        return answer
    return _page(asked, done=done)


def _ask(asked: ProxyRequest) -> str:
    """``asked`` for a customer, ``mailed`` for somebody who has to confirm an address."""
    app, form = handcart(), request.form
    if app.watch_writer is None or not app.settings.smtp_url:
        raise RuleBroken("mails_off", "this app writes no mails")
    read = _variant(asked.shop, form.get("variant", ""))
    wish = Wish(read.variant_id, "cheaper" in form, "scarce" in form, choose_language())
    with app.db.writing() as work:
        by = _watcher(work, asked) or service.by_address(
            app.keyring, asked.shop, form.get("address", "")
        )
        watch = service.ask(work, asked.shop, wish, by=by, read=read, at=app.clock())
    return "asked" if watch.confirmed_at else "mailed"


def _end(asked: ProxyRequest) -> None:
    with handcart().db.writing() as work:
        me = _watcher(work, asked)
        if me is None:
            raise NotFound("watch_unknown", "only who is signed in watches anything here")
        service.end(work, asked.shop, request.form.get("watch", ""), owner=me.owner)


def _page(
    asked: ProxyRequest, *, variant: str = "", done: str = "", refused: HandcartError | None = None
) -> Response:
    look(asked.shop)
    about = None
    try:
        about = _variant(asked.shop, variant) if variant else None
    except NotFound as error:
        refused = refused or error
    html = render_template(
        "watches.html",
        me=asked.customer_id,
        variant=about,
        watched=_watched(asked),
        done=done,
        here=path_of(asked, _PAGE),
        form=form_of(asked, _FORM),
        refused=refusal(refused) if refused else "",
    )
    return as_liquid(html)


def _watched(asked: ProxyRequest) -> tuple[Watched, ...]:
    app = handcart()
    with app.db.writing() as work:
        me = _watcher(work, asked)
        return service.look(work, asked.shop, me.owner, at=app.clock()) if me else ()


def _watcher(view: Connection, asked: ProxyRequest) -> Watcher | None:
    if asked.customer_id is None:
        return None
    return service.by_customer(view, asked.shop, asked.customer_id)


def _variant(shop: str, text: str) -> Variant:
    """What the platform says of it now; raises NotFound."""
    known = text.isascii() and text.isdigit() and len(text) <= 18
    found = handcart().platform(shop).variant(int(text)) if known else None
    if found is None:
        raise NotFound("variant_unknown", "the shop does not sell this")
    return found
