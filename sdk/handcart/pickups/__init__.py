"""Orders that wait at the counter: what they are, how they change, who may take them away."""

from __future__ import annotations

from .codes import code_for as code_for
from .codes import in_groups as in_groups
from .lines import PickupLine as PickupLine
from .links import PageLink as PageLink
from .links import read_link as read_link
from .links import sign_link as sign_link
from .model import REASONS as REASONS
from .model import SHORTAGES as SHORTAGES
from .model import Change as Change
from .model import OrderSeen as OrderSeen
from .model import Pickup as Pickup
from .states import Act as Act
from .states import Actor as Actor
from .states import Phase as Phase
from .states import Stage as Stage
from .states import State as State

__all__ = [
    "REASONS",
    "SHORTAGES",
    "Act",
    "Actor",
    "Change",
    "OrderSeen",
    "PageLink",
    "Phase",
    "Pickup",
    "PickupLine",
    "Stage",
    "State",
    "code_for",
    "in_groups",
    "read_link",
    "sign_link",
]
