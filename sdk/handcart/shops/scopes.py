"""What a merchant has granted, and what that covers."""

from __future__ import annotations

from collections.abc import Iterable


def read_scopes(text: str) -> frozenset[str]:
    """The scopes of a list with commas or blanks between, as the platform writes them."""
    return frozenset(text.replace(",", " ").split())


def covered(granted: Iterable[str]) -> frozenset[str]:
    """``granted`` and what each implies: who may write may read (shopify.dev, Access scopes)."""
    found = set(granted)
    found |= {_reading(scope) for scope in found if "write_" in scope}
    return frozenset(found)


def missing(wanted: Iterable[str], *, granted: Iterable[str]) -> tuple[str, ...]:
    """Those of ``wanted`` that ``granted`` does not cover, sorted."""
    return tuple(sorted(set(wanted) - covered(granted)))


def written(scopes: Iterable[str]) -> str:
    """The scopes as they are kept and sent: sorted, with commas between."""
    return ",".join(sorted(scopes))


def _reading(scope: str) -> str:
    """``write_orders`` implies ``read_orders``; ``unauthenticated_write_x`` its own twin."""
    return scope.replace("write_", "read_", 1)
