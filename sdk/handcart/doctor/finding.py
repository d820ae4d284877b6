"""One thing that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """``code`` is stable; ``text`` says what is wrong and ``way_out`` what to do about it."""

    code: str
    text: str
    way_out: str
