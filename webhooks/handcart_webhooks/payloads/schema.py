"""How a schema is loaded: bytes in, one dataclass or BadInput out."""

from __future__ import annotations

from typing import Any

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from handcart.errors import BadInput


class Payload(Schema):
    """A schema that keeps out what it does not name."""

    class Meta:
        unknown = EXCLUDE


def positive(**more: Any) -> fields.Integer:
    """An id: a whole number above zero."""
    return fields.Integer(strict=True, validate=validate.Range(min=1), **more)


def moment(**more: Any) -> fields.AwareDateTime:
    """A time with its offset, as the platform writes them."""
    return fields.AwareDateTime(format="iso", **more)


def load(schema: Schema, body: bytes) -> Any:
    """What ``schema`` makes of the body; BadInput says what is wrong with it, not what is in it."""
    try:
        return schema.load(_decoded(body))
    except ValidationError as error:
        raise BadInput("payload_invalid", _summary(error.messages)) from None


def _decoded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadInput("payload_not_json", f"{error.msg} at {error.pos}") from None


def _summary(messages: Any, path: str = "") -> str:
    if isinstance(messages, dict):
        return "; ".join(_summary(value, f"{path}.{key}") for key, value in messages.items())
    return f"{path.removeprefix('.')}: {' '.join(map(str, messages))}"
