"""The guard of what a shop may do without a plan, in front of every door of merchant and staff.

Reading is free for ever. Whatever else is asked (POST, PUT, PATCH, DELETE) needs a trial that
still runs or a plan that is paid for, and nobody who writes a page has to remember it:
``merchant_required`` and ``staff_required`` ask here. The few doors that stay open say so::

    @blueprint.post("/till/customers")
    @staff_required
    @open_without_plan
    def customers() -> ResponseReturnValue: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import g, request

from ..shops import billing
from . import handcart

View = TypeVar("View", bound=Callable[..., Any])

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK = "open_without_plan"


def open_without_plan(view: View) -> View:
    """The door asks by POST and changes nothing, or must never close.

    Goes below ``merchant_required`` or ``staff_required``; above them it opens nothing.
    """
    setattr(view, _MARK, True)
    return view


def check_plan(view: Callable[..., Any]) -> None:
    """Raises TrialOver where the request is to change something and the shop may not."""
    if request.method in _READING or getattr(view, _MARK, False):
        return
    app = handcart()
    with app.db.reading() as seen:
        billing.check_writable(seen, g.merchant.shop, at=app.clock())
