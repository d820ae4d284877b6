"""A raw query string, taken apart without guessing.

Frameworks differ here (last value wins, empty values dropped, keys with brackets nested), and
each such kindness breaks a signature; so the bytes are split and decoded by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

Pair = tuple[bytes, bytes]
Pairs = tuple[Pair, ...]


def split_query(query: bytes) -> Pairs:
    """Every pair in order of arrival: percent-decoded, ``+`` as a space, empty values kept.

    ``&`` alone separates; an empty piece is no pair; a piece without ``=`` has an empty value; a
    percent sign that starts no escape stands for itself.
    """
    return tuple(_pair(piece) for piece in query.split(b"&") if piece)


def repeated(pairs: Pairs, among: Iterable[bytes]) -> bool:
    """True when any name of ``among`` comes more than once."""
    counts = Counter(name for name, _ in pairs)
    return any(counts[name] > 1 for name in among)


def value_of(pairs: Pairs, name: bytes) -> bytes | None:
    return next((value for known, value in pairs if known == name), None)


def as_text(pairs: Pairs) -> tuple[tuple[str, str], ...] | None:
    """The pairs as text, or None when any of them is not UTF-8."""
    try:
        return tuple((name.decode(), value.decode()) for name, value in pairs)
    except UnicodeDecodeError:
        return None


def _pair(piece: bytes) -> Pair:
    name, _, value = piece.replace(b"+", b" ").partition(b"=")
    return unquote_to_bytes(name), unquote_to_bytes(value)
