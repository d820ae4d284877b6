"""PyPI ``ShopifyAPI`` and ``shopifyapp`` with nothing in them led elsewhere: the domain is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
NOT_HERE = 77
INSIDE = ["unshare", "--map-root-user", "--mount", "--net"]


def test_each_package_finds_the_shop_at_its_own_address() -> None:
    if shutil.which(INSIDE[0]) is None:
        pytest.skip("no unshare: namespaces are Linux's")
    tried = subprocess.run([*INSIDE, "true"], capture_output=True, text=True, timeout=60)
    if tried.returncode:
        pytest.skip(f"this kernel gives us no namespaces: {tried.stderr.strip()}")
    kept = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [*INSIDE, sys.executable, "-m", "tests.platform.unreplaced"],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=110,
    )
    if done.returncode == NOT_HERE:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stderr
    shop = {"shop": {"name": "Juniper Tea"}}
    assert json.loads(done.stdout) == {"shopifyapp": shop, "ShopifyAPI": shop}
