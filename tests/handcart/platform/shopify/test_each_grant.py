"""Every way to a token, from the app's call to the local platform's answer and our database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import responses

from handcart.errors import NotInstalled, NotVerified, PlatformError, TokenRefused
from handcart.keys import Keyring
from handcart.localshop import tokens
from handcart.localshop.world import World
from handcart.platform.shopify.verify import verify_query
from handcart.settings import Settings
from handcart.shops import service, staff_tokens
from handcart.shops.grants import Grants
from handcart.shops.model import Installation, Tokens
from handcart.storage import Database
from tests.handcart.platform.shopify.conftest import SHOP, SampleApp

HOUR = 3600


def kept(db: Database) -> Installation:
    with db.reading() as view:
        return service.installation_of(view, SHOP)


def permanent(db: Database, keyring: Keyring, world: World, app: SampleApp) -> str:
    """The shop of old days: a token that never expires."""
    body = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": tokens.TOKEN_EXCHANGE,
        "subject_token": tokens.mint_id_token(world, app, 1, datetime.now(UTC)),
        "subject_token_type": tokens.ID_TOKEN,
    }
    status, answer = tokens.token_endpoint(world, body)
    assert status == 200
    with db.writing() as work:
        old = Tokens(access_token=answer["access_token"], scopes=answer["scope"])
        now = world.clock.now()
        service.install(work, SHOP, tokens=old, keyring=keyring, at=now)
    return str(answer["access_token"])


def code_of(world: World, app: SampleApp, **more: str) -> str:
    asked = {"client_id": app.client_id, "redirect_uri": app.redirect_urls[0], **more}
    address = tokens.consent(world, app, asked, 1, datetime.now(UTC))
    query = address.partition("?")[2].encode()
    verdict = verify_query(query, secrets=[app.client_secret], at=datetime.now(UTC))
    assert verdict.ok, verdict.reason
    return dict(verdict.params)["code"]


def test_a_code_brings_an_expiring_pair_once(
    grants: Grants, db: Database, world: World, app: SampleApp
) -> None:
    code = code_of(world, app)
    grants.redeem(SHOP, code)
    one = kept(db)
    assert one.expires_at == world.clock.now() + timedelta(hours=1)
    assert one.sealed_refresh is not None
    token = grants.access_token(SHOP)
    assert tokens.find_access(world, token) is not None
    with pytest.raises(TokenRefused):
        grants.redeem(SHOP, code)
    assert grants.access_token(SHOP) == token


def test_a_code_is_good_for_ten_minutes(grants: Grants, world: World, app: SampleApp) -> None:
    code = code_of(world, app)
    world.clock.advance(600)
    with pytest.raises(TokenRefused):
        grants.redeem(SHOP, code)


def test_our_own_credentials_bring_a_token_for_a_day_and_then_the_next(
    http: responses.RequestsMock, grants: Grants, db: Database, world: World
) -> None:
    with db.writing() as work:
        service.uninstalled(work, SHOP, happened_at=world.clock.now(), at=world.clock.now())
    world.clock.advance(1)
    grants.connect(SHOP)
    one = kept(db)
    assert (one.renewed_by, one.sealed_refresh) == ("client_credentials", None)
    assert one.expires_at == world.clock.now() + timedelta(seconds=86399)
    first = grants.access_token(SHOP)
    world.clock.advance(86399)
    second = grants.access_token(SHOP)
    assert second != first
    assert tokens.find_access(world, second) is not None
    grants.connect(SHOP)
    assert grants.access_token(SHOP) == second


def test_our_own_credentials_are_nothing_in_a_strangers_shop(
    grants: Grants, db: Database, world: World, app: SampleApp
) -> None:
    tokens.uninstall(world, app.client_id)
    with db.writing() as work:
        service.uninstalled(work, SHOP, happened_at=world.clock.now(), at=world.clock.now())
    with pytest.raises(PlatformError) as refused:
        grants.connect(SHOP)
    assert refused.value.code == "tokens_refused"
    with pytest.raises(NotInstalled):
        grants.access_token(SHOP)


def test_a_permanent_token_becomes_a_pair_and_is_dead_then(
    grants: Grants, db: Database, keyring: Keyring, world: World, app: SampleApp
) -> None:
    old = permanent(db, keyring, world, app)
    assert kept(db).is_permanent
    assert grants.access_token(SHOP) == old
    assert grants.make_expiring(SHOP) is True
    assert grants.make_expiring(SHOP) is False
    assert kept(db).expires_at == world.clock.now() + timedelta(hours=1)
    assert tokens.find_access(world, old) is None
    world.clock.advance(HOUR)
    assert tokens.find_access(world, grants.access_token(SHOP)) is not None


def test_a_lost_answer_to_the_migration_loses_nothing(
    grants: Grants, db: Database, keyring: Keyring, world: World, app: SampleApp
) -> None:
    old = permanent(db, keyring, world, app)
    asked = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": tokens.TOKEN_EXCHANGE,
        "subject_token": old,
        "subject_token_type": tokens.OFFLINE,
        "expiring": "1",
    }
    status, lost = tokens.token_endpoint(world, asked)
    assert status == 200
    world.clock.advance(600)
    assert grants.make_expiring(SHOP)
    assert grants.access_token(SHOP) == lost["access_token"]


def test_a_permanent_token_that_the_platform_does_not_know_needs_the_merchant(
    grants: Grants, db: Database, keyring: Keyring, world: World, app: SampleApp
) -> None:
    old = permanent(db, keyring, world, app)
    del world.grants[app.client_id].access[old]
    with pytest.raises(TokenRefused) as refused:
        grants.make_expiring(SHOP)
    assert refused.value.code == "token_dead"
    assert kept(db).is_permanent


def test_a_token_of_staff_is_theirs_for_a_day_and_asked_for_once(
    grants: Grants, db: Database, world: World, id_token: str
) -> None:
    person = 1
    first = grants.staff_token(SHOP, person, id_token)
    found = tokens.find_access(world, first)
    assert found is not None
    assert found.user_id == person
    assert grants.staff_token(SHOP, person, "not looked at") == first
    assert first != grants.access_token(SHOP)
    world.clock.advance(86399 - 300)
    assert grants.staff_token(SHOP, person, id_token) != first


def test_a_token_of_another_person_is_refused(grants: Grants, id_token: str) -> None:
    with pytest.raises(NotVerified) as refused:
        grants.staff_token(SHOP, 2, id_token)
    assert refused.value.code == "user_not_of_token"


def test_tokens_of_staff_are_sealed_and_go_with_the_shop(
    grants: Grants, db: Database, keyring: Keyring, world: World, id_token: str
) -> None:
    token = grants.staff_token(SHOP, 1, id_token)
    with db.reading() as view:
        rows = view.execute(staff_tokens.staff_tokens.select()).all()
    assert len(rows) == 1
    assert token not in str(rows)
    world.clock.advance(1)
    now = world.clock.now()
    with db.writing() as work:
        service.uninstalled(work, SHOP, happened_at=now, at=now)
        assert staff_tokens.find(work, SHOP, 1, keyring=keyring, at=now) is None
    with pytest.raises(NotInstalled):
        grants.staff_token(SHOP, 1, id_token)


def test_an_app_whose_secret_was_rotated_is_known_by_both_until_the_old_one_is_revoked(
    grants: Grants, world: World, app: SampleApp, settings: Settings
) -> None:
    world.app = replace(app, client_secret="the new one", old_client_secret=app.client_secret)
    world.clock.advance(HOUR)
    assert tokens.find_access(world, grants.access_token(SHOP)) is not None
    world.app = replace(app, client_secret="the new one")
    world.clock.advance(HOUR)
    with pytest.raises(PlatformError) as refused:
        grants.access_token(SHOP)
    assert refused.value.code == "client_refused"
