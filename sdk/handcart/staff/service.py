"""The use cases of the staff: being seen, acting in a role, being given one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ..errors import BadInput, Denied, NotFound
from . import store
from .model import Role, refuse_to_name, role_among
from .store import members as members

_NAME = 80


def seen(work: Connection, shop: str, user_id: int, *, at: datetime) -> None:
    """A manager can find this member in the list of the staff."""
    store.add(work, shop, user_id, at=at)


def role_of(view: Connection, shop: str, user_id: int) -> Role:
    """The role in which a member of the staff acts now."""
    return role_among(store.members(view, shop), user_id)


def acting(view: Connection, shop: str, user_id: int) -> str:
    """Who does something, in the words of a pickup's history: ``staff:7`` or ``manager:7``."""
    kind = "manager" if role_of(view, shop, user_id) is Role.MANAGER else "staff"
    return f"{kind}:{user_id}"


def require_manager(view: Connection, shop: str, user_id: int) -> None:
    """Raise Denied unless this member is a manager."""
    if role_of(view, shop, user_id) is not Role.MANAGER:
        raise Denied("manager_needed", "ask a manager to do this")


def give_role(
    work: Connection, shop: str, user_id: int, *, role: Role, name: str, by: int, at: datetime
) -> None:
    """The member has this role and name; whoever gives the first role is a manager from then on.

    Raises Denied unless ``by`` is a manager, RuleBroken when nobody would be one afterwards, and
    NotFound for somebody who was never seen.
    """
    called = _short(name)
    store.add(work, shop, by, at=at)
    known = store.members(work, shop)
    if user_id not in {member.user_id for member in known}:
        raise NotFound("member_unknown", "nobody of that number was here yet")
    refuse_to_name(known, user_id, role, by=by)
    if not any(member.role for member in known):
        store.give(work, shop, by, role=Role.MANAGER)
    store.give(work, shop, user_id, role=role, name=called)


def _short(name: str) -> str:
    line = " ".join(name.split())
    if len(line) > _NAME:
        raise BadInput("text_too_long", f"at most {_NAME} characters")
    return line
