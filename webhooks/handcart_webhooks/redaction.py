"""What may be shown of a payload: its shape, its ids, states and prices, and nobody in it.

Nothing is shown because it looks harmless; it is shown because its key says what it is *and* it
looks like that. All other texts are masked, so a field that the platform adds tomorrow is masked
too. Masks keep the type: ``‹text›`` stands for a string, ``‹number›`` for a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

TEXT, NUMBER, MORE = "‹text›", "‹number›", "‹more›"
_DEEPEST = 12
_LONGEST = 50

_KEY = re.compile(r"(?!.*\d{3})[a-z_][A-Za-z0-9_]{0,60}")
_ID_KEY = re.compile(r"(.*_)?ids?|[a-z][A-Za-z]*Ids?")
_ID = re.compile(r"\d{1,20}|gid://shopify/[A-Za-z]{1,40}/\d{1,20}")
_MOMENT_KEY = re.compile(r".*_at|date")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")
_WORD_KEY = re.compile(
    r"(.*_)?(status|currency|currency_code|topic|weight_unit|inventory_policy|method_type|cancel_reason)"
)
_WORD = re.compile(r"[A-Z]{3}|[A-Z]{2,}(_[A-Z]+)*|[a-z]+([_/][a-z]+)*")
_SHOP_KEY = re.compile(r"(myshopify_|shop_)?domain")
_SHOP = re.compile(r"[a-z0-9-]{1,60}\.myshopify\.com")
_MONEY_KEY = re.compile(r"(.*_)?(price|amount|discounts?)")
_MONEY = re.compile(r"-?\d{1,9}\.\d{1,2}")
_SHOWN = (
    (_ID_KEY, _ID),
    (_MOMENT_KEY, _MOMENT),
    (_WORD_KEY, _WORD),
    (_MONEY_KEY, _MONEY),
    (_SHOP_KEY, _SHOP),
)

# No number in or under these is shown, ids apart: it may lead to a person.
_PERSONAL = re.compile(
    r"customer|address|client|contact|phone|mail|name|birth|payment|billing|note|attribute|"
    r"propert|destination|latitude|longitude|zip|postal|_ip$|staff|user|receipt|token|secret|"
    r"key|password|pin$|company|recipient|tax|account|card"
)
_WRITTEN = re.compile(r"propert|attribute|metafield|^custom_")
_OF_A_PERSON = re.compile(r"birth|born|tax|national|passport|social|personal")
_LARGE = 1_000_000  # shorter than a phone number

# What may stand in the text of an error: quotations, mails, tokens, long numbers.
_IN_TEXT = (
    re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’|(?<=properties\.)[^:;]+"),
    re.compile(r"\S+@\S+"),
    re.compile(r"\b(?:shp[a-z]{2}_|Bearer\s+|eyJ)\S+"),
    re.compile(r"\b(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{24,}\b"),
    re.compile(r"\+?\d[\d\s().-]{5,}\d"),
)
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_NAMED = re.compile(r"\d{1,20}|[A-Za-z_]{1,24}|[A-Za-z_]\w{0,40}(\.[\w<>]{1,60})+")
_OURS = {"cart", "pickup", "task"}
_OUR_ID = re.compile(r"[0-9a-f-]{32,36}")


def redact(body: bytes) -> Any:
    """The payload with every personal value masked; None when the body is not JSON."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return _redact(payload, key="", personal=False, depth=0)


def redact_reason(reason: str) -> str:
    """A reason that names nobody: the code, and of its text what is no value.

    Of an error that is not one of ours only the kind is left: its text may hold anything.
    """
    code, _, text = reason.partition(":")
    if not _CODE.fullmatch(code):
        return code if re.fullmatch(r"[A-Za-z_]{1,60}", code) else "error"
    for pattern in _IN_TEXT:
        text = pattern.sub(TEXT, text)
    return f"{code}:{text}" if text else code


def redact_resource(resource: str) -> str:
    """``orders:450789469`` as it is; a platform cart is named by its token, which opens it.

    Ids that we gave (``pickup:…``, ``cart:…``, ``task:…``) open nothing and are shown.
    """
    shown: list[str] = []
    for part in resource.split(":"):
        ours = shown and shown[-1] in _OURS and _OUR_ID.fullmatch(part)
        shown.append(part if ours or _NAMED.fullmatch(part) else TEXT)
    return ":".join(shown)


def _redact(value: Any, *, key: str, personal: bool, depth: int) -> Any:
    if isinstance(value, Mapping | list) and depth >= _DEEPEST:
        return MORE
    if isinstance(value, Mapping):
        return _redact_object(value, key=key, personal=personal, depth=depth)
    if isinstance(value, list):
        kept = value[:_LONGEST]
        shown = [_redact(each, key=key, personal=personal, depth=depth + 1) for each in kept]
        return shown + [MORE] * (len(value) > _LONGEST)
    if isinstance(value, str):
        return value if not value or _says(key, value) else TEXT
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if _counts(key, value, personal=personal) else NUMBER
    return value


def _redact_object(
    value: Mapping[str, Any], *, key: str, personal: bool, depth: int
) -> dict[str, Any]:
    written = bool(_WRITTEN.search(key))  # then its keys are somebody's words, too
    shown: dict[str, Any] = {}
    for number, (name, each) in enumerate(value.items()):
        if number == 4 * _LONGEST:
            shown[MORE] = MORE
            break
        known = _KEY.fullmatch(name) and not written
        hidden = personal or bool(_PERSONAL.search(name.lower()))
        shown[name if known else f"{TEXT} {number + 1}"] = _redact(
            each, key=name if known else "", personal=hidden, depth=depth + 1
        )
    return shown


def _says(key: str, value: str) -> bool:
    """Whether the key promises an id, a moment, a state or a price, and the value is one."""
    if _OF_A_PERSON.search(key):
        return False
    return any(name.fullmatch(key) and shape.fullmatch(value) for name, shape in _SHOWN)


def _counts(key: str, value: float, *, personal: bool) -> bool:
    """Whether the number is an id, or too small to reach anybody."""
    if _ID_KEY.fullmatch(key) and not _OF_A_PERSON.search(key):
        return True
    return not personal and abs(value) < _LARGE
