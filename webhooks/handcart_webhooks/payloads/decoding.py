"""How a payload is read: bytes in, one checked record or BadInput out, in a single pass.

A record names the few fields that Handcart needs of it; what it does not name is skipped. The
bounds are those of the columns that the values go to.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from handcart.errors import BadInput

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(max_length=255)]

# JSON may hold the character NUL and PostgreSQL's text may not; it means nothing, so it goes.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_WHERE = re.compile(r"(.*) - at `\$\.?(.*)`")


class Record(msgspec.Struct):
    """A JSON object of which only the named fields are read."""


def decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """What ``decoder`` makes of the body; BadInput says what is wrong, not what is in it."""
    try:
        return decoder.decode(_NUL.sub(rb"\1", body) if rb"\u0000" in body else body)
    except msgspec.ValidationError as error:
        raise BadInput("payload_invalid", _summary(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("payload_not_json", _why(error)) from None


def _why(error: Exception) -> str:
    """Of bytes that are no text, and of depths, only that: their errors quote what was sent."""
    return str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__


def _summary(message: str) -> str:
    """``line_items.0.quantity: Expected `int`, got `str```."""
    found = _WHERE.fullmatch(message)
    if found is None:
        return message
    what, path = found.groups()
    return f"{path.replace('[', '.').replace(']', '')}: {what}"
