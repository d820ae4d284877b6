"""Every GraphQL document that Handcart sends, one a file; a test checks them on the real schema."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_SUFFIX = ".graphql"


@cache
def document(name: str) -> str:
    """The text of ``<name>.graphql``."""
    return (files(__name__) / f"{name}{_SUFFIX}").read_text()


def names() -> list[str]:
    """Every document there is, sorted."""
    found = [entry.name for entry in files(__name__).iterdir()]
    return sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX))
