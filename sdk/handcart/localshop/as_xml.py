"""A webhook's body as XML, the way Ruby on Rails writes it and the platform with it.

Names with hyphens, ``type`` beside what is no text, a list's entries by its name's singular. Prices
are text in our bodies, as in the platform's JSON; the platform's XML calls them decimal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

# What no XML may hold, however it is written.
_NEVER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FIRST_LINE = '<?xml version="1.0" encoding="UTF-8"?>'
_ROOTS = {"app": "shop", "inventory_levels": "inventory-level"}


def as_xml(topic: str, body: Mapping[str, Any]) -> bytes:
    """``orders/create`` is an ``<order>``."""
    noun = topic.partition("/")[0]
    root = Element(_ROOTS.get(noun, _singular(_hyphened(noun))))
    _fill(root, body)
    return f"{_FIRST_LINE}\n{tostring(root, encoding='unicode')}\n".encode()


def _fill(element: Element, value: Any) -> None:
    if value is None:
        element.set("nil", "true")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _fill(SubElement(element, _hyphened(name)), inner)
    elif isinstance(value, list | tuple):
        element.set("type", "array")
        for inner in value:
            _fill(SubElement(element, _singular(element.tag)), inner)
    else:
        if kind := _kind(value):
            element.set("type", kind)
        element.text = _NEVER.sub("", str(value).lower() if kind == "boolean" else str(value))


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "float"}.get(type(value), "")


def _hyphened(name: str) -> str:
    return name.replace("_", "-")


def _singular(name: str) -> str:
    for plural, single in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if name.endswith(plural):
            return name.removesuffix(plural) + single
    return name
