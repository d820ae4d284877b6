"""What a verifier says: accepted or not, why, and the status to answer with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is ``ok`` or a stable code; ``status`` is 200, or the answer to a refusal."""

    ok: bool
    reason: str
    status: int


@dataclass(frozen=True, slots=True)
class QueryVerdict(Verdict):
    """``params`` are the signed pairs as they came, decoded, without the signature."""

    shop: str = ""
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProxyVerdict(Verdict):
    """``customer_id`` is the signed-in customer, or None for a guest.

    ``params`` are the signed pairs as they came, decoded, without the signature. Only ``shop`` and
    ``customer_id`` are worth trusting: the platform also signs whatever a stranger puts in the
    address bar, and the signature does not fix where one such value ends and the next name begins.
    """

    shop: str = ""
    customer_id: int | None = None
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TokenVerdict(Verdict):
    """``shop`` is the token's ``dest``, ``user_id`` its ``sub``; ``claims`` are all of them."""

    shop: str = ""
    user_id: int = 0
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShopperVerdict(Verdict):
    """``customer_id`` is the signed-in customer, or None; ``claims`` are all of the token's."""

    shop: str = ""
    customer_id: int | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlowVerdict(Verdict):
    """``payload`` is the body of the action: ``action_run_id``, ``properties`` and the rest."""

    shop: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
