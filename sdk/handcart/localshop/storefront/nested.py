"""Form fields with brackets, ``items[0][id]=1``, as the nested values they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_KEYS = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 8


def nested(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """``a[b]=1&a[]=2`` becomes dicts and lists; a field that makes no sense is left out."""
    root: dict[str, Any] = {}
    for name, value in fields:
        head, bracket, rest = name.partition("[")
        keys = _KEYS.findall(bracket + rest)[:_DEEPEST]
        _put(root, [head, *keys], value)
    return {name: _listed(value) for name, value in root.items()}


def _put(into: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        below = into.setdefault(key or str(len(into)), {})
        if not isinstance(below, dict):
            return
        into = below
    into[keys[-1] or str(len(into))] = value


def _listed(value: Any) -> Any:
    """A dict whose keys are 0, 1, 2 … is a list."""
    if not isinstance(value, dict):
        return value
    made = {key: _listed(each) for key, each in value.items()}
    if made and list(made) == [str(number) for number in range(len(made))]:
        return list(made.values())
    return made
