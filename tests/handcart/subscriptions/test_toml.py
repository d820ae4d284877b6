from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from handcart.errors import SettingsError
from handcart.subscriptions.declared import Terms
from handcart.subscriptions.toml import COMPLIANCE, rewritten, topics_in

VERSION = "2026-10"
TEXT = """\
# what the developer wrote
client_id = "x"  # kept

[webhooks]
api_version = "2026-10"

[[webhooks.subscriptions]]
topics = ["orders/create", "products/delete"]  # ours
uri = "/webhooks"

[[webhooks.subscriptions]]
topics = ["products/delete"]
uri = "https://another.example.com/hook"

[[webhooks.subscriptions]]
compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
uri = "/webhooks"

[app_proxy]
url = "https://app.example.com/proxy"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shopify.app.toml"
    path.write_text(TEXT)
    return path


def test_what_the_file_sends_to_us_is_read(path: Path) -> None:
    assert topics_in(path) == {"orders/create", "products/delete", *COMPLIANCE}


def test_a_file_that_is_as_it_should_be_is_left_as_it_is_to_the_letter(path: Path) -> None:
    topics = {"orders/create", "products/delete", *COMPLIANCE}
    assert rewritten(path, topics, api_version=VERSION) == TEXT


def test_topics_come_and_go_in_our_entries_and_nothing_else_changes(path: Path) -> None:
    after = rewritten(path, {"orders/create", "carts/update", *COMPLIANCE}, api_version=VERSION)
    assert after == TEXT.replace(
        '["orders/create", "products/delete"]  # ours', '["orders/create", "carts/update"]  # ours'
    )


def test_the_version_follows_the_setting(path: Path) -> None:
    topics = {"orders/create", "products/delete"}
    after = rewritten(path, topics, api_version="2027-01")
    assert after == TEXT.replace('api_version = "2026-10"', 'api_version = "2027-01"')


def test_a_file_without_webhooks_gets_them(path: Path) -> None:
    path.write_text('client_id = "x"\n')
    after = rewritten(path, {"orders/create", "carts/update"}, api_version=VERSION)
    assert after.startswith('client_id = "x"\n')
    webhooks = tomllib.loads(after)["webhooks"]
    assert webhooks == {
        "api_version": VERSION,
        "subscriptions": [
            {"topics": ["carts/update", "orders/create"], "uri": "/webhooks"},
            {"compliance_topics": list(COMPLIANCE), "uri": "/webhooks"},
        ],
    }
    path.write_text(after)
    assert rewritten(path, {"orders/create", "carts/update"}, api_version=VERSION) == after


def test_a_topic_is_not_added_to_an_entry_that_sends_only_a_part(path: Path) -> None:
    path.write_text(TEXT.replace('uri = "/webhooks"', 'uri = "/webhooks"\nfilter = "id:1"', 1))
    after = rewritten(path, {"orders/create", "carts/update"}, api_version=VERSION)
    entries = tomllib.loads(after)["webhooks"]["subscriptions"]
    assert entries[0]["topics"] == ["orders/create"]
    assert {"topics": ["carts/update"], "uri": "/webhooks"} in entries


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as missing:
        topics_in(tmp_path / "nothing.toml")
    assert missing.value.code == "app_config_missing"
    (tmp_path / "torn.toml").write_text("[webhooks\n")
    with pytest.raises(SettingsError) as torn:
        topics_in(tmp_path / "torn.toml")
    assert torn.value.code == "app_config_unreadable"


HEAVY = Terms('variants.price:>="100"', ("id", "title"))


def test_terms_that_the_code_declares_have_an_entry_of_their_own(path: Path) -> None:
    topics = {"orders/create", "products/delete", "products/update", *COMPLIANCE}
    special = {"products/update": HEAVY}
    after = rewritten(path, topics, api_version=VERSION, special=special)
    assert after.startswith(TEXT.partition("[app_proxy]")[0].rstrip())
    made = [
        entry
        for entry in tomllib.loads(after)["webhooks"]["subscriptions"]
        if entry.get("topics") == ["products/update"]
    ]
    assert made == [
        {
            "topics": ["products/update"],
            "uri": "/webhooks",
            "filter": 'variants.price:>="100"',
            "include_fields": ["id", "title"],
        }
    ]
    path.write_text(after)
    assert rewritten(path, topics, api_version=VERSION, special=special) == after


def test_a_topic_whose_terms_changed_leaves_the_entry_it_was_in(path: Path) -> None:
    topics = {"orders/create", "products/delete", *COMPLIANCE}
    special = {"products/delete": Terms("id:1")}
    found = tomllib.loads(rewritten(path, topics, api_version=VERSION, special=special))
    ours = [one for one in found["webhooks"]["subscriptions"] if one["uri"] == "/webhooks"]
    assert [(one.get("topics"), one.get("filter")) for one in ours] == [
        (["orders/create"], None),
        (None, None),
        (["products/delete"], "id:1"),
    ]
    path.write_text(rewritten(path, topics, api_version=VERSION, special=special))
    again = {"products/delete": Terms("id:2")}
    found = tomllib.loads(rewritten(path, topics, api_version=VERSION, special=again))
    filters = [one.get("filter") for one in found["webhooks"]["subscriptions"]]
    assert [one for one in filters if one] == ["id:2"]
