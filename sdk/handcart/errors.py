"""Every error Handcart raises on purpose.

::

    HandcartError
    ├── BadInput            400  what was sent cannot be understood
    │   ├── NotVerified     401  a signature or token does not prove what it should
    │   └── TooLarge        413  the body is over the limit
    ├── Denied              403  known, but may not do this
    ├── NotFound            404  nothing here under that name, or not in this shop
    ├── RuleBroken          409  understood, but the rules forbid it now
    │   ├── InvalidTransition    a pickup cannot go from this state to that one
    │   └── StaleWrite           somebody else wrote first; read again and retry
    ├── TooManyTries        429  locked until later
    ├── PlatformError       502  the platform did not do what was asked
    │   ├── PartialAnswer        … or did only a part of it, which is kept
    │   ├── Throttled            … because the shop's bucket is empty; try later
    │   ├── TokenRefused         … because the token is dead; the shop must open the app again
    │   └── UserErrors           … for reasons of business, each with field, code and message
    ├── NotInstalled        503  the shop has no usable installation
    ├── TooSlow             504  a handler did not come back in time; it is tried again
    ├── SettingsError            a setting is missing or wrong; raised at start only
    └── WiringError              a handler asks for what cannot be provided; raised at import only

``code`` is stable and safe to show; the message is for people and may change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class HandcartError(Exception):
    """The root of the tree: a stable ``code``, the HTTP ``status`` it maps to, a message."""

    status = 500

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class BadInput(HandcartError):
    status = 400


class NotVerified(BadInput):
    status = 401


class TooLarge(BadInput):
    status = 413


class Denied(HandcartError):
    status = 403


class NotFound(HandcartError):
    status = 404


class RuleBroken(HandcartError):
    status = 409


class InvalidTransition(RuleBroken):
    """``state`` is where the pickup is, ``wanted`` where somebody tried to take it."""

    def __init__(self, *, state: str, wanted: str) -> None:
        super().__init__("invalid_transition", f"a pickup that is {state} cannot become {wanted}")
        self.state = state
        self.wanted = wanted


class StaleWrite(RuleBroken):
    def __init__(self, what: str) -> None:
        super().__init__("stale_write", f"{what} was changed by somebody else meanwhile")


class TooManyTries(HandcartError):
    status = 429


class PlatformError(HandcartError):
    """``request_id`` is the platform's, where an answer came: its support can look it up."""

    status = 502
    request_id = ""


class PartialAnswer(PlatformError):
    """``data`` is what came beside the error; a field that failed is null in it."""

    def __init__(self, code: str, message: str, *, data: Mapping[str, Any]) -> None:
        super().__init__(code, message)
        self.data = data


class Throttled(PlatformError):
    """``wait`` is how many seconds until the bucket holds enough."""

    def __init__(self, wait: float) -> None:
        super().__init__("throttled", f"the shop's bucket is empty for {wait:.1f} s")
        self.wait = wait


class TokenRefused(PlatformError):
    pass


@dataclass(frozen=True, slots=True)
class UserError:
    """One entry of a mutation's ``userErrors``; ``field`` is the path into the input."""

    message: str
    field: tuple[str, ...] = ()
    code: str | None = None


class UserErrors(PlatformError):
    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__("user_errors", "; ".join(error.message for error in errors))
        self.errors = tuple(errors)


class NotInstalled(HandcartError):
    status = 503

    def __init__(self, shop: str) -> None:
        super().__init__("not_installed", f"{shop} has no usable installation")
        self.shop = shop


class TooSlow(HandcartError):
    status = 504


class SettingsError(HandcartError):
    pass


class WiringError(HandcartError):
    pass
