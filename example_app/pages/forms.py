"""What the forms about a pickup say, read so that nothing in them can surprise."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from handcart.errors import BadInput
from handcart.pickups.shipping import postal_address
from handcart.platform.port import PostalAddress

Form = MultiDict[str, str]
_UNITS, _INSTEAD = "units-", "instead-"
_ADDRESS = ("name", "street", "more", "postcode", "town", "region", "country", "phone")


def units_of(form: Form) -> dict[int, int] | None:
    """``units-71=2`` and so on: line id to units, those of 0 left out; None when none is named."""
    named = {name: text for name, text in form.items() if name.startswith(_UNITS)}
    if not named:
        return None
    try:
        counted = {int(name.removeprefix(_UNITS)): int(text or 0) for name, text in named.items()}
    except ValueError:
        raise BadInput("units_malformed", "units are whole numbers") from None
    return {line_id: units for line_id, units in counted.items() if units}


def instead_of(form: Form) -> dict[int, list[str]]:
    """``instead-71=SEN-100, GEN-50`` and so on: line id to codes, for lines that have any."""
    named: dict[int, list[str]] = {}
    for name, text in form.items():
        line = name.removeprefix(_INSTEAD)
        codes = [code for code in text.split(",") if code.strip()]
        if name.startswith(_INSTEAD) and codes:
            named[_number(line)] = codes
    return named


def store_of(form: Mapping[str, str]) -> int:
    """Which store was chosen; 0, which none is, for what is no number."""
    return _number(form.get("store", ""))


def chosen_of(form: Mapping[str, str]) -> tuple[int, int]:
    """``instead=71:502``: of which line, and which variant; (0, 0), which none is, for others."""
    line, _, variant = form.get("instead", "").partition(":")
    return _number(line), _number(variant)


def address_of(form: Mapping[str, str]) -> PostalAddress:
    """``street`` and so on; raises BadInput (``address_malformed``)."""
    return postal_address(**{name: form.get(name, "") for name in _ADDRESS})


def typed_address(form: Mapping[str, str]) -> Mapping[str, str]:
    """The fields of an address as they were written; empty for a form that asks for none."""
    return {name: form.get(name, "") for name in _ADDRESS} if "street" in form else {}


def sends_all(form: Mapping[str, str]) -> bool:
    """``what=all``: not only what is missing is to be sent."""
    return form.get("what") == "all"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
