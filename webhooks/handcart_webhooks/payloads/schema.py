"""How a schema is loaded: bytes in, one dataclass or BadInput out."""

from __future__ import annotations

import re
from typing import Any

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from handcart.errors import BadInput

# JSON may hold the character NUL and PostgreSQL's text may not; it means nothing, so it goes.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


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
        return orjson.loads(_NUL.sub(rb"\1", body))
    except orjson.JSONDecodeError as error:
        raise BadInput("payload_not_json", f"{error.msg} at {error.pos}") from None


def _summary(messages: Any, path: str = "") -> str:
    if isinstance(messages, dict):
        return "; ".join(_summary(value, f"{path}.{key}") for key, value in messages.items())
    return f"{path.removeprefix('.')}: {' '.join(map(str, messages))}"
