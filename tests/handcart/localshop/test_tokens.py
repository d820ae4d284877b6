from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest

from handcart.localshop import tokens
from handcart.localshop.world import Subscription, World

HOUR, DAY = 3600, 86400


def wall() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def installed(world: World, app: Any) -> Any:
    tokens.install(world, app)
    return app


def ask(world: World, app: Any, **fields: str) -> tuple[int, dict[str, Any]]:
    return tokens.token_endpoint(
        world, {"client_id": app.client_id, "client_secret": app.client_secret, **fields}
    )


def exchange(world: World, app: Any, **fields: str) -> tuple[int, dict[str, Any]]:
    user = min(world.staff)
    return ask(
        world,
        app,
        **{
            "grant_type": tokens.TOKEN_EXCHANGE,
            "subject_token": tokens.mint_id_token(world, app, user, wall()),
            "subject_token_type": tokens.ID_TOKEN,
            "requested_token_type": tokens.OFFLINE,
            **fields,
        },
    )


def refresh(world: World, app: Any, token: str) -> tuple[int, dict[str, Any]]:
    return ask(world, app, grant_type="refresh_token", refresh_token=token)


def test_an_id_token_buys_an_expiring_pair(world: World, installed: Any) -> None:
    status, answer = exchange(world, installed, expiring="1")
    assert status == 200
    assert answer["access_token"].startswith("shpat_")
    assert answer["refresh_token"].startswith("shprt_")
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (3600, 7776000)
    assert answer["scope"] == ",".join(installed.scopes)
    assert len(answer) == 5


def test_without_expiring_the_token_is_permanent_and_the_same_each_time(
    world: World, installed: Any
) -> None:
    status, answer = exchange(world, installed)
    assert (status, sorted(answer)) == (200, ["access_token", "scope"])
    assert exchange(world, installed)[1] == answer
    world.clock.advance(400 * DAY)
    assert tokens.find_access(world, answer["access_token"]) is not None


def test_an_online_token_names_its_user(world: World, installed: Any) -> None:
    status, answer = exchange(world, installed, requested_token_type=tokens.ONLINE)
    assert (status, answer["expires_in"]) == (200, 86399)
    user = answer["associated_user"]
    assert (user["id"], user["account_owner"]) == (min(world.staff), True)
    assert sorted(user) == [
        "account_owner",
        "collaborator",
        "email",
        "email_verified",
        "first_name",
        "id",
        "last_name",
        "locale",
    ]


def test_an_access_token_dies_after_an_hour(world: World, installed: Any) -> None:
    token = exchange(world, installed, expiring="1")[1]["access_token"]
    world.clock.advance(HOUR - 1)
    assert tokens.find_access(world, token) is not None
    world.clock.advance(1)
    assert tokens.find_access(world, token) is None


def test_a_refresh_gives_a_new_pair_and_the_old_access_token_lives_out_its_hour(
    world: World, installed: Any
) -> None:
    old = exchange(world, installed, expiring="1")[1]
    status, new = refresh(world, installed, old["refresh_token"])
    assert status == 200
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert tokens.find_access(world, old["access_token"]) is not None


def test_a_used_refresh_token_works_again_until_its_replacement_is_used(
    world: World, installed: Any
) -> None:
    first = exchange(world, installed, expiring="1")[1]["refresh_token"]
    refresh(world, installed, first)
    status, again = refresh(world, installed, first)
    assert status == 200
    assert refresh(world, installed, again["refresh_token"])[0] == 200
    assert refresh(world, installed, first) == (401, {"error": "invalid_request"})


def test_a_used_refresh_token_is_dead_after_thirty_days(world: World, installed: Any) -> None:
    first = exchange(world, installed, expiring="1")[1]["refresh_token"]
    refresh(world, installed, first)
    world.clock.advance(30 * DAY)
    assert refresh(world, installed, first) == (401, {"error": "invalid_request"})


def test_a_new_exchange_retires_older_refresh_tokens(world: World, installed: Any) -> None:
    old = exchange(world, installed, expiring="1")[1]["refresh_token"]
    exchange(world, installed, expiring="1")
    assert refresh(world, installed, old) == (401, {"error": "invalid_request"})


def test_a_refresh_token_dies_after_ninety_days(world: World, installed: Any) -> None:
    token = exchange(world, installed, expiring="1")[1]["refresh_token"]
    world.clock.advance(90 * DAY)
    assert refresh(world, installed, token) == (401, {"error": "invalid_request"})
    assert refresh(world, installed, "shprt_unknown") == (401, {"error": "invalid_request"})


def test_a_permanent_token_migrates_to_a_pair_and_repeating_gives_the_same_pair(
    world: World, installed: Any
) -> None:
    permanent = exchange(world, installed)[1]["access_token"]
    migration = {
        "grant_type": tokens.TOKEN_EXCHANGE,
        "subject_token": permanent,
        "subject_token_type": tokens.OFFLINE,
        "requested_token_type": tokens.OFFLINE,
        "expiring": "1",
    }
    status, pair = ask(world, installed, **migration)
    assert status == 200
    assert tokens.find_access(world, permanent) is None
    assert ask(world, installed, **migration) == (200, pair)
    world.clock.advance(7 * DAY)
    assert ask(world, installed, **migration) == (400, {"error": "invalid_subject_token"})


def test_client_credentials_give_a_day(world: World, installed: Any) -> None:
    status, answer = ask(world, installed, grant_type="client_credentials")
    assert (status, answer["expires_in"]) == (200, 86399)
    assert tokens.find_access(world, answer["access_token"]) is not None


def test_a_wrong_client_learns_nothing_more(world: World, installed: Any) -> None:
    for wrong in ({"client_secret": "wrong"}, {"client_id": "other"}, {"client_secret": "é"}):
        status, answer = exchange(world, installed, **wrong)
        assert (status, answer) == (400, {"error": "invalid_client"})
    assert world.grants[installed.client_id].access == {}


def test_a_strange_grant_is_named(world: World, installed: Any) -> None:
    assert ask(world, installed, grant_type="password")[1] == {"error": "unsupported_grant_type"}


def bad_id_tokens(world: World, app: Any) -> dict[str, str]:
    user, now = min(world.staff), wall()
    good = jwt.decode(
        tokens.mint_id_token(world, app, user, now), options={"verify_signature": False}
    )

    def signed(secret: str = app.client_secret, **claims: Any) -> str:
        return jwt.encode({**good, **claims}, secret, algorithm="HS256")

    return {
        "expired": tokens.mint_id_token(world, app, user, now - timedelta(seconds=71)),
        "not yet": tokens.mint_id_token(world, app, user, now + timedelta(seconds=30)),
        "other secret": signed("another secret that is long enough for it"),
        "other shop": signed(dest="https://other.myshopify.com"),
        "other issuer": signed(iss="https://other.myshopify.com/admin"),
        "other app": signed(aud="other"),
        "no user": signed(sub="nobody"),
        "nonsense": "nonsense",
        "empty": "",
    }


@pytest.mark.parametrize(
    "case",
    [
        "expired",
        "not yet",
        "other secret",
        "other shop",
        "other issuer",
        "other app",
        "no user",
        "nonsense",
        "empty",
    ],
)
def test_a_bad_id_token_buys_nothing(world: World, installed: Any, case: str) -> None:
    token = bad_id_tokens(world, installed)[case]
    status, answer = exchange(world, installed, subject_token=token, expiring="1")
    assert (status, answer) == (400, {"error": "invalid_subject_token"})
    assert world.grants[installed.client_id].access == {}


def test_a_token_is_only_for_who_is_installed(world: World, app: Any) -> None:
    world.app = app
    assert exchange(world, app)[1] == {"error": "invalid_subject_token"}
    assert ask(world, app, grant_type="client_credentials")[1] == {"error": "shop_not_permitted"}


def test_uninstalling_kills_every_token_and_tells_once(world: World, installed: Any) -> None:
    pair = exchange(world, installed, expiring="1")[1]
    mine = Subscription(1, installed.client_id, "orders/create", "https://x", wall(), wall())
    world.subscriptions[1] = mine
    assert tokens.uninstall(world, installed.client_id) is True
    assert tokens.uninstall(world, installed.client_id) is False
    assert [topic for topic, _ in world.emitted] == ["app/uninstalled"]
    assert tokens.find_access(world, pair["access_token"]) is None
    assert refresh(world, installed, pair["refresh_token"])[0] == 401
    assert world.subscriptions == {}


def test_the_shop_is_redacted_unless_the_app_came_back(world: World, installed: Any) -> None:
    assert tokens.redact(world, installed.client_id) is False
    tokens.uninstall(world, installed.client_id)
    world.emitted.clear()
    assert tokens.redact(world, installed.client_id) is True
    assert world.emitted == [
        ("shop/redact", {"shop_id": world.shop.id, "shop_domain": world.shop.domain})
    ]


def test_installing_again_with_other_scopes_says_so(world: World, installed: Any) -> None:
    token = exchange(world, installed)[1]["access_token"]
    tokens.install(world, installed)
    assert world.emitted == []
    tokens.install(world, type(installed)(scopes=("read_products",)))
    [(topic, body)] = world.emitted
    assert topic == "app/scopes_update"
    assert body["current"] == ["read_products"]
    access = tokens.find_access(world, token)
    assert access is not None
    assert access.scopes == ("read_products",)


def test_an_id_token_has_exactly_the_platforms_claims(world: World, app: Any) -> None:
    now = wall()
    claims = jwt.decode(
        tokens.mint_id_token(world, app, 7, now),
        app.client_secret,
        algorithms=["HS256"],
        audience=app.client_id,
    )
    assert sorted(claims) == ["aud", "dest", "exp", "iat", "iss", "jti", "nbf", "sid", "sig", "sub"]
    assert (claims["iss"], claims["dest"]) == (
        "https://juniper-tea.myshopify.com/admin",
        "https://juniper-tea.myshopify.com",
    )
    assert (claims["sub"], claims["exp"] - claims["nbf"]) == ("7", 60)


def test_the_page_load_is_signed_over_everything_but_the_signature(world: World, app: Any) -> None:
    fields = dict(parse_qsl(tokens.page_query(world, app, 7, wall())))
    given = fields.pop("hmac")
    assert sorted(fields) == [
        "embedded",
        "host",
        "id_token",
        "locale",
        "session",
        "shop",
        "timestamp",
    ]
    message = "&".join(f"{key}={value}" for key, value in sorted(fields.items()))
    assert given == hmac.new(app.client_secret.encode(), message.encode(), "sha256").hexdigest()
    host = base64.b64decode(fields["host"] + "=" * (-len(fields["host"]) % 4)).decode()
    assert host == "admin.shopify.com/store/juniper-tea"


def test_the_query_signature_agrees_with_the_published_vector() -> None:
    fields = {
        "code": "0907a61c0c8d55e99db179b68161bc00",
        "shop": "some-shop.myshopify.com",
        "state": "0.6784241404160823",
        "timestamp": "1337178173",
        "hmac": "anything",
    }
    assert tokens.query_hmac(fields, "hush") == (
        "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf"
    )
