"""npm packages with all that they need, fetched once into ``.build/``."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_BUILD = Path(__file__).parents[2] / ".build" / "node"


@cache
def installed(*packages: str) -> Path:
    """The folder whose ``node_modules`` holds ``packages``, each with its exact version."""
    folder = _BUILD / "+".join(name.replace("/", "+") for name in packages)
    if not folder.exists():
        _BUILD.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=_BUILD))
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([*npm, "--prefix", str(scratch), *packages], check=True, cwd=scratch)
        try:
            scratch.rename(folder)
        except OSError:  # another process was first
            shutil.rmtree(scratch)
    return folder
