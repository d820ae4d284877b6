from __future__ import annotations

from pathlib import Path

import pytest

from handcart.errors import SettingsError
from handcart.localshop.config import AppConfig

TOML = Path(__file__).parents[3] / "example_app" / "shopify.app.toml"

SMALL = """
client_id = "c"
name = "Small App"
application_url = "https://small.example.com/base"
[webhooks]
api_version = "2026-10"
[[webhooks.subscriptions]]
topics = ["orders/create"]
uri = "/hooks"
[app_proxy]
url = "https://small.example.com/base/proxy"
prefix = "apps"
subpath = "small"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "shopify.app.toml"
    path.write_text(text)
    return path


def test_the_sample_app_says_what_it_needs() -> None:
    config = AppConfig.from_toml(TOML, app_url="http://127.0.0.1:5000")
    assert (config.client_id, config.handle, config.api_version) == (
        "handcart-local",
        "handcart",
        "2026-10",
    )
    assert config.proxy is not None
    assert (config.proxy.url, config.proxy.path) == (
        "http://127.0.0.1:5000/proxy",
        "/apps/handcart",
    )
    assert {one.uri for one in (*config.subscriptions, *config.compliance)} == {
        "http://127.0.0.1:5000/webhooks"
    }
    assert len(config.compliance) == 3
    assert "write_app_proxy" in config.scopes


def test_another_address_moves_everything_below_the_written_one(tmp_path: Path) -> None:
    config = AppConfig.from_toml(written(tmp_path, SMALL), app_url="http://127.0.0.1:7/")
    assert config.handle == "small-app"
    assert config.subscriptions[0].uri == "http://127.0.0.1:7/hooks"
    assert config.proxy is not None
    assert config.proxy.url == "http://127.0.0.1:7/proxy"


def test_an_address_elsewhere_stays_where_it_is(tmp_path: Path) -> None:
    text = SMALL.replace('uri = "/hooks"', 'uri = "https://elsewhere.example.com/hooks"')
    config = AppConfig.from_toml(written(tmp_path, text), app_url="http://127.0.0.1:7")
    assert config.subscriptions[0].uri == "https://elsewhere.example.com/hooks"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('client_id = "c"', "", "app_config_incomplete"),
        ("topics = [", "topics = ][", "app_config_unreadable"),
        ('["orders/create"]', '["orders/create", "orders/create"]', "app_config_double"),
        ('["orders/create"]', '["shop/redact"]', "app_config_topic"),
        ('prefix = "apps"', 'prefix = "app"', "app_config_proxy"),
        ('subpath = "small"', 'subpath = "admin"', "app_config_proxy"),
        ('uri = "/hooks"', 'uri = "/hooks"\nfilter = "id:7 ??"', "app_config_filter"),
    ],
)
def test_what_the_platform_would_refuse_is_refused_by_name(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        AppConfig.from_toml(written(tmp_path, SMALL.replace(old, new)))
    assert refused.value.code == code


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere.toml") as refused:
        AppConfig.from_toml(tmp_path / "nowhere.toml")
    assert refused.value.code == "app_config_missing"


def test_the_theme_extension_is_found_beside_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "extensions" / "my-theme"
    folder.mkdir(parents=True)
    (folder / "shopify.extension.toml").write_text('type = "theme"\nname = "t"\n')
    assert AppConfig.from_toml(written(tmp_path, SMALL)).theme == folder
