"""Handlers ask for what they need by annotation; what cannot be provided fails at import."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from .errors import WiringError

# A limit is shorter than a row may be held (``handcart.storage.leases``).
LONGEST_LIMIT = 240

# How to make the value of each type that a handler may ask for; made only when asked for.
Offers = Mapping[type, Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Wired:
    """A plain function and the type each of its parameters asks for.

    ``limit`` is how many seconds it may take, where that is not what all may.
    """

    function: Callable[..., Any]
    wants: Mapping[str, type]
    limit: float | None = None

    @property
    def name(self) -> str:
        """Where the function lives, as ``module.qualname``: stable over restarts."""
        return f"{self.function.__module__}.{self.function.__qualname__}"

    def call(self, offers: Offers) -> Any:
        """Call the function with what it asked for."""
        return self.function(**{name: offers[kind]() for name, kind in self.wants.items()})


def wire(
    function: Callable[..., Any], *, offered: Sequence[type], limit: float | None = None
) -> Wired:
    """Check every parameter of ``function`` against what is ``offered``; raise WiringError."""
    if limit is not None and not 0 < limit <= LONGEST_LIMIT:
        raise WiringError(
            "limit_out_of_range",
            f"{_named(function)}: a limit is more than 0 and at most {LONGEST_LIMIT} seconds",
        )
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise WiringError(
            "annotation_unknown", f"{_named(function)}: {error}; annotations are read at import"
        ) from None
    wants: dict[str, type] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is not parameter.empty and hints.get(name) not in offered:
            continue
        if hints.get(name) not in offered:
            raise WiringError("cannot_provide", _refusal(function, name, hints.get(name), offered))
        wants[name] = hints[name]
    return Wired(function, wants, limit)


def _refusal(
    function: Callable[..., Any], name: str, kind: type | None, offered: Sequence[type]
) -> str:
    asked = f"{name}: {getattr(kind, '__name__', kind)}" if kind else f"{name} (not annotated)"
    can = ", ".join(sorted(offer.__name__ for offer in offered))
    return f"{_named(function)} asks for {asked}; here it can ask for {can}"


def _named(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
