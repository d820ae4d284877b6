"""The SDK's Flask doors: they translate between HTTP and the rooms, and hold no rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, current_app

if TYPE_CHECKING:
    from ..app import Handcart


def handcart() -> Handcart:
    """The Handcart that the current Flask application belongs to."""
    app: Handcart = current_app.extensions["handcart"]
    return app


def create_flask(app: Handcart) -> Flask:
    """A Flask application with every door of the SDK and one way to answer errors."""
    from . import (
        billing,
        carts,
        embedded,
        errors,
        extensions,
        handoff,
        install,
        pickup_link,
        pixel,
        reservation,
        stock,
        store_choice,
        till,
        till_pickups,
    )

    flask = Flask("handcart", root_path=__path__[0])
    flask.secret_key = app.keyring.keys("flask")[0]
    flask.config.update(
        MAX_CONTENT_LENGTH=app.settings.max_body,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.settings.app_url.startswith("https:"),
    )
    flask.extensions["handcart"] = app
    errors.answer_errors(flask)
    for door in (
        embedded,
        install,
        extensions,
        billing,
        carts,
        handoff,
        stock,
        store_choice,
        reservation,
        pickup_link,
        pixel,
        till,
        till_pickups,
    ):
        flask.register_blueprint(door.blueprint)
    return flask
