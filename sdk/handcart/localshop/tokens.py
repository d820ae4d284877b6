"""Installing the app and the tokens it gets: shopify.dev, "Authentication and authorization".

Expiring offline tokens live an hour and are refreshed for 90 days; a used refresh token stays
usable until its replacement is used (30 days at most), so that a lost answer loses nothing.
Uninstalling kills every token. Tokens are opaque and, unlike the rest of the shop, random.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt

from . import payloads
from .world import AccessToken, App, Body, Code, Grant, RefreshToken, World

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"

ACCESS_LIFE = timedelta(hours=1)
DAY_LIFE = timedelta(seconds=86399)
REFRESH_LIFE = timedelta(days=90)
_SECOND_USE = timedelta(days=30)
_MIGRATION_REPEAT = timedelta(days=7)
_CODE_LIFE = timedelta(minutes=10)
_LEEWAY = 10

Answer = tuple[int, Body]


def install(world: World, app: App) -> Grant:
    """Managed installation: the merchant agrees to the app's scopes; tokens come by exchange.

    Installing again renews the scopes and sends ``app/scopes_update`` if they changed.
    """
    with world.action() as at:
        world.app = app
        grant = world.grants.get(app.client_id)
        scopes = (*app.scopes, *_optional(grant, app))
        if grant is None:
            grant = world.grants[app.client_id] = Grant(app.client_id, scopes, at)
        elif set(grant.scopes) != set(scopes):
            before, grant.scopes = list(grant.scopes), scopes
            for token in grant.access.values():
                token.scopes = scopes
            body = payloads.scopes_update(world, previous=before, current=list(scopes), at=at)
            world.emit("app/scopes_update", body)
        return grant


def _optional(grant: Grant | None, app: App) -> tuple[str, ...]:
    """What the merchant agreed to beyond what is required stays agreed to."""
    return tuple(one for one in grant.scopes if one in app.optional_scopes) if grant else ()


def grant_optional(world: World, client_id: str, scopes: Sequence[str]) -> None:
    """The merchant says yes to scopes that the app declares as optional; the app is told."""
    _scopes_become(world, client_id, (*world.grants[client_id].scopes, *scopes))


def revoke_scopes(world: World, client_id: str, scopes: Sequence[str]) -> None:
    """The app gives scopes back: no token has them any more, and the app is told."""
    kept = (scope for scope in world.grants[client_id].scopes if scope not in scopes)
    _scopes_become(world, client_id, tuple(kept))


def _scopes_become(world: World, client_id: str, scopes: tuple[str, ...]) -> None:
    with world.action() as at:
        grant = world.grants[client_id]
        before, grant.scopes = list(grant.scopes), tuple(dict.fromkeys(scopes))
        for token in grant.access.values():
            token.scopes = grant.scopes
        if set(before) != set(grant.scopes):
            now = list(grant.scopes)
            body = payloads.scopes_update(world, previous=before, current=now, at=at)
            world.emit("app/scopes_update", body)


def uninstall(world: World, client_id: str) -> bool:
    """Revoke every token, drop the app's own subscriptions and send ``app/uninstalled``.

    False, and nothing is sent, when it was not installed. ``redact`` is for 48 h later.
    """
    with world.action():
        if client_id not in world.grants:
            return False
        mine = [one.id for one in world.subscriptions.values() if one.client_id == client_id]
        for number in mine:
            del world.subscriptions[number]
        world.emit("app/uninstalled", payloads.shop(world))
        del world.grants[client_id]
        return True


REDACT_AFTER = timedelta(hours=48)


def redact(world: World, client_id: str) -> bool:
    """Send ``shop/redact``, 48 h after uninstalling; not if the app is installed again by then."""
    with world.action():
        if client_id in world.grants:
            return False
        world.emit("shop/redact", payloads.shop_redact(world))
        return True


class Refusal(Exception):
    """The consent page cannot be shown; the text is what the platform shows instead."""


def check_request(app: App, query: Mapping[str, str]) -> None:
    """The app asks in its own name, to be answered where it said it would be; raises Refusal."""
    if query.get("client_id") != app.client_id:
        raise Refusal("Oauth error invalid_request: Could not find Shopify API application")
    if query.get("redirect_uri") not in app.redirect_urls:
        raise Refusal("Oauth error invalid_request: The redirect_uri is not whitelisted")


def consent(world: World, app: App, query: Mapping[str, str], user_id: int, at: datetime) -> str:
    """The merchant agrees to what ``check_request`` passed: the address to send them to, signed.

    The code in it is good for once, within ten minutes. ``at`` is the real time, because the app
    verifies the address on the wall clock.
    """
    check_request(app, query)
    grant = install(world, app)
    per_user = query.get("grant_options[]") == "per-user"
    with world.action() as now:
        code = Code(secrets.token_hex(16), now + _CODE_LIFE, user_id if per_user else None)
        grant.codes[code.text] = code
    fields = {
        "code": code.text,
        "host": _host(world),
        "shop": world.shop.domain,
        "state": query.get("state", ""),
        "timestamp": str(int(at.timestamp())),
    }
    fields["hmac"] = query_hmac(fields, signing_secret(app))
    return f"{query['redirect_uri']}?{urlencode(sorted(fields.items()))}"


def signing_secret(app: App) -> str:
    """What the platform signs with: the secret before a rotation as long as there is one."""
    return app.old_client_secret or app.client_secret


def find_access(world: World, token: str) -> AccessToken | None:
    """The living access token, or None when it is unknown, expired or revoked."""
    with world.lock:
        for grant in world.grants.values():
            found = grant.access.get(token)
            if found and (found.expires_at is None or world.clock.now() < found.expires_at):
                return found
    return None


def token_endpoint(world: World, body: Mapping[str, Any]) -> Answer:
    """Answer ``POST /admin/oauth/access_token``: (status, JSON), for JSON or form bodies alike."""
    with world.action() as at:
        app = world.app
        if app is None or not _is_ours(app, body):
            return 400, {"error": "invalid_client"}
        grant_type = str(body.get("grant_type", ""))
        if not grant_type and "code" in body:
            return _redeem(world, app, body, at)
        if grant_type == TOKEN_EXCHANGE:
            return _exchange(world, app, body, at)
        if grant_type == "refresh_token":
            return _refresh(world, app, str(body.get("refresh_token", "")), at)
        if grant_type == "client_credentials":
            return _client_credentials(world, app, at)
        return 400, {"error": "unsupported_grant_type"}


def mint_id_token(world: World, app: App, user_id: int, at: datetime) -> str:
    """An ID token as App Bridge gives it: HS256, good for 60 seconds from ``at``.

    ``at`` is the real time, because whoever verifies the token looks at the wall clock.
    """
    now = int(at.timestamp())
    origin = f"https://{world.shop.domain}"
    claims = {
        "iss": f"{origin}/admin",
        "dest": origin,
        "aud": app.client_id,
        "sub": str(user_id),
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": secrets.token_hex(16),
        "sid": secrets.token_hex(32),
        "sig": secrets.token_hex(32),
    }
    return jwt.encode(claims, signing_secret(app), algorithm="HS256")


def page_query(world: World, app: App, user_id: int, at: datetime, *, locale: str = "en") -> str:
    """The query with which the admin loads the app's page in its frame, signed."""
    fields = {
        "embedded": "1",
        "host": _host(world),
        "id_token": mint_id_token(world, app, user_id, at),
        "locale": locale,
        "session": secrets.token_hex(32),
        "shop": world.shop.domain,
        "timestamp": str(int(at.timestamp())),
    }
    fields["hmac"] = query_hmac(fields, signing_secret(app))
    return urlencode(sorted(fields.items()))


def query_hmac(fields: Mapping[str, str], secret: str) -> str:
    """Hex HMAC-SHA256 over ``k=v`` joined with ``&`` in order of the keys, without ``hmac``."""
    message = "&".join(f"{key}={fields[key]}" for key in sorted(fields) if key != "hmac")
    return hmac.new(secret.encode(), message.encode(), "sha256").hexdigest()


def _host(world: World) -> str:
    host = f"admin.shopify.com/store/{world.shop.subdomain}"
    return base64.b64encode(host.encode()).decode().rstrip("=")


def _is_ours(app: App, body: Mapping[str, Any]) -> bool:
    given = str(body.get("client_secret", "")).encode()
    return str(body.get("client_id", "")) == app.client_id and any(
        hmac.compare_digest(given, secret.encode()) for secret in _secrets(app)
    )


def _secrets(app: App) -> Sequence[str]:
    """Both are good until the old one is revoked (shopify.dev, Rotate or revoke credentials)."""
    old = app.old_client_secret
    return [app.client_secret, old] if old else [app.client_secret]


def _redeem(world: World, app: App, body: Mapping[str, Any], at: datetime) -> Answer:
    grant = world.grants.get(app.client_id)
    code = grant.codes.pop(str(body["code"]), None) if grant else None
    if grant is None or code is None or at >= code.expires_at:
        return 400, {
            "error": "invalid_request",
            "error_description": "The authorization code was not found or was already used",
        }
    if code.user_id is not None:
        return 200, _online(world, grant, code.user_id, at)
    if _wants_expiring(body):
        _retire(grant)
        return 200, _pair(grant, at)
    return 200, _permanent(grant)


def _wants_expiring(body: Mapping[str, Any]) -> bool:
    return str(body.get("expiring", "0")) in ("1", "true", "True")


def _exchange(world: World, app: App, body: Mapping[str, Any], at: datetime) -> Answer:
    subject = str(body.get("subject_token", ""))
    subject_type = str(body.get("subject_token_type", ""))
    wanted = str(body.get("requested_token_type") or OFFLINE)
    expiring = _wants_expiring(body)
    if wanted not in (OFFLINE, ONLINE):
        return 400, {"error": "invalid_request"}
    grant = world.grants.get(app.client_id)
    if grant is None:
        return 400, {"error": "invalid_subject_token"}
    if subject_type == OFFLINE and wanted == OFFLINE and expiring:
        return _migrate(grant, subject, at)
    user_id = _user_of(world, app, subject) if subject_type == ID_TOKEN else None
    if user_id is None:
        return 400, {"error": "invalid_subject_token"}
    if wanted == ONLINE:
        return 200, _online(world, grant, user_id, at)
    if expiring:
        _retire(grant)
        return 200, _pair(grant, at)
    return 200, _permanent(grant)


def _user_of(world: World, app: App, token: str) -> int | None:
    """The user the ID token speaks for; times are the wall clock's, as the app checks them."""
    origin = f"https://{world.shop.domain}"
    for secret in _secrets(app):
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=app.client_id,
                issuer=f"{origin}/admin",
                leeway=_LEEWAY,
                options={"require": ["exp", "nbf", "sub", "dest"]},
            )
            return int(claims["sub"]) if claims["dest"] == origin else None
        except (jwt.PyJWTError, ValueError):
            continue
    return None


def _refresh(world: World, app: App, token: str, at: datetime) -> Answer:
    """A new pair, or 401 ``invalid_request`` for whatever is dead: terminal, all look alike."""
    grant = world.grants.get(app.client_id)
    known = grant.refresh.get(token) if grant else None
    if grant is None or known is None or at >= known.expires_at:
        return 401, {"error": "invalid_request"}
    if known.used_at and at >= known.used_at + _SECOND_USE:
        return 401, {"error": "invalid_request"}
    _retire(grant, keep=known)
    known.used_at = known.used_at or at
    answer = _pair(grant, at)
    known.successor = answer["refresh_token"]
    return 200, answer


def _retire(grant: Grant, *, keep: RefreshToken | None = None) -> None:
    """Drop every refresh token but the one in use; access tokens live out their hour."""
    grant.refresh = {keep.token: keep} if keep else {}


def _client_credentials(world: World, app: App, at: datetime) -> Answer:
    grant = world.grants.get(app.client_id)
    if grant is None:
        return 400, {"error": "shop_not_permitted"}
    token = _add_access(grant, at + DAY_LIFE)
    return 200, {**_common(token), "expires_in": int(DAY_LIFE.total_seconds())}


def _migrate(grant: Grant, token: str, at: datetime) -> Answer:
    """A permanent token becomes a pair; within seven days asking again gives the same pair."""
    if earlier := grant.migrated.get(token):
        access, refresh, when = earlier
        if at < when + _MIGRATION_REPEAT and access in grant.access:
            return 200, _pair_body(grant.access[access], refresh)
        return 400, {"error": "invalid_subject_token"}
    old = grant.access.get(token)
    if old is None or old.expires_at is not None:
        return 400, {"error": "invalid_subject_token"}
    del grant.access[token]
    answer = _pair(grant, at)
    grant.migrated[token] = (answer["access_token"], answer["refresh_token"], at)
    return 200, answer


def _pair(grant: Grant, at: datetime) -> Body:
    access = _add_access(grant, at + ACCESS_LIFE)
    refresh = RefreshToken(
        f"shprt_{secrets.token_hex(16)}", grant.client_id, expires_at=at + REFRESH_LIFE
    )
    grant.refresh[refresh.token] = refresh
    return _pair_body(access, refresh.token)


def _pair_body(access: AccessToken, refresh: str) -> Body:
    return {
        **_common(access),
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "refresh_token": refresh,
        "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
    }


def _permanent(grant: Grant) -> Body:
    """The one token that never expires: asking again gives the same."""
    for token in grant.access.values():
        if token.expires_at is None:
            return _common(token)
    return _common(_add_access(grant, None))


def _online(world: World, grant: Grant, user_id: int, at: datetime) -> Body:
    staff = world.staff.get(user_id)
    token = _add_access(grant, at + DAY_LIFE, user_id=user_id)
    return {
        **_common(token),
        "expires_in": int(DAY_LIFE.total_seconds()),
        "associated_user_scope": _scope(token.scopes),
        "associated_user": {
            "id": user_id,
            "first_name": staff.first_name if staff else "",
            "last_name": staff.last_name if staff else "",
            "email": staff.email if staff else world.shop.email,
            "email_verified": True,
            "account_owner": user_id == min(world.staff, default=user_id),
            "locale": "en",
            "collaborator": False,
        },
    }


def _add_access(
    grant: Grant, expires_at: datetime | None, *, user_id: int | None = None
) -> AccessToken:
    token = AccessToken(
        f"shpat_{secrets.token_hex(16)}", grant.client_id, grant.scopes, expires_at, user_id
    )
    grant.access[token.token] = token
    return token


def _common(token: AccessToken) -> Body:
    return {"access_token": token.token, "scope": _scope(token.scopes)}


def _scope(scopes: Sequence[str]) -> str:
    return ",".join(scopes)
