"""One Chromium and one street for each module; every browser context begins with nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from example_app import assets, create_handcart
from handcart.testing import Street, open_street
from tests.browser.chromium import PATIENCE, chromium
from tests.browser.shopper import Device
from tests.browser.trouble import Trouble

ROOT = Path(__file__).parents[2]
TOML = ROOT / "example_app" / "shopify.app.toml"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}

Opens = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    assets.compile_catalogues()
    folder = tmp_path_factory.mktemp("street")
    with open_street(create_handcart, toml=TOML, folder=folder) as street:
        yield street


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    """Fails the test in the end when a page complained about something that it did not expect."""
    trouble = Trouble()
    yield trouble
    assert trouble.seen == []


@pytest.fixture
def opens(browser: Browser, trouble: Trouble) -> Iterator[Opens]:
    """Opens browser contexts that are watched, and closed in the end."""
    with ExitStack() as stack:

        def open_context(**options: Any) -> BrowserContext:
            context = stack.enter_context(browser.new_context(reduced_motion="reduce", **options))
            context.set_default_timeout(PATIENCE)
            trouble.watch(context)
            return context

        yield open_context


@pytest.fixture
def phone(street: Street, opens: Opens) -> Device:
    return Device(street, opens(**PHONE))


@pytest.fixture
def desktop(street: Street, opens: Opens) -> Device:
    return Device(street, opens(**DESKTOP))
