"""``POST /pixel``: the shop's web pixel says that a browser session came to a step.

It is called from the platform's sandbox in a shopper's browser, so from any origin and unsigned.
What is sent is ``{"ticket": …, "step": …}``; neither an address, a cookie nor anything else of the
shopper's is looked at or kept. Whoever reads the ticket off the page can send false counts; so
each shop has a pace, and nothing rests on the numbers.
"""

from __future__ import annotations

import time

import orjson
from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from ..errors import BadInput, NotVerified, TooManyTries
from ..funnel.pace import Pace
from ..funnel.service import count, open_ticket
from . import handcart
from .extensions import open_to_any_origin

blueprint = Blueprint("pixel", __name__)

PATH = "/pixel"
_LARGEST = 1024
_PACE = "handcart_pixel_pace"


def count_step() -> ResponseReturnValue:
    app = handcart()
    ticket, step = _told()
    shop = open_ticket(app.keyring, ticket)
    if shop is None:
        raise NotVerified("ticket_not_valid", "this ticket is not one of ours")
    pace: Pace = current_app.extensions.setdefault(_PACE, Pace(time.monotonic))
    if not pace.allows(shop):
        raise TooManyTries("too_many_steps", "more than a shop has shoppers; it is not counted")
    with app.db.writing() as work:
        count(work, shop, step, at=app.clock())
    return "", 204


def _told() -> tuple[str, str]:
    """Ticket and step of a body of at most a kilobyte; 413 for a larger one."""
    request.max_content_length = _LARGEST
    try:
        told = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        raise BadInput("body_not_json", "send a ticket and a step as JSON") from None
    match told:
        case {"ticket": str(ticket), "step": str(step)}:
            return ticket, step
    raise BadInput("body_not_valid", "send a ticket and a step, both text")


blueprint.post(PATH)(open_to_any_origin(count_step, lambda: None))
