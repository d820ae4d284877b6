from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import ModuleType

import pytest
import responses
from click.testing import CliRunner, Result

from handcart import Handcart, Settings
from handcart.cli import main
from handcart.keys import Keyring
from handcart.shops import service
from handcart.shops.model import Tokens
from handcart.storage import Database

SHOP = "juniper-tea.myshopify.com"
OTHER = "other.myshopify.com"
NEW = "a newer secret of the tests, long enough"
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    def invoke(*arguments: str, **other: object) -> Result:
        module = ModuleType("shop_app")
        module.app = lambda: Handcart(replace(settings, **other))  # type: ignore[attr-defined,arg-type]
        monkeypatch.setitem(sys.modules, "shop_app", module)
        return CliRunner().invoke(main, [*arguments, "shop_app"], catch_exceptions=False)

    return invoke


def install(db: Database, keyring: Keyring, at: datetime, *shops: str) -> None:
    with db.writing() as work:
        for shop in shops:
            tokens = Tokens(access_token=f"shpat_{shop}", scopes="")
            service.install(work, shop, tokens=tokens, keyring=keyring, at=at)


def test_reseal_says_how_many_tokens_need_no_older_secret_now(
    db: Database, keyring: Keyring, at: datetime, run: Run, settings: Settings
) -> None:
    install(db, keyring, at, SHOP)
    install(db, Keyring(["a secret that was lost long ago, alas"]), at, OTHER)
    done = run("tokens", "reseal", secrets=(NEW, *settings.secrets))
    assert done.output.splitlines() == [
        "1 sealed anew, 0 were already",
        f"{OTHER}: no secret of ours opens its tokens; its merchant opens the app again",
    ]
    assert done.exit_code == 1
    with db.reading() as view:
        kept = service.installation_of(view, SHOP)
    assert service.access_token_of(kept, keyring=Keyring([NEW])) == f"shpat_{SHOP}"


def test_migrate_makes_permanent_tokens_expire_and_names_what_it_could_not_do(
    db: Database, keyring: Keyring, at: datetime, run: Run
) -> None:
    install(db, keyring, at, SHOP, OTHER)
    pair = {"access_token": "shpat_2", "expires_in": 3600, "refresh_token": "shprt_2"}
    with responses.RequestsMock() as platform:
        path = "/admin/oauth/access_token"
        platform.post(f"https://{SHOP}{path}", json=pair)
        platform.post(f"https://{OTHER}{path}", status=400, json={"error": "invalid_subject_token"})
        done = run("tokens", "migrate")
    assert done.output.splitlines() == [
        f"{SHOP}: done",
        f"{OTHER}: token_dead: {OTHER} has to open the app again",
    ]
    assert done.exit_code == 1
    with db.reading() as view:
        kept = service.installation_of(view, SHOP)
        assert not kept.is_permanent
        assert service.access_token_of(kept, keyring=keyring) == "shpat_2"
        assert service.installation_of(view, OTHER).is_permanent
