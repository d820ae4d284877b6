"""The files by which the platform's command line knows the sample app."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import example_app
from handcart.localshop.config import AppConfig
from handcart_webhooks.door import PATH

FOLDER = Path(example_app.__file__).parent
ROLES = {"frontend", "backend", "background"}


def web() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "shopify.web.toml").read_text())


def test_the_web_process_has_nothing_but_what_the_platform_knows() -> None:
    told = web()
    assert told.keys() == {"name", "roles", "webhooks_path", "commands"}
    assert set(told["roles"]) <= ROLES
    assert len(told["roles"]) == len(set(told["roles"]))
    assert told["commands"].keys() == {"dev"}


def test_webhooks_of_the_command_line_come_to_the_door_of_the_others() -> None:
    app = AppConfig.from_toml(
        FOLDER / "shopify.app.toml", app_url="https://app.example.com", client_secret="hush"
    )
    assert web()["webhooks_path"] == PATH
    assert {one.uri for one in app.subscriptions} == {f"https://app.example.com{PATH}"}


def test_the_command_starts_the_app_in_its_folder_and_says_what_it_needs() -> None:
    first, *rest = web()["commands"]["dev"].split(" ")
    command = [first, *(sys.executable if word == "python" else word for word in rest)]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("HANDCART_")}
    given = {"SHOPIFY_API_KEY": "key", "SHOPIFY_API_SECRET": "secret", "PORT": "9931"}
    ran = subprocess.run(
        command, cwd=FOLDER, env=kept | given, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "HANDCART_APP_URL" in ran.stderr
    assert "SHOPIFY_API_KEY" not in ran.stderr


def test_every_extension_with_packages_is_a_workspace_of_the_app() -> None:
    told = json.loads((FOLDER / "package.json").read_text())
    assert told["private"] is True
    found = {path.parent for pattern in told["workspaces"] for path in FOLDER.glob(pattern)}
    assert found == {FOLDER / "extensions"}
    names = [
        json.loads(path.read_text())["name"] for path in FOLDER.glob("extensions/*/package.json")
    ]
    assert sorted(names) == ["handcart-pixel", "handcart-pos-pickups", "handcart-till"]
