"""The app's ``shopify.app.toml`` against its settings and its code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..app import Handcart
from ..errors import SettingsError
from ..localshop.config import AppConfig
from ..subscriptions.toml import rewritten
from ..web.install import CALLBACK_PATH
from .finding import Finding


def look_into(handcart: Handcart, path: Path) -> Iterator[Finding]:
    """Where the file says something else than the settings and the code."""
    try:
        written = AppConfig.from_toml(path)
        rewrite = rewritten(
            path,
            handcart.topics() - handcart.subscriptions.of_shops,
            api_version=handcart.settings.api_version,
            special=handcart.subscriptions.special,
        )
    except SettingsError as error:
        yield Finding(error.code, str(error), f"mend {path.name}")
        return
    yield from _identity(handcart, written, path)
    if rewrite != path.read_text(encoding="utf-8"):
        yield Finding(
            "webhooks_differ",
            f"the code handles other topics, on other terms or of another version, "
            f"than {path.name} subscribes to",
            f"look with `handcart sync --toml {path.name} --plan`, then --apply and deploy",
        )


def _identity(handcart: Handcart, written: AppConfig, path: Path) -> Iterator[Finding]:
    settings = handcart.settings
    if written.client_id != settings.api_key:
        yield Finding(
            "client_id_differs",
            f"{path.name} is of {written.client_id}, HANDCART_API_KEY is {settings.api_key}",
            "make them the same app's",
        )
    if written.app_url != settings.app_url and "127.0.0.1" not in settings.app_url:
        yield Finding(
            "app_url_differs",
            f"{path.name} says {written.app_url}, HANDCART_APP_URL {settings.app_url}",
            "make them the same, and deploy",
        )
    if written.app_url + CALLBACK_PATH not in written.redirect_urls:
        yield Finding(
            "redirect_missing",
            f"[auth] redirect_urls of {path.name} has not {written.app_url}{CALLBACK_PATH}",
            "add it, or nobody can install the app by /auth/install",
        )
