"""The app's web pixel in the shop: its settings, and what the app's extension says it may be given.

The extension is a folder with ``type = "web_pixel_extension"``; it runs in a worker of its own,
without the page, its cookies or its storage (``runtime_context = "strict"``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .world import World

# Without both the platform neither makes nor runs a pixel.
SCOPES = ("write_pixels", "read_customer_events")
_PURPOSES = ("analytics", "marketing", "preferences")
_SALE_OF_DATA = ("enabled", "disabled", "ldu")


@dataclass(frozen=True, slots=True)
class Extension:
    """``fields`` are its settings; ``purposes`` are what the visitor has to agree to."""

    folder: Path
    fields: tuple[str, ...]
    purposes: tuple[str, ...]

    @property
    def script(self) -> Path:
        return self.folder / "src" / "index.js"

    @classmethod
    def of(cls, folder: Path, told: Mapping[str, Any]) -> Extension:
        """What ``shopify.extension.toml`` says; raises SettingsError."""
        privacy = told.get("customer_privacy", {})
        if told.get("runtime_context") != "strict":
            raise SettingsError("app_config_pixel", 'a pixel says runtime_context = "strict"')
        if privacy.get("sale_of_data") not in _SALE_OF_DATA:
            raise SettingsError("app_config_pixel", f"sale_of_data is one of {_SALE_OF_DATA}")
        missing = [purpose for purpose in _PURPOSES if not isinstance(privacy.get(purpose), bool)]
        if missing:
            raise SettingsError("app_config_pixel", f"[customer_privacy] lacks {missing}")
        sale = ("sale_of_data",) if privacy["sale_of_data"] == "enabled" else ()
        return cls(
            folder,
            tuple(told.get("settings", {}).get("fields", {})),
            tuple(one for one in _PURPOSES if privacy[one]) + sale,
        )


def extension_in(folder: Path) -> Extension | None:
    """The first pixel among ``extensions/*`` beside the app's file."""
    for manifest in sorted(folder.glob("extensions/*/shopify.extension.toml")):
        told = tomllib.loads(manifest.read_text(encoding="utf-8"))
        if told.get("type") == "web_pixel_extension":
            return Extension.of(manifest.parent.resolve(), told)
    return None


@dataclass(slots=True)
class Pixel:
    """One WebPixel: the app's extension, switched on in this shop."""

    id: int
    settings: dict[str, str]
    made_at: datetime


def _all(world: World) -> dict[str, Pixel]:
    kept: dict[str, Pixel] = world.admin_state.setdefault("pixels", {})
    return kept


def held(world: World, client_id: str) -> Pixel | None:
    """The app's pixel; one from before it was installed anew is gone."""
    pixel, grant = _all(world).get(client_id), world.grants.get(client_id)
    return pixel if pixel and grant and pixel.made_at >= grant.installed_at else None


def runs(world: World, client_id: str) -> Pixel | None:
    """The app's pixel, while the merchant grants what it takes."""
    grant = world.grants.get(client_id)
    return held(world, client_id) if grant and set(SCOPES) <= set(grant.scopes) else None


def put(world: World, client_id: str, settings: dict[str, str]) -> Pixel:
    """The app's pixel has these settings; it is made if there was none."""
    with world.action() as at:
        pixel = held(world, client_id)
        if pixel is None:
            pixel = Pixel(world.next_id("web_pixel"), settings, at)
        pixel.settings = settings
        _all(world)[client_id] = pixel
        return pixel


def remove(world: World, client_id: str) -> None:
    with world.action():
        _all(world).pop(client_id, None)
