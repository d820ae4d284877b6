"""``handcart doctor``: each weak thing is named, and nothing that is well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from handcart import Handcart, Settings
from handcart.cli import main
from handcart.doctor import look_at, look_here, look_into
from handcart.errors import SettingsError
from handcart.localshop import tokens
from handcart.localshop.config import LOCAL_SECRET, AppConfig
from handcart.localshop.seed import seed
from handcart.localshop.server import LocalShop
from handcart.shops import service
from handcart.shops.model import Tokens

SHOP = "juniper-tea.myshopify.com"
TOML = Path(__file__).parents[2] / "example_app" / "shopify.app.toml"
GOOD_SECRET = "Vb3kT9-xQ2mZ7_wLr8Hc5NyPdF4sJgAe1uKo6tXi0Bq"
API_SECRET = "shpss_0123456789abcdef0123456789abcdef"
Make = Callable[..., Handcart]


@pytest.fixture
def make(settings: Settings) -> Iterator[Make]:
    """An app in public that is set up well, but for what is given."""
    made = []

    def app(**other: object) -> Handcart:
        well = {
            "api_key": "0123456789abcdef0123456789abcdef",
            "api_secret": API_SECRET,
            "app_url": "https://app.example.com",
            "secrets": (GOOD_SECRET,),
        }
        made.append(Handcart(replace(settings, **{**well, **other})))  # type: ignore[arg-type]
        return made[-1]

    yield app
    for one in made:
        one.close()


def here(app: Handcart) -> list[str]:
    return [finding.code for finding in look_here(app)]


def test_an_app_that_is_set_up_well_has_nothing_to_mend(make: Make) -> None:
    assert here(make()) == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"secrets": ("a" * 40,)}, "secret_guessable"),
        (
            {"secrets": (GOOD_SECRET, "a secret of the tests that is long enough")},
            "secret_guessable",
        ),
        ({"secrets": ("CHANGE ME before you go live, please!",)}, "secret_guessable"),
        ({"old_api_secret": "x"}, "old_secret_set"),
        ({"api_key": "handcart-local"}, "key_of_the_sample"),
        ({"api_secret": LOCAL_SECRET}, "key_of_the_sample"),
        ({"api_secret": "hush"}, "api_secret_short"),
        ({"platform_url": "http://127.0.0.1:9930"}, "addresses_apart"),
        ({"api_version": "2026-07"}, "api_version_other"),
        ({"database_url": "sqlite:////nowhere/at/all.db"}, "database_unreachable"),
    ],
)
def test_each_weak_setting_is_named_with_a_way_out(
    make: Make, other: dict[str, object], code: str
) -> None:
    findings = list(look_here(make(**other)))
    assert [finding.code for finding in findings] == [code]
    assert all(finding.text and finding.way_out for finding in findings)


def test_a_database_without_our_tables_is_named(make: Make, tmp_path: Path) -> None:
    assert here(make(database_url=f"sqlite:///{tmp_path}/new.db")) == ["database_old"]


def test_the_sample_app_on_this_machine_may_use_the_samples_key(make: Make) -> None:
    local = "http://127.0.0.1:9930"
    app = make(app_url="http://127.0.0.1:9931", platform_url=local, api_key="handcart-local")
    assert here(app) == []


# --- the file -----------------------------------------------------------------------------------


def into(app: Handcart, path: Path) -> list[str]:
    return [finding.code for finding in look_into(app, path)]


@pytest.fixture
def agreeing(make: Make) -> Handcart:
    return make(api_key="handcart-local", app_url="https://handcart.example.com")


def test_the_sample_apps_file_says_what_its_code_does(agreeing: Handcart) -> None:
    assert into(agreeing, TOML) == []


def test_a_file_that_says_something_else_is_named(make: Make, tmp_path: Path) -> None:
    app = make()
    app.webhook("collections/update")(lambda: None)
    path = tmp_path / "shopify.app.toml"
    path.write_text(TOML.read_text().replace("/auth/callback", "/elsewhere"))
    assert into(app, path) == [
        "client_id_differs",
        "app_url_differs",
        "redirect_missing",
        "webhooks_differ",
    ]


def test_a_file_that_cannot_be_read_is_named(agreeing: Handcart, tmp_path: Path) -> None:
    path = tmp_path / "torn.toml"
    path.write_text("[webhooks\n")
    assert into(agreeing, path) == ["app_config_unreadable"]


# --- a shop -------------------------------------------------------------------------------------


@pytest.fixture
def shop(settings: Settings) -> Iterator[LocalShop]:
    app = AppConfig.from_toml(TOML, app_url=settings.app_url, client_secret=API_SECRET)
    world = seed(1, datetime.now(UTC))
    tokens.install(world, app)
    with LocalShop(world, app) as running:
        yield running


@pytest.fixture
def installed(make: Make, shop: LocalShop, settings: Settings) -> Handcart:
    app = make(api_key=settings.api_key, app_url=settings.app_url, platform_url=shop.url)
    app.grants.ensure(SHOP, tokens.mint_id_token(shop.world, shop.app, 1, datetime.now(UTC)))
    return app


def at_shop(app: Handcart, *scopes: str) -> list[str]:
    return [finding.code for finding in look_at(app, SHOP, scopes=scopes)]


def test_a_shop_that_grants_what_the_app_needs_is_well(
    installed: Handcart, shop: LocalShop
) -> None:
    assert at_shop(installed, *shop.app.scopes, "read_inventory") == []


def test_a_scope_that_is_not_granted_is_named(installed: Handcart) -> None:
    found = list(look_at(installed, SHOP, scopes=("read_orders", "write_themes", "read_users")))
    assert [finding.code for finding in found] == ["scope_missing"]
    assert "read_users, write_themes" in found[0].text


def test_a_shop_that_does_not_answer_is_named(installed: Handcart, shop: LocalShop) -> None:
    shop.stop()
    assert at_shop(installed) == ["shop_unreachable"]


def test_a_shop_that_does_not_let_us_in_is_named(installed: Handcart, shop: LocalShop) -> None:
    tokens.uninstall(shop.world, shop.app.client_id)
    assert at_shop(installed) == ["token_dead"]


def test_a_permanent_token_is_named(installed: Handcart, shop: LocalShop) -> None:
    access = installed.grants.access_token(SHOP)
    with installed.db.writing() as work:
        old = Tokens(access_token=access, scopes="read_orders")
        service.install(work, SHOP, tokens=old, keyring=installed.keyring, at=installed.clock())
    assert at_shop(installed) == ["token_permanent"]


@pytest.mark.parametrize(("seconds", "codes"), [(30, []), (-30, []), (90, ["clock_off"])])
def test_a_clock_that_is_off_by_more_than_a_minute_is_named(
    installed: Handcart, monkeypatch: pytest.MonkeyPatch, seconds: int, codes: list[str]
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(seconds=seconds)

    monkeypatch.setattr("handcart.doctor.shops.datetime", Ahead)
    assert at_shop(installed) == codes


# --- the command --------------------------------------------------------------------------------


def run(app: Callable[[], Handcart], monkeypatch: pytest.MonkeyPatch, *more: str) -> Result:
    module = ModuleType("shop_app")
    module.app = app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_app", module)
    return CliRunner().invoke(main, ["doctor", "shop_app", *more], catch_exceptions=False)


def test_the_command_says_that_all_is_well(
    installed: Handcart, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(lambda: Handcart(installed.settings), monkeypatch)
    assert (done.exit_code, done.output) == (0, "all is well\n")


def test_the_command_names_what_is_not_and_ends_with_status_1(
    installed: Handcart, shop: LocalShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.stop()
    settings = replace(installed.settings, old_api_secret="x")
    done = run(lambda: Handcart(settings), monkeypatch, "--toml", str(TOML))
    assert done.exit_code == 1
    codes = [line.partition(":")[0] for line in done.output.splitlines()[:-1:2]]
    assert codes == ["old_secret_set", "shop_unreachable"]
    assert done.output.splitlines()[-1] == "2 to mend"


def test_an_app_that_cannot_start_is_a_finding_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Handcart:
        raise SettingsError("url_not_safe", "HANDCART_APP_URL must be https")

    done = run(broken, monkeypatch)
    assert done.exit_code == 1
    assert done.output.startswith("url_not_safe: the app cannot start\n")


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"HANDCART_SECRETS": "short"}, "secret_too_short"),
        ({"HANDCART_APP_URL": "http://app.example.com"}, "url_not_safe"),
        ({"HANDCART_PLATFORM_URL": "http://shop.example.com"}, "url_not_safe"),
        ({"HANDCART_API_SECRET": ""}, "setting_missing"),
        ({"HANDCART_API_KEY": "handcart-local"}, "key_of_the_sample"),
        ({"HANDCART_API_SECRET": "hush"}, "api_secret_short"),
    ],
)
def test_the_command_ends_with_status_1_over_each_weak_setting(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, environment: dict[str, str], code: str
) -> None:
    well = {
        "HANDCART_API_KEY": "0123456789abcdef0123456789abcdef",
        "HANDCART_API_SECRET": API_SECRET,
        "HANDCART_APP_URL": "https://app.example.com",
        "HANDCART_SECRETS": GOOD_SECRET,
        "HANDCART_DATABASE_URL": settings.database_url,
    }
    told = Settings.from_env
    done = run(lambda: Handcart(told({**well, **environment})), monkeypatch)
    assert done.exit_code == 1
    assert code in [line.partition(":")[0] for line in done.output.splitlines()]
    assert "    " in done.output  # the way out, below it
