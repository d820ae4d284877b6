"""The sample app: what a merchant installs, staff use at the counter, and a shopper sees.

``create_handcart()`` makes the whole app; ``create_app()`` is its Flask part, for
``flask --app example_app``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from handcart import Handcart, Settings
from handcart.app import utc_now

from . import pages
from .pages.mails import MailWriter, WatchWriter
from .pixel import WebCounts


def create_handcart(
    settings: Settings | None = None, *, clock: Callable[[], datetime] = utc_now
) -> Handcart:
    """Handcart with the pages of this app; settings come from the environment unless given."""
    app = Handcart(settings, clock=clock)
    pages.register(app.flask)
    app.mails(MailWriter(app.flask))
    app.watch_mails(WatchWriter(app.flask))
    WebCounts(app).register()
    return app


def create_app() -> Flask:
    return create_handcart().flask
