"""Files out of npm packages: the platform's own data, fetched once into ``.build/``."""

from __future__ import annotations

import subprocess
import tarfile
from functools import cache
from pathlib import Path

_BUILD = Path(__file__).parents[1] / ".build" / "npm"


@cache
def package(name: str) -> Path:
    """The folder of an unpacked npm package, ``name`` with its exact version."""
    folder = _BUILD / name.replace("/", "+")
    if not (folder / "package").exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "pack", name, "--silent", "--pack-destination", str(folder)]
        packed = subprocess.run(npm, check=True, capture_output=True, text=True, cwd=folder)
        with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"
