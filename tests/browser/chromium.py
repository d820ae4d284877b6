"""A headless Chromium that this machine already has, driven by Playwright's blocking API."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# What is waited for comes when a busy machine gets round to it.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


def executable() -> str:
    """``HANDCART_BROWSER``, else the first that is installed; LookupError says what to install."""
    found = os.environ.get("HANDCART_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise LookupError("install Chromium, or set HANDCART_BROWSER to the path of one")
    return found


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """One browser process, started with ``more``; what is opened in it is closed with it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()
