"""Pictures of the products: drawn from their names and the shop's seed, not downloaded."""

from __future__ import annotations

import hashlib
import random

# Ground, body, shade, accent: quiet pairs that stand on a light and on a dark page.
_COLOURS = (
    ("#e6ebe0", "#53705c", "#3d5646", "#d8a657"),
    ("#efe6da", "#9a6a4b", "#7a5038", "#e3c9a3"),
    ("#e3e8ea", "#4f6b7a", "#3a515e", "#d9b48f"),
    ("#f0e2df", "#9c5a55", "#7c433f", "#f0cfa8"),
    ("#ebe7dc", "#7d7a4a", "#5f5d36", "#d9c27a"),
    ("#e7e2ec", "#6b5f83", "#514766", "#d8b9c3"),
)


def picture(handle: str, kind: str, *, seed: int) -> str:
    """An SVG of 480 by 480; the same handle, kind and seed draw the same picture."""
    digest = hashlib.sha256(f"{seed}:{handle}".encode()).digest()
    dice = random.Random(digest)  # noqa: S311  decoration, not a secret
    colours = _COLOURS[digest[0] % len(_COLOURS)]
    drawing = _thing(handle, kind, colours, dice)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 480">'
        f'<rect width="480" height="480" fill="{colours[0]}"/>'
        f'<ellipse cx="240" cy="400" rx="150" ry="16" fill="{colours[2]}" opacity=".18"/>'
        f"{drawing}</svg>"
    )


def _thing(handle: str, kind: str, colours: tuple[str, str, str, str], dice: random.Random) -> str:
    if "pot" in handle:
        return _pot(colours)
    if "mug" in handle:
        return _mug(colours)
    if "tin" in handle.split("-"):
        return _tin(colours, dice)
    if kind == "Gift":
        return _box(colours)
    return _pouch(colours, dice)


def _pouch(colours: tuple[str, str, str, str], dice: random.Random) -> str:
    _, body, shade, accent = colours
    return (
        f'<path d="M140 130 q100 -16 200 0 l14 250 q-114 26 -228 0 z" fill="{body}"/>'
        f'<path d="M140 130 q100 -16 200 0 l3 34 q-103 -14 -206 0 z" fill="{shade}"/>'
        '<rect x="182" y="206" width="116" height="132" rx="8" fill="#fbf8f1"/>'
        + _sprig(240, 322, body, accent, dice)
    )


def _sprig(x: int, y: int, stem: str, berry: str, dice: random.Random) -> str:
    """A stalk with leaves to both sides and a few berries."""
    parts = [f'<path d="M{x} {y} V{y - 96}" stroke="{stem}" stroke-width="4" fill="none"/>']
    for step in range(4):
        at, side = y - 18 - 20 * step, 1 if step % 2 else -1
        long, up = dice.randint(26, 38), dice.randint(10, 22)
        parts.append(
            f'<path d="M{x} {at} q{side * long * 0.3:.0f} {-up} {side * long} {-up} '
            f'q{-side * long * 0.3:.0f} {up} {-side * long} {up} z" fill="{stem}"/>'
        )
    for _ in range(dice.randint(2, 4)):
        cx, cy = x + dice.randint(-26, 26), y - dice.randint(30, 98)
        parts.append(f'<circle cx="{cx}" cy="{cy}" r="6" fill="{berry}"/>')
    return "".join(parts)


def _pot(colours: tuple[str, str, str, str]) -> str:
    _, body, shade, accent = colours
    return (
        f'<path d="M150 240 q-60 -10 -72 -62" stroke="{shade}" stroke-width="30" fill="none"/>'
        f'<path d="M338 236 q74 4 52 66 q-14 34 -60 36" stroke="{shade}" stroke-width="20" '
        'fill="none"/>'
        f'<path d="M132 250 q0 -66 108 -66 q108 0 108 66 q0 140 -60 146 h-96 q-60 -6 -60 -146 z" '
        f'fill="{body}"/>'
        f'<path d="M176 192 q64 -34 128 0 z" fill="{shade}"/>'
        f'<circle cx="240" cy="164" r="14" fill="{accent}"/>'
    )


def _mug(colours: tuple[str, str, str, str]) -> str:
    _, body, shade, accent = colours
    return (
        f'<path d="M320 230 q70 0 62 60 q-8 50 -66 50" stroke="{shade}" stroke-width="18" '
        'fill="none"/>'
        f'<path d="M150 176 h174 l-10 200 q-4 20 -26 20 h-102 q-22 0 -26 -20 z" fill="#fbf8f1" '
        'opacity=".85"/>'
        f'<path d="M155 262 h164 l-6 112 q-4 18 -24 18 h-104 q-20 0 -24 -18 z" fill="{accent}" '
        'opacity=".8"/>'
        f'<path d="M184 196 h106 v108 q-53 22 -106 0 z" fill="{shade}" opacity=".45"/>'
        f'<rect x="140" y="160" width="194" height="20" rx="10" fill="{body}"/>'
    )


def _tin(colours: tuple[str, str, str, str], dice: random.Random) -> str:
    _, body, shade, accent = colours
    return (
        f'<rect x="150" y="170" width="180" height="224" rx="16" fill="{body}"/>'
        f'<rect x="142" y="140" width="196" height="52" rx="14" fill="{shade}"/>'
        '<circle cx="240" cy="290" r="64" fill="#fbf8f1"/>' + _sprig(240, 342, body, accent, dice)
    )


def _box(colours: tuple[str, str, str, str]) -> str:
    _, body, shade, accent = colours
    bags = "".join(
        f'<rect x="{124 + 60 * (n % 4)}" y="{226 + 78 * (n // 4)}" width="52" height="68" rx="6" '
        f'fill="{accent if n % 3 else "#fbf8f1"}"/>'
        for n in range(8)
    )
    return (
        f'<rect x="104" y="206" width="272" height="188" rx="12" fill="{body}"/>{bags}'
        f'<path d="M104 206 l36 -62 h200 l36 62 z" fill="{shade}"/>'
    )
