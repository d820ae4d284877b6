"""The sample app with one shop that has installed it, for ``handcart serve`` and ``work``."""

from __future__ import annotations

from datetime import datetime, timedelta

from example_app import create_handcart
from handcart import Handcart
from handcart.crew import Crew
from handcart.shops import service as shops
from handcart.shops.model import Tokens

from ..orders import SHOP


def working() -> Handcart:
    """All of it in one process, as it is served."""
    app = create_handcart()
    app.db.migrate()
    _install(app, at=app.clock())
    return app


def receiving() -> Handcart:
    """The same, but this process gives no delivery its effect: the receiver alone."""
    app = working()
    app.__dict__["crew"] = Crew([])
    return app


def _install(app: Handcart, *, at: datetime) -> None:
    tokens = Tokens(
        access_token="shpat_1",
        scopes="",
        expires_at=at + timedelta(days=1),
        refresh_token="shprt_1",
        refresh_expires_at=at + timedelta(days=90),
    )
    with app.db.reading() as view:
        known = shops.standing(view, SHOP) == "installed"
    if not known:
        with app.db.writing() as work:
            shops.install(work, SHOP, tokens=tokens, keyring=app.keyring, at=at)
