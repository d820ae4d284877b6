"""The shape of what the storefront script sends, checked once, at the door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

from ..carts.goods import Good
from ..carts.line_key import Item
from ..carts.sighting import Sighting, split_token
from ..carts.snapshot import Mark, SnapshotLine
from ..carts.wishes import Verb, Wish
from ..errors import BadInput

_MOST_LINES = 250
_MOST_PROPERTIES = 100
_MOST_WISHES = 20
_LARGEST_PRICE = 10**12
_LARGEST_ID = 2**63 - 1


def storable(text: str) -> None:
    """Neither a zero byte nor half a surrogate pair: no database keeps those."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValidationError("not a text that can be kept")


def _text(longest: int, *, shortest: int = 0) -> fields.String:
    return fields.String(validate=[validate.Length(min=shortest, max=longest), storable])


def _key(*, shortest: int) -> fields.String:
    """A line key or a cart id."""
    plain = validate.Regexp(rf"^[0-9a-f]{{{shortest},32}}\Z")
    if shortest:
        return fields.String(required=True, validate=plain)
    return fields.String(load_default="", validate=plain)


def _own_path(text: str) -> None:
    """A place in the shop, never a place elsewhere."""
    if text and (not text.startswith("/") or text.startswith(("//", "/\\"))):
        raise ValidationError("not a path of the shop")


def _web_address(text: str) -> None:
    if text and not text.startswith(("https://", "http://", "//", "/")):
        raise ValidationError("not an address of a picture")


_ID = validate.Range(min=1, max=_LARGEST_ID)


class ItemSchema(Schema):
    """What a line is of."""

    class Meta:
        unknown = EXCLUDE

    variant_id = fields.Integer(required=True, strict=True, validate=_ID)
    properties = fields.Dict(
        keys=_text(255),
        values=_text(5000),
        load_default=dict,
        validate=validate.Length(max=_MOST_PROPERTIES),
    )
    selling_plan = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_ID)

    @pre_load
    def plain_properties(self, line: Any, **_: Any) -> Any:
        """Properties as the platform sends them: none, null, or values that are not text."""
        if not isinstance(line, dict):
            return line
        given = line.get("properties")
        if isinstance(given, dict):
            given = {name: _as_text(value) for name, value in given.items() if value is not None}
        return {**line, "properties": given or {}}


class _LineSchema(ItemSchema):
    quantity = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=0, max=100_000)
    )
    parent = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, _MOST_LINES)
    )
    title = _text(300)
    price = fields.Integer(strict=True, validate=validate.Range(0, _LARGEST_PRICE))
    url = fields.String(validate=[validate.Length(max=1000), storable, _own_path])
    image = fields.String(validate=[validate.Length(max=1000), storable, _web_address])


class _RefusedSchema(ItemSchema):
    parent = _key(shortest=0)
    gone = fields.Boolean(load_default=False)


class _WishSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    do = fields.String(required=True, validate=validate.OneOf(get_args(Verb)))
    about = _key(shortest=32)


class _SyncSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    token = fields.String(required=True, validate=[validate.Length(min=1, max=255), storable])
    lines = fields.List(
        fields.Nested(_LineSchema), required=True, validate=validate.Length(max=_MOST_LINES)
    )
    device = fields.String(
        load_default=None, allow_none=True, validate=[validate.Length(max=500), storable]
    )
    mark = fields.String(load_default="", allow_none=True, validate=validate.Length(max=40))
    read_at = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 2**53)
    )
    refused = fields.List(
        fields.Nested(_RefusedSchema), load_default=list, validate=validate.Length(max=_MOST_LINES)
    )
    currency = fields.String(
        load_default="", allow_none=True, validate=validate.Regexp(r"^([A-Z]{3})?\Z")
    )
    wishes = fields.List(
        fields.Nested(_WishSchema), load_default=list, validate=validate.Length(max=_MOST_WISHES)
    )


_SYNC = _SyncSchema()


def read_sync(body: bytes) -> tuple[Sighting, str | None]:
    """What the script saw, and its device token; BadInput for anything else."""
    data = _loaded(_parsed(body))
    token, digest = split_token(data["token"])
    if not token:
        raise BadInput("cart_not_valid", "token: empty")
    sighting = Sighting(
        token,
        digest,
        lines=tuple(_line(line) for line in data["lines"]),
        mark=Mark.read(data["mark"] or ""),
        read_at=data["read_at"],
        refused=frozenset(_item(line) for line in data["refused"]),
        gone=frozenset(_item(line) for line in data["refused"] if line["gone"]),
        goods=tuple(_good(line, data["currency"]) for line in data["lines"]),
        wishes=tuple(Wish(wish["do"], wish["about"]) for wish in data["wishes"]),
    )
    return sighting, data["device"]


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput("body_not_json", "the body is not JSON in UTF-8") from error


def _loaded(given: Any) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = _SYNC.load(given)
    except ValidationError as error:
        raise BadInput("cart_not_valid", _first(error.messages_dict)) from error
    return loaded


def _first(messages: Mapping[Any, Any]) -> str:
    """``lines.3.quantity: Missing data for required field.``, without what was sent."""
    path, found = [], messages
    while isinstance(found, dict):
        name, found = next(iter(found.items()))
        path.append(str(name)[:40])
    return f"{'.'.join(path)}: {found[0]}"


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _line(data: Mapping[str, Any]) -> SnapshotLine:
    return SnapshotLine(
        data["variant_id"],
        data["quantity"],
        data["properties"],
        data["selling_plan"],
        data["parent"],
    )


def _good(data: Mapping[str, Any], currency: str | None) -> Good | None:
    """How a line looks, if the browser says what it costs and in which money."""
    if not currency or "price" not in data:
        return None
    return Good(
        title=data.get("title", ""),
        price=data["price"],
        currency=currency,
        url=data.get("url", ""),
        image=data.get("image", ""),
    )


def _item(data: Mapping[str, Any]) -> Item:
    return Item.of(
        data["variant_id"], data["selling_plan"], data["properties"], parent=data["parent"]
    )
