"""Every GraphQL document that Handcart sends, one a file; a test checks them on the real schema.

Selections that several documents share are in ``fragments``, each named after its file.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_SUFFIX = ".graphql"
_SPREAD = re.compile(r"\.\.\.([A-Z]\w*)")


@cache
def document(name: str) -> str:
    """The text of ``<name>.graphql``, with the fragments that it spreads."""
    text = (files(__name__) / f"{name}{_SUFFIX}").read_text()
    fragments = (_fragment(one) for one in sorted(set(_SPREAD.findall(text))))
    return "".join([text, *fragments])


def names() -> list[str]:
    """Every document there is, sorted."""
    found = [entry.name for entry in files(__name__).iterdir()]
    return sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX))


def _fragment(name: str) -> str:
    return (files(__name__) / "fragments" / f"{name}{_SUFFIX}").read_text()
