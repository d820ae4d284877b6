"""The root of every mutation."""

from __future__ import annotations

from collections.abc import Callable

from .answers import Payload
from .bulk import BULK
from .charging import CHARGING
from .drafting import DRAFTING
from .editing import EDITING
from .fulfilling import FULFILLING
from .pixeling import PIXELING
from .places import PLACES
from .refunding import REFUNDING
from .revoking import REVOKING
from .stocktaking import STOCKTAKING
from .subscribing import SUBSCRIBING

MUTATIONS: dict[str, Callable[..., Payload]] = {
    **BULK,
    **CHARGING,
    **DRAFTING,
    **EDITING,
    **FULFILLING,
    **PIXELING,
    **PLACES,
    **REFUNDING,
    **REVOKING,
    **STOCKTAKING,
    **SUBSCRIBING,
}
