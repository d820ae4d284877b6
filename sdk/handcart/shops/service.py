"""A shop comes, goes, comes back and is forgotten. Each function is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from ..errors import NotInstalled
from ..events import ScopesChanged, ShopInstalled, ShopUninstalled
from ..keys import Keyring
from ..platform.port import ShopProfile
from ..storage import add_task, record
from . import staff_tokens, store
from .model import Installation, Shop, Tokens
from .scopes import covered, read_scopes, written

Standing = Literal["installed", "uninstalled", "unknown"]


def install(work: Connection, shop: str, *, tokens: Tokens, keyring: Keyring, at: datetime) -> None:
    """The shop has these tokens.

    The first time, and after an uninstall, the shop counts as installed at ``at``, ShopInstalled
    is recorded and the shop is to be mirrored. Otherwise only the tokens are new.
    """
    columns = {**sealed(shop, tokens, keyring=keyring), "uninstalled_at": None, "granted_at": at}
    was = store.find(work, shop)
    if was is not None and was.is_live:
        store.change(work, was, **columns)
        return
    if was is None:
        store.add(work, shop, at=at, **columns)
    else:
        store.change(work, was, installed_at=at, **columns)
    record(work, shop, ShopInstalled(scopes=tokens.scopes), at=at, resource="shop")
    add_task(work, shop, "mirror_shop", {}, at=at, kind="job", resource="shop")


def mirror(work: Connection, shop: str, profile: ShopProfile, *, at: datetime) -> None:
    """The shop is called, lies and trades as its profile says."""
    store.describe(
        work, shop, name=profile.name, time_zone=profile.time_zone, currency=profile.currency
    )


def uninstalled(work: Connection, shop: str, *, happened_at: datetime, at: datetime) -> bool:
    """The tokens are gone and ShopUninstalled is recorded, once.

    False, and nothing changed, when tokens were granted after ``happened_at`` (the news is older
    than the installation) or the shop was gone already.
    """
    if not store.end(work, shop, happened_at=happened_at):
        return False
    staff_tokens.forget(work, shop)
    record(work, shop, ShopUninstalled(), at=at, resource="shop")
    return True


def scopes_changed(
    work: Connection, shop: str, *, scopes: Iterable[str], happened_at: datetime, at: datetime
) -> bool:
    """The shop grants exactly these scopes now, and ScopesChanged is recorded.

    False, and nothing changed, when something newer is known, the shop has left, or they are the
    ones that it granted already.
    """
    was = store.find(work, shop)
    if was is None or not was.is_live or happened_at < (was.scopes_at or was.granted_at):
        return False
    before, now = read_scopes(was.scopes), frozenset(scopes)
    store.amend(work, was, scopes=written(now), scopes_at=happened_at)
    if now == before:
        return False
    fact = ScopesChanged(granted=sorted(now - before), revoked=sorted(before - now))
    record(work, shop, fact, at=at, resource="shop")
    return True


def scopes_of(view: Connection, shop: str) -> frozenset[str]:
    """What the shop lets us do, with all that it implies; raises NotInstalled."""
    return covered(read_scopes(installation_of(view, shop).scopes))


def redact_shop(
    work: Connection, shop: str, *, at: datetime, happened_at: datetime | None = None
) -> bool:
    """Nothing of the shop is left in any table; False when it came back and stays.

    ``happened_at`` is when the platform asked (now unless given). The row of the installation may
    be gone already, and the tokens dead: neither is needed.
    """
    installation = store.find(work, shop)
    if installation is not None and installation.outlives_redaction(happened_at or at):
        return False
    store.erase(work, shop)
    return True


def shop_of(view: Connection, shop: str) -> Shop:
    """The shop as it was last described, also after it left; raises NotInstalled."""
    found = store.find_shop(view, shop)
    if found is None:
        raise NotInstalled(shop)
    return found


def standing(view: Connection, shop: str) -> Standing:
    """Whether the shop has us now, had us once, or was never heard of."""
    found = store.find(view, shop)
    if found is None:
        return "unknown"
    return "installed" if found.is_live else "uninstalled"


def installed_among(view: Connection, shops: Collection[str]) -> set[str]:
    """Those of the shops that have us now."""
    return store.live_among(view, shops)


def installation_of(view: Connection, shop: str) -> Installation:
    """The live installation of the shop; raises NotInstalled."""
    found = store.find(view, shop)
    if found is None or not found.is_live:
        raise NotInstalled(shop)
    return found


def sealed(shop: str, tokens: Tokens, *, keyring: Keyring) -> dict[str, Any]:
    """The columns of ``tokens``; each sealed text opens only in its own shop and column."""
    refresh = tokens.refresh_token
    return {
        "sealed_access": _seal(shop, "access", tokens.access_token, keyring=keyring),
        "sealed_refresh": refresh and _seal(shop, "refresh", refresh, keyring=keyring),
        "expires_at": tokens.expires_at,
        "refresh_expires_at": tokens.refresh_expires_at,
        "scopes": tokens.scopes,
        "renewed_by": tokens.renewed_by,
    }


def access_token_of(installation: Installation, *, keyring: Keyring) -> str:
    """The access token in clear; raises NotVerified when no key of ours opens it."""
    return _open(installation.shop, "access", installation.sealed_access or "", keyring=keyring)


def refresh_token_of(installation: Installation, *, keyring: Keyring) -> str:
    """The refresh token in clear; raises NotVerified when no key of ours opens it."""
    return _open(installation.shop, "refresh", installation.sealed_refresh or "", keyring=keyring)


def place_of(shop: str, column: str) -> str:
    """Where a sealed token belongs; moved to another shop or column, it does not open."""
    return f"{shop}:{column}"


def _seal(shop: str, column: str, token: str, *, keyring: Keyring) -> str:
    return keyring.encrypt("tokens", token, context=place_of(shop, column))


def _open(shop: str, column: str, sealed_token: str, *, keyring: Keyring) -> str:
    return keyring.decrypt("tokens", sealed_token, context=place_of(shop, column))
