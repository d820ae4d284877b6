"""The app as its ``shopify.app.toml`` describes it to the platform."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import SettingsError
from ..settings import API_VERSION
from .pixels import Extension, extension_in
from .selection import FilterUnclear, fields_of, reading

COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")
LOCAL_SECRET = "local-client-secret-of-the-sample-app"  # noqa: S105 - opens nothing but the local shop


@dataclass(frozen=True, slots=True)
class WebhookSubscription:
    """One topic sent to one address; an empty ``include_fields`` sends the whole body.

    ``format`` is JSON in the app's file, which knows no other; the Admin API knows XML too.
    """

    topic: str
    uri: str
    filter: str = ""
    include_fields: tuple[str, ...] = ()
    name: str = ""
    format: str = "JSON"


@dataclass(frozen=True, slots=True)
class AppProxy:
    """``/<prefix>/<subpath>/…`` of the storefront is answered by ``url``."""

    url: str
    prefix: str
    subpath: str

    @property
    def path(self) -> str:
        return f"/{self.prefix}/{self.subpath}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppConfig:
    """What the platform knows of an app; every address in it is absolute."""

    client_id: str
    client_secret: str
    name: str
    handle: str
    app_url: str
    scopes: tuple[str, ...] = ()
    optional_scopes: tuple[str, ...] = ()
    api_version: str = API_VERSION
    subscriptions: tuple[WebhookSubscription, ...] = ()
    compliance: tuple[WebhookSubscription, ...] = ()
    proxy: AppProxy | None = None
    theme: Path | None = None
    pixel: Extension | None = None
    redirect_urls: tuple[str, ...] = ()
    old_client_secret: str | None = None

    @property
    def signing_secret(self) -> str:
        """What the platform signs with: the old secret as long as there is one."""
        return self.old_client_secret or self.client_secret

    @property
    def origin(self) -> str:
        """Scheme, host and port of the app, as a browser names them."""
        parts = urlsplit(self.app_url)
        return f"{parts.scheme}://{parts.netloc}"

    @classmethod
    def from_toml(
        cls, path: Path, *, app_url: str | None = None, client_secret: str = LOCAL_SECRET
    ) -> AppConfig:
        """Read ``path``; ``app_url`` takes the place of the file's ``application_url`` everywhere.

        The theme extension is the first ``extensions/*/shopify.extension.toml`` beside the file
        that says ``type = "theme"``. Raises SettingsError, naming what is wrong.
        """
        document = _read(path)
        return cls(
            **_identity(document, path),
            **_reach(document, app_url),
            client_secret=client_secret,
            theme=_theme(path.parent),
            pixel=extension_in(path.parent),
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError("app_config_missing", f"cannot read {path}: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("app_config_unreadable", f"{path}: {error}") from error


def _identity(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    missing = [key for key in ("client_id", "name", "application_url") if not document.get(key)]
    if missing:
        raise SettingsError("app_config_incomplete", f"{path} lacks {', '.join(missing)}")
    name = str(document["name"])
    access = document.get("access_scopes", {})
    return {
        "client_id": str(document["client_id"]),
        "name": name,
        "handle": str(document.get("handle") or name.lower().replace(" ", "-")),
        "scopes": _listed(access.get("scopes", "")) or tuple(access.get("required_scopes", ())),
        "optional_scopes": tuple(access.get("optional_scopes", ())),
    }


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _reach(document: Mapping[str, Any], app_url: str | None) -> dict[str, Any]:
    """Everything that has an address."""
    written = str(document["application_url"]).rstrip("/")
    base = (app_url or written).rstrip("/")
    webhooks = document.get("webhooks", {})
    subscriptions = tuple(_subscriptions(webhooks, "topics", written, base))
    _refuse_doubles(subscriptions)
    return {
        "app_url": base,
        "api_version": str(webhooks.get("api_version", API_VERSION)),
        "subscriptions": subscriptions,
        "compliance": tuple(_subscriptions(webhooks, "compliance_topics", written, base)),
        "proxy": _proxy(document.get("app_proxy"), written, base),
        "redirect_urls": tuple(
            _moved(str(url), written, base)
            for url in document.get("auth", {}).get("redirect_urls", ())
        ),
    }


def _moved(address: str, written: str, base: str) -> str:
    """``address`` under ``base``, when it was relative or under the file's own address."""
    if address.startswith("/"):
        return base + address
    if address == written or address.startswith(written + "/"):
        return base + address[len(written) :]
    return address


def _subscriptions(
    webhooks: Mapping[str, Any], key: str, written: str, base: str
) -> Iterator[WebhookSubscription]:
    for entry in webhooks.get("subscriptions", ()):
        for topic in entry.get(key, ()):
            yield WebhookSubscription(
                topic=str(topic),
                uri=_moved(str(entry["uri"]), written, base),
                filter=str(entry.get("filter", "")),
                include_fields=tuple(entry.get("include_fields", ())),
                name=str(entry.get("name", "")),
            )


def _refuse_doubles(subscriptions: tuple[WebhookSubscription, ...]) -> None:
    seen = set()
    for one in subscriptions:
        if one.topic in COMPLIANCE_TOPICS:
            raise SettingsError("app_config_topic", f"{one.topic} belongs under compliance_topics")
        _refuse_filter(one)
        if (one.topic, one.uri, one.filter) in seen:
            raise SettingsError("app_config_double", f"{one.topic} is sent to {one.uri} twice")
        seen.add((one.topic, one.uri, one.filter))


def _refuse_filter(one: WebhookSubscription) -> None:
    """A field that is filtered by has to be sent, when only some are."""
    try:
        reading(one.filter or "id:*")
        unsent = fields_of(one.filter) - set(one.include_fields)
    except FilterUnclear as error:
        raise SettingsError("app_config_filter", f"{one.topic}: {error}") from error
    if one.include_fields and unsent:
        missing = ", ".join(sorted(unsent))
        raise SettingsError("app_config_filter", f"{one.topic}: include_fields lacks {missing}")


def _proxy(entry: Mapping[str, Any] | None, written: str, base: str) -> AppProxy | None:
    if not entry:
        return None
    proxy = AppProxy(
        url=_moved(str(entry["url"]), written, base).rstrip("/"),
        prefix=str(entry["prefix"]),
        subpath=str(entry["subpath"]),
    )
    if proxy.prefix not in {"a", "apps", "community", "tools"}:
        raise SettingsError("app_config_proxy", "the prefix is one of a, apps, community, tools")
    if len(proxy.subpath) > 30 or proxy.subpath in {"admin", "services", "password", "login"}:
        raise SettingsError("app_config_proxy", f"{proxy.subpath} cannot be a proxy's subpath")
    return proxy


def _theme(folder: Path) -> Path | None:
    for manifest in sorted(folder.glob("extensions/*/shopify.extension.toml")):
        document = _read(manifest)
        entries = document.get("extensions", [document])
        if any(entry.get("type") == "theme" for entry in entries):
            return manifest.parent.resolve()
    return None
