"""What every mutation answers: its payload, and ``userErrors`` for what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..refusals import Refused

Payload = dict[str, Any]
Act = Callable[[], Payload]


def answer(empty: Payload, act: Act, *, errors: str = "user_errors") -> Payload:
    """What ``act`` gives and no errors, or ``empty`` and the one error that it raised."""
    try:
        return {**empty, errors: [], **act()}
    except Refused as refused:
        error = {
            "field": list(refused.field) or None,
            "message": refused.message,
            "code": refused.code,
        }
        return {**empty, errors: [error]}


def known(value: int | None, message: str, *, code: str, field: tuple[str, ...]) -> int:
    if value is None:
        raise Refused(message, code=code, field=field)
    return value


def coded(payload: Payload, *codes: str) -> Payload:
    """Keep only the codes that this mutation's enum has; the message says the rest."""
    for error in payload["user_errors"]:
        if error["code"] not in codes:
            error["code"] = None
    return payload
