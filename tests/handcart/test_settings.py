from __future__ import annotations

import pytest

from handcart.errors import SettingsError
from handcart.settings import Settings

GOOD = {
    "HANDCART_API_KEY": "key",
    "HANDCART_API_SECRET": "hush",
    "HANDCART_APP_URL": "https://app.example.com/",
    "HANDCART_SECRETS": "a secret of the tests that is long enough",
}


def test_the_needed_four_are_enough() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.app_url == "https://app.example.com"
    assert settings.api_secrets == ("hush",)
    assert settings.platform_for("a.myshopify.com") == "https://a.myshopify.com"


@pytest.mark.parametrize("name", sorted(GOOD))
def test_each_needed_setting_is_named_when_it_is_missing(name: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        Settings.from_env({**GOOD, name: " "})
    assert refused.value.code == "setting_missing"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"HANDCART_SECRETS": "short"}, "secret_too_short"),
        ({"HANDCART_APP_URL": "http://app.example.com"}, "url_not_safe"),
        ({"HANDCART_APP_URL": "ftp://127.0.0.1"}, "url_not_safe"),
        ({"HANDCART_PLATFORM_URL": "http://{shop}"}, "url_not_safe"),
        ({"HANDCART_API_VERSION": "2026-11"}, "api_version_unknown"),
        ({"HANDCART_WORKERS": "0"}, "setting_not_a_number"),
        ({"HANDCART_MAX_BODY": "many"}, "setting_not_a_number"),
        ({"HANDCART_HANDLER_SECONDS": "241"}, "setting_too_large"),
        ({"HANDCART_ENCRYPT_PAYLOADS": "yes"}, "setting_not_a_switch"),
        ({"HANDCART_SMTP_URL": "mail.example.com"}, "mail_server_malformed"),
        ({"HANDCART_SMTP_URL": "https://mail.example.com"}, "mail_server_malformed"),
        ({"HANDCART_SMTP_URL": "smtps://mail.example.com"}, "mail_from_malformed"),
    ],
)
def test_a_weak_or_impossible_setting_is_refused_at_the_start(
    change: dict[str, str], code: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**GOOD, **change})
    assert refused.value.code == code


def test_the_names_of_the_platforms_own_command_line_are_read_too() -> None:
    env = {k: v for k, v in GOOD.items() if "API" not in k}
    settings = Settings.from_env({**env, "SHOPIFY_API_KEY": "k", "SHOPIFY_API_SECRET": "s"})
    assert (settings.api_key, settings.api_secret) == ("k", "s")


def test_after_a_rotation_the_old_secret_is_tried_second() -> None:
    settings = Settings.from_env({**GOOD, "HANDCART_OLD_API_SECRET": "old"})
    assert settings.api_secrets == ("hush", "old")
