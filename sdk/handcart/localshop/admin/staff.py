"""Which member of staff is looking: chosen, not proven, for this is a shop to play with."""

from __future__ import annotations

from flask import request

from ..site import here
from ..world import Staff

COOKIE = "_staff"


def signed_in() -> Staff:
    """The chosen member of staff, or the owner, who comes first."""
    people = here().world.staff
    chosen = request.cookies.get(COOKIE, "")
    return people.get(int(chosen) if chosen.isdigit() else 0) or next(iter(people.values()))
