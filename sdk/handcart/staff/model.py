"""Roles of the staff, and who holds which; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..errors import BadInput, Denied, RuleBroken


class Role(StrEnum):
    """A picker prepares and hands over; a manager may also undo what others rely on."""

    PICKER = "picker"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who opened a page of the app; ``user_id`` is the platform's.

    ``name`` is what a manager calls them, ``role`` None while nobody gave them one.
    """

    user_id: int
    name: str
    role: Role | None
    seen_at: datetime


def role_among(members: Sequence[Member], user_id: int) -> Role:
    """The role somebody acts in.

    A shop that gave no roles has managers only, as the platform's own permissions say who may open
    the app at all. From the first role on, whoever was given none is a picker.
    """
    named = {member.user_id: member.role for member in members if member.role}
    return named.get(user_id, Role.PICKER) or Role.PICKER if named else Role.MANAGER


def role_for(word: str) -> Role:
    """The role of that name; raises BadInput for a word that is none."""
    try:
        return Role(word)
    except ValueError:
        raise BadInput("role_unknown", "there is no such role") from None


def refuse_to_name(members: Sequence[Member], user_id: int, role: Role, *, by: int) -> None:
    """Raise unless ``by`` may give ``role`` to that member, and a manager is left afterwards."""
    if role_among(members, by) is not Role.MANAGER:
        raise Denied("manager_needed", "ask a manager to do this")
    managers = {member.user_id for member in members if member.role is Role.MANAGER} or {by}
    if role is Role.PICKER and managers == {user_id}:
        raise RuleBroken("last_manager", "somebody has to stay a manager")
