"""The page behind the link in every mail to who watches something: confirm, see, end.

The link proves its reader's address, and needs no account. A mail program that opens every link of
a mail confirms and ends nothing by it: that takes a form, or the one-click end of RFC 8058, which
is a POST, too.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from handcart.errors import NotFound
from handcart.watches import service
from handcart.watches.links import WatchLink, read_link
from handcart.web import handcart

from .looking import look
from .shopper import keep_private

blueprint = Blueprint("watch_link", __name__)
blueprint.after_request(keep_private)


@blueprint.errorhandler(NotFound)
def lost(error: NotFound) -> ResponseReturnValue:
    return render_template("lost.html"), error.status


@blueprint.get("/watches/<signed>")
def watches(signed: str) -> str:
    """What the reader of the mail watches, and what waits to be confirmed."""
    link, app = _link(signed), handcart()
    with app.db.writing() as work:
        watched = service.look(work, link.shop, link.owner, at=app.clock())
    return render_template("watch_link.html", shop=look(link.shop), watched=watched, signed=signed)


@blueprint.get("/watches/<signed>/stop")
def ask_to_stop(signed: str) -> ResponseReturnValue:
    """For mail programs that open the address of the one-click end: it takes a press."""
    return _back(signed)


@blueprint.post("/watches/<signed>/<deed>")
def act(signed: str, deed: str) -> ResponseReturnValue:
    """``confirm`` or ``end`` one, or ``stop`` all of it."""
    link, app = _link(signed), handcart()
    watch_id = request.form.get("watch", "")
    with app.db.writing() as work:
        if deed == "confirm":
            service.confirm(work, link.shop, watch_id, owner=link.owner, at=app.clock())
        elif deed == "end":
            service.end(work, link.shop, watch_id, owner=link.owner)
        elif deed == "stop":
            service.end_all(work, link.shop, link.owner)
        else:
            raise NotFound("watch_unknown", "nobody does that with a watch")
    return _back(signed)


def _back(signed: str) -> ResponseReturnValue:
    address = url_for("watch_link.watches", signed=signed, locale=request.args.get("locale"))
    return redirect(address, 303)


def _link(signed: str) -> WatchLink:
    app = handcart()
    return read_link(app.keyring, signed, at=app.clock())
