"""Extensions as the platform's command line builds them: esbuild, JSX for Preact."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

from tests.platform.node import installed

EXTENSIONS = Path(__file__).parents[2] / "example_app" / "extensions"
_ESBUILD = "esbuild@0.28.2"


@cache
def bundle(extension: str, module: str) -> str:
    """One module of an extension as a script that has its function in ``extension.default``."""
    folder = EXTENSIONS / extension
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    packages = installed(*(f"{name}@{version}" for name, version in wanted.items()), _ESBUILD)
    command = [
        *("node", str(packages / "node_modules" / "esbuild" / "bin" / "esbuild")),
        str(folder / module),
        *("--bundle", "--minify", "--format=iife", "--global-name=extension"),
        *("--jsx=automatic", "--jsx-import-source=preact", "--log-level=warning"),
    ]
    environment = {**os.environ, "NODE_PATH": str(packages / "node_modules")}
    built = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (built.returncode, built.stderr) == (0, "")
    return built.stdout
