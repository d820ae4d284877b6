"""Looking at a page: what axe finds, and pictures for people."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def found_by_axe(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    return [one["id"] for one in found.response["violations"]]


WIDTHS = (390, 820, 1280)


def fits(page: Page, name: str) -> None:
    """Nothing hangs out at the side, on a phone, a tablet or a desk; axe finds nothing in any."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert found_by_axe(page) == []
        look(page, f"{name}-{width}")


def look(page: Page, name: str) -> None:
    """Keep a picture where HANDCART_PICTURES says, for people to look at."""
    if folder := os.environ.get("HANDCART_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
