"""Everything that can be set, in one frozen object, read once and checked at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import SettingsError
from .injection import LONGEST_LIMIT

API_VERSION = "2026-10"
_LONGEST_KEPT = 3650
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the app needs to know before it starts; ``docs/reference/settings.md`` has each one."""

    api_key: str
    api_secret: str
    app_url: str
    secrets: tuple[str, ...]
    old_api_secret: str | None = None
    database_url: str = "sqlite:///handcart.db"
    platform_url: str = "https://{shop}"
    api_version: str = API_VERSION
    workers: int = 2
    max_body: int = 5 * 1024 * 1024
    receive_via: str | None = None
    encrypt_payloads: bool = False
    handler_seconds: int = 30
    smtp_url: str | None = None
    mail_from: str = ""
    guest_cart_days: int = 540

    @property
    def api_secrets(self) -> tuple[str, ...]:
        """The secrets the platform may sign with: the current one, then the one before it."""
        return (self.api_secret, self.old_api_secret) if self.old_api_secret else (self.api_secret,)

    def platform_for(self, shop: str) -> str:
        """The base address of a shop's platform, without a trailing slash."""
        return self.platform_url.replace("{shop}", shop).rstrip("/")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read ``HANDCART_*`` (and the platform CLI's ``SHOPIFY_API_KEY``/``_SECRET``)."""
        env = os.environ if env is None else env
        return _checked(
            cls(
                api_key=_required(env, "HANDCART_API_KEY", "SHOPIFY_API_KEY"),
                api_secret=_required(env, "HANDCART_API_SECRET", "SHOPIFY_API_SECRET"),
                app_url=_required(env, "HANDCART_APP_URL").rstrip("/"),
                secrets=tuple(_required(env, "HANDCART_SECRETS").split(",")),
                old_api_secret=env.get("HANDCART_OLD_API_SECRET") or None,
                database_url=env.get("HANDCART_DATABASE_URL") or cls.database_url,
                platform_url=env.get("HANDCART_PLATFORM_URL") or cls.platform_url,
                api_version=env.get("HANDCART_API_VERSION") or cls.api_version,
                workers=_whole(env, "HANDCART_WORKERS", cls.workers),
                max_body=_whole(env, "HANDCART_MAX_BODY", cls.max_body),
                receive_via=env.get("HANDCART_RECEIVE_VIA") or None,
                encrypt_payloads=_switch(env, "HANDCART_ENCRYPT_PAYLOADS"),
                handler_seconds=_whole(env, "HANDCART_HANDLER_SECONDS", cls.handler_seconds),
                smtp_url=env.get("HANDCART_SMTP_URL") or None,
                mail_from=env.get("HANDCART_MAIL_FROM", "").strip(),
                guest_cart_days=_whole(env, "HANDCART_GUEST_CART_DAYS", cls.guest_cart_days),
            )
        )


def _required(env: Mapping[str, str], *names: str) -> str:
    for name in names:
        if value := env.get(name, "").strip():
            return value
    raise SettingsError("setting_missing", f"set {' or '.join(names)}")


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        raise SettingsError("setting_not_a_number", f"{name} must be a positive whole number")
    return int(text)


def _switch(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name) or "0"
    if text not in {"0", "1"}:
        raise SettingsError("setting_not_a_switch", f"{name} is 1 or 0")
    return text == "1"


def _checked(settings: Settings) -> Settings:
    _check_secrets(settings.secrets)
    _check_url("HANDCART_APP_URL", settings.app_url)
    _check_url("HANDCART_PLATFORM_URL", settings.platform_for("shop.myshopify.com"))
    if settings.receive_via:
        check_broker(settings.receive_via)
    if settings.smtp_url:
        _check_mail(settings.smtp_url, settings.mail_from)
    if not re.fullmatch(r"20[0-9]{2}-(01|04|07|10)|unstable", settings.api_version):
        raise SettingsError("api_version_unknown", "HANDCART_API_VERSION looks like 2026-10")
    if settings.handler_seconds > LONGEST_LIMIT:
        raise SettingsError(
            "setting_too_large", f"HANDCART_HANDLER_SECONDS is at most {LONGEST_LIMIT}"
        )
    if settings.guest_cart_days > _LONGEST_KEPT:
        raise SettingsError(
            "setting_too_large", f"HANDCART_GUEST_CART_DAYS is at most {_LONGEST_KEPT}"
        )
    return settings


def _check_secrets(secrets: Sequence[str]) -> None:
    if any(len(secret) < 32 for secret in secrets):
        raise SettingsError(
            "secret_too_short",
            "each of HANDCART_SECRETS needs at least 32 characters; make one with "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )


def check_broker(addresses: str) -> None:
    """One address or several with semicolons between; each names the host of a broker."""
    for address in addresses.split(";"):
        parts = urlsplit(address.strip())
        if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
            raise SettingsError(
                "broker_address_malformed",
                "HANDCART_RECEIVE_VIA looks like amqps://user:password@host/vhost, and several "
                "brokers of one cluster have semicolons between them",
            )


def _check_mail(server: str, sender: str) -> None:
    """A server to send by, and one address to send from."""
    parts = urlsplit(server)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingsError(
            "mail_server_malformed", "HANDCART_SMTP_URL looks like smtps://user:password@host"
        )
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+", sender):
        raise SettingsError(
            "mail_from_malformed", "HANDCART_MAIL_FROM is one address, such as shop@example.com"
        )


def _check_url(name: str, url: str) -> None:
    """Plain http is for loopback only: tokens and webhooks travel there."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise SettingsError("url_not_safe", f"{name} must be https (http only for this machine)")
